"""The camera is off while nobody watches, and whoever comes never sees the room, nor what was shown before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction

import numpy as np
import pytest

from cyclorama.background.opening import open_background
from cyclorama.capture.base import Source, SourceInfo
from cyclorama.capture.watchdog import Reopening
from cyclorama.compose.compositor import Compositor
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.core.frames import U8, Composite, CompositeKind, Frame, Layout, Matte
from cyclorama.pipeline.jobs.live import rate_for
from cyclorama.pipeline.runtime import on_demand, sink_loop
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.on_demand import OnDemand
from cyclorama.pipeline.runtime.parts import SessionContext, SessionParts
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.pipeline.runtime.session import Session
from cyclorama.settings.values import ComposeSettings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.virtual_camera.camera import VirtualCameraSink
from doubles.memory_sink import MemorySink

SIZE_WH = (96, 54)
FPS = Fraction(50)
ROOM = (20, 250, 20)


class Camera(Source):
    """One opening of the device. The person's colour tells which opening a picture is of."""

    info = SourceInfo("test camera", SIZE_WH, FPS, live=True)

    opened = 0
    open_now = 0

    def __init__(self) -> None:
        Camera.opened += 1
        Camera.open_now += 1
        self._open = True
        self._red = 100 + 50 * (Camera.opened % 3)

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        seq = 0
        while not stop.wait(1 / 50):
            pixels = np.full((SIZE_WH[1], SIZE_WH[0], 3), ROOM, np.uint8)
            pixels[20:, 30:60] = (0, 0, self._red)
            yield Frame(pixels, seq, time.monotonic_ns())
            seq += 1

    def close(self) -> None:
        if self._open:
            Camera.open_now -= 1
        self._open = False

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


@pytest.fixture(autouse=True)
def no_cameras(monkeypatch: pytest.MonkeyPatch) -> None:
    Camera.opened = Camera.open_now = 0
    monkeypatch.setattr(on_demand, "LINGER_S", 0.2)


class Engine:
    """Gives the true matte, ``slow_s`` after it was asked; remembers what it was given since its last reset."""

    def __init__(self, slow_s: float = 0.0) -> None:
        self.slow_s = slow_s
        self.since_reset: list[int] = []
        self.resets = 0

    def coarse(self, frame: Frame) -> Matte:
        time.sleep(self.slow_s)
        self.since_reset.append(frame.seq)
        return Matte((frame.pixels[..., 1] < 100).astype(np.uint8) * np.uint8(255), frame.seq, 0)

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        return matte

    def reset(self) -> None:
        self.resets += 1
        self.since_reset.clear()


class Watched(MemorySink):
    """A sink whose viewers come and go as the test says; keeps when it was given what."""

    knows_viewers: str | None = "by a test"

    def __init__(self) -> None:
        super().__init__(limit=10_000)
        self.viewers: bool | None = True
        self.times: list[float] = []

    def watched(self) -> bool | None:
        return self.viewers

    def write(self, composite: Composite) -> None:
        super().write(composite)
        self.times.append(time.monotonic())


class Call:
    """A session with one watched sink, and more where they are given."""

    def __init__(self, engine: Engine | None = None, *more: MemorySink, source: object = None) -> None:
        self.engine = engine or Engine()
        self.sink = Watched()
        self.source = source or Reopening(Camera)
        compositor = Compositor(open_background("color:#101018"), ComposeSettings(light_wrap=0.0), SIZE_WH)
        card = compositor.card(time.monotonic_ns(), "starting", 0.0)
        self.session = Session(
            SessionParts(self.source, self.engine, compositor, card),  # type: ignore[arg-type]
            [self.sink, *more],
            OutputFormat(SIZE_WH, FPS, compositor.layout),
            SessionContext(on_demand=True),
        )
        self.session.start()

    def __enter__(self) -> Call:
        return self

    def __exit__(self, *exc: object) -> None:
        self.session.close()
        assert Camera.open_now == 0
        assert not any(room(c.pixels) for c in self.sink.composites)

    def wait(self, condition: Callable[[], object], timeout_s: float = 5.0) -> float:
        """Wait for ``condition``; returns how long it took in seconds."""
        begin = time.monotonic()
        while not condition():
            assert time.monotonic() - begin < timeout_s
            time.sleep(0.005)
        return time.monotonic() - begin

    @property
    def kinds(self) -> list[CompositeKind]:
        return [c.kind for c in list(self.sink.composites)]

    def pictured(self) -> bool:
        return bool(self.kinds) and self.kinds[-1] is CompositeKind.COMPOSITE


def room(pixels: U8) -> int:
    return int(np.count_nonzero((pixels[..., 1] > 120) & (pixels[..., 0] < 90) & (pixels[..., 2] < 90)))


def test_the_camera_is_released_and_comes_back_with_card_and_then_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[int] = []
    monkeypatch.setattr("cyclorama.pipeline.runtime.stages.give_back", lambda: given_back.append(Camera.open_now))
    with Call() as call:
        call.wait(call.pictured)
        for turn in range(1, 4):
            call.sink.viewers = False
            assert call.wait(lambda: Camera.open_now == 0) < 1.0
            assert call.session.idle
            call.wait(lambda: call.kinds[-1] is CompositeKind.CARD)
            call.wait(lambda turn=turn: given_back == [0] * turn)  # type: ignore[misc]
            shown_before = call.sink.count
            call.sink.viewers = True
            assert call.wait(lambda turn=turn: Camera.opened == turn + 1) < 1.0  # type: ignore[misc]
            call.wait(call.pictured)
            new = list(call.sink.composites)[shown_before:]
            assert new[0].kind is CompositeKind.CARD
            colours = {int(c.pixels[40, 45, 2]) for c in new if c.kind is CompositeKind.COMPOSITE}
            assert colours == {100 + 50 * (Camera.opened % 3)}, "a picture of an earlier opening"
    seqs = [c.seq for c in call.sink.composites if c.kind is CompositeKind.COMPOSITE]
    assert seqs == sorted(seqs)


def test_the_network_stays_and_forgets_the_room_of_before() -> None:
    with Call() as call:
        call.wait(call.pictured)
        last = call.engine.since_reset[-1]
        resets = call.engine.resets
        call.sink.viewers = False
        call.wait(lambda: Camera.open_now == 0 and not call.pictured())
        call.sink.viewers = True
        call.wait(call.pictured)
        assert call.engine.resets == resets + 1
        assert call.engine.since_reset[0] > last


def test_what_a_slow_network_finishes_late_is_shown_to_nobody() -> None:
    """The matte of a frame of before comes after the next viewer has."""
    with Call(Engine(slow_s=0.35)) as call:
        call.wait(call.pictured)
        call.sink.viewers = False
        call.wait(lambda: Camera.open_now == 0 and not call.pictured())
        begin, shown_before = time.monotonic_ns(), call.sink.count
        call.sink.viewers = True
        call.wait(call.pictured)
        new = list(call.sink.composites)[shown_before:]
        assert all(c.captured_ns >= begin for c in new if c.kind is CompositeKind.COMPOSITE)


def test_a_camera_that_is_lost_meanwhile_gives_the_card() -> None:
    def open_camera() -> Camera:
        if Camera.opened:
            raise CaptureError("camera is gone: plug it in again")
        return Camera()

    with Call(source=Reopening(open_camera)) as call:
        call.wait(call.pictured)
        call.sink.viewers = False
        call.wait(lambda: Camera.open_now == 0)
        assert call.session.fault is None
        shown_before = call.sink.count
        call.sink.viewers = True
        call.wait(lambda: "gone" in (call.session.fault or ""))
        call.wait(lambda: call.sink.count > shown_before + 20)
        assert set(call.kinds[shown_before:]) == {CompositeKind.CARD}


def test_while_nobody_watches_the_card_goes_out_seldom_and_costs_little() -> None:
    with Call() as call:
        call.sink.viewers = False
        call.wait(lambda: Camera.open_now == 0)
        time.sleep(0.4)  # by then the card has filled what the driver keeps
        begin, cpu_s = call.sink.count, time.process_time()
        time.sleep(1.0)
        assert 2 <= call.sink.count - begin <= 2 * on_demand.IDLE_FPS
        assert time.process_time() - cpu_s < 0.3
        assert call.session.dropped["output"] < 10
    assert call.session.metrics.counted("cards") < 20


def test_the_card_fills_what_the_driver_keeps_before_it_goes_out_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """v4l2loopback keeps eight pictures and may give a new viewer the oldest: none may be of the person who left."""
    left_at, ticks = 20, 100
    beats = iter(range(ticks))

    class Beat:
        def __init__(self, *of: object) -> None:
            pass

        def wait(self, stop: threading.Event) -> int | None:
            tick = next(beats, None)
            if tick == left_at:
                sink.viewers = False
                clock.ns += 10**9
                demand.look()
            return tick

    monkeypatch.setattr(sink_loop, "Pacer", Beat)
    clock, sink, metrics = HeldClock(), Watched(), Metrics()
    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    stage = ProgramOutput(compositor.card(0, "starting", 0.0), 5.0, clock)
    pixels = np.full((SIZE_WH[1], SIZE_WH[0], 3), 90, np.uint8)
    stage.publish(Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, 0, clock.ns))
    demand = OnDemand([sink], stage, clock)
    context = sink_loop.SinkContext(stage, demand, metrics, clock, threading.Event())
    loop = sink_loop.SinkLoop(sink, OutputFormat(SIZE_WH, FPS, Layout.BGR, 1 / FPS), context)
    loop.show()
    assert loop.error is None
    shown = {c.pts: c.kind for c in sink.composites}
    assert [shown.get(tick) for tick in range(left_at)] == [CompositeKind.COMPOSITE] * left_at
    assert [shown.get(tick) for tick in range(left_at, left_at + 8)] == [CompositeKind.CARD] * 8
    assert metrics.counted("cards") == 0, "that is no fault, and nobody saw them"
    seldom = [tick for tick in shown if tick is not None and tick >= left_at + 8]
    assert np.diff(seldom).tolist() == [FPS // on_demand.IDLE_FPS] * (len(seldom) - 1) and len(seldom) >= 7


def test_a_recording_counts_as_a_viewer() -> None:
    with Call(None, MemorySink()) as call:
        call.sink.viewers = False
        time.sleep(0.6)
        assert Camera.open_now == 1 and not call.session.idle and call.session.on_demand is None


def test_who_cannot_know_is_always_watched() -> None:
    with Call() as call:
        call.sink.viewers = None
        time.sleep(0.6)
        assert Camera.open_now == 1 and not call.session.idle


def test_a_sink_that_gave_up_is_watched_by_nobody() -> None:
    class Broken(Watched):
        def write(self, composite: Composite) -> None:
            super().write(composite)
            if len(self.times) == 5:
                self.viewers = None  # a device that is closed tells nothing
                raise SinkError("gone")

    with Call(None, Broken()) as call:
        call.sink.viewers = False
        call.wait(lambda: Camera.open_now == 0)
        assert call.session.idle and call.session.fault == "gone"


def test_it_stops_at_once_while_the_camera_is_off() -> None:
    with Call() as call:
        call.sink.viewers = False
        call.wait(lambda: Camera.open_now == 0)
        begin = time.monotonic()
        call.session.close()
        assert time.monotonic() - begin < 0.5


def test_a_source_without_a_device_rests_and_begins_anew() -> None:
    Camera.opened = 0
    with Call(source=Camera()) as call:
        call.wait(call.pictured)
        call.sink.viewers = False
        call.wait(lambda: call.session.idle and not call.pictured())
        seen = len(call.engine.since_reset)
        time.sleep(0.2)
        assert len(call.engine.since_reset) == seen
        call.sink.viewers = True
        call.wait(call.pictured)


class HeldClock(SystemClock):
    """Time that the test sets."""

    def __init__(self) -> None:
        self.ns = 10**9

    def now_ns(self) -> int:
        return self.ns


def test_a_viewer_who_is_gone_for_a_moment_does_not_switch_the_camera() -> None:
    clock, sink = HeldClock(), Watched()
    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    stage = ProgramOutput(compositor.card(0, "starting", 0.0), 1.0, clock)
    demand = OnDemand([sink], stage, clock)
    stop = threading.Event()
    period = demand.wait_period(stop, 0.01)
    assert period is not None
    idle = []
    for viewers in (True, False, False, True, False, False):
        sink.viewers = viewers
        demand.look()
        idle.append(demand.idle)
        clock.ns += 90_000_000
    assert idle == [False] * 6
    demand.look()
    assert demand.idle and period.is_set()
    stop.set()
    assert demand.wait_period(stop, 0.01) is None


def test_who_fails_while_looking_looks_no_more() -> None:
    clock, sink = HeldClock(), Watched()
    sink.viewers = False
    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    demand = OnDemand([sink], ProgramOutput(compositor.card(0, "starting", 0.0), 1.0, clock), clock)
    with suppress(ConnectionError), demand.looking():
        raise ConnectionError("the page has gone")
    clock.ns += 10**9
    demand.look()
    assert demand.idle


@pytest.mark.parametrize("captured_ns", [0, 999, 1000])
def test_the_stage_shows_nothing_from_before(captured_ns: int) -> None:
    clock = HeldClock()
    clock.ns = 1000
    card = Composite(np.zeros((4, 4, 3), np.uint8), Layout.BGR, CompositeKind.CARD, 0, 0)
    picture = Composite(np.ones((4, 4, 3), np.uint8), Layout.BGR, CompositeKind.COMPOSITE, 1, captured_ns)
    stage = ProgramOutput(card, 1.0, clock)
    stage.publish(picture)
    assert stage.now() is picture
    stage.show_card()
    assert stage.now().kind is CompositeKind.CARD
    stage.publish(picture)
    assert stage.now().kind is CompositeKind.CARD
    stage.show_from(1000)
    assert (stage.now() is picture) is (captured_ns >= 1000)


@pytest.mark.parametrize(
    ("asked", "sinks", "granted"),
    [
        (Fraction(60), [VirtualCameraSink()], Fraction(55)),
        (Fraction(60), [MemorySink()], Fraction(60)),
        (Fraction(60), [MemorySink(), VirtualCameraSink()], Fraction(55)),
        (Fraction(30000, 1001), [VirtualCameraSink()], Fraction(30000, 1001)),
    ],
)
def test_a_virtual_camera_gets_at_most_55_fps(asked: Fraction, sinks: list[object], granted: Fraction) -> None:
    assert rate_for(sinks, asked) == granted  # type: ignore[arg-type]
