"""The promise: whatever breaks, in whichever stage, no pixel of the room reaches a sink.

The room is painted in one colour that nothing else has. Every composite that any sink is given is searched for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction

import cv2
import numpy as np
import pytest

from cyclorama.background.base import Background
from cyclorama.background.opening import BackgroundChoice, OutputMode, open_background
from cyclorama.capture.base import Source, SourceInfo
from cyclorama.compose.compositor import Compositor
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SinkError
from cyclorama.core.frames import U8, Composite, CompositeKind, Frame, Layout, Matte
from cyclorama.pipeline.runtime import open_sinks
from cyclorama.pipeline.runtime.parts import Limits, SessionContext, SessionParts
from cyclorama.pipeline.runtime.session import Session, State
from cyclorama.settings.values import ComposeSettings
from cyclorama.sinks.base import OutputFormat, Sink

SIZE_WH = (192, 108)
FPS = Fraction(60)
ROOM = (20, 250, 20)
PERSON = (60, 60, 190)
BOX = (slice(30, 108), slice(60, 130))
RUN_S = 0.4
LONGEST_S = 30.0
"""For what is waited for: a busy machine takes its time, and any other is done in a fraction of it."""
PATIENT = Limits(fresh_s=0.15, model_failing_s=60)
SEEN = 12
"""Frames, and pictures of a sink, after which a stage that lets the room through would have done so."""


def room_shown(pixels: U8) -> int:
    """Pixels that are the room's colour, give or take what blending at the outline makes of it."""
    if pixels.ndim == 2:
        return 0
    blue, green, red = (pixels[..., c].astype(int) for c in range(3))
    return int(np.count_nonzero((green > 120) & (blue < 90) & (red < 90)))


def picture(size_wh: tuple[int, int] = SIZE_WH) -> U8:
    pixels = np.full((size_wh[1], size_wh[0], 3), ROOM, np.uint8)
    pixels[BOX] = PERSON
    return pixels


def true_matte(frame: Frame, **changes: object) -> Matte:
    alpha = (frame.pixels[..., 2] > 120).astype(np.uint8) * np.uint8(255)
    values: dict[str, object] = {"alpha": alpha, "seq": frame.seq, "age": 0, **changes}
    return Matte(**values)  # type: ignore[arg-type]


class Camera(Source):
    """Gives the picture at the output rate; ``fault(seq)`` may return another picture, raise or block."""

    info = SourceInfo("test camera", SIZE_WH, FPS, live=True)

    def __init__(self, fault: Callable[[int, threading.Event], U8 | None] = lambda seq, stop: None) -> None:
        self.closed = 0
        self._fault = fault

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        seq = 0
        while not stop.wait(1 / 60):
            pixels = self._fault(seq, stop)
            yield Frame(picture() if pixels is None else pixels, seq, time.monotonic_ns())
            seq += 1

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> Camera:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class Engine:
    """Gives the true matte; a fault may return another one, raise or block, in either of the two steps."""

    def __init__(
        self,
        fault: Callable[[Frame], Matte | None] = lambda frame: None,
        refine_fault: Callable[[Frame], Matte | None] = lambda frame: None,
    ) -> None:
        self._fault, self._refine_fault = fault, refine_fault
        self.frames = 0

    def coarse(self, frame: Frame) -> Matte:
        self.frames += 1
        return self._fault(frame) or true_matte(frame)

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        return self._refine_fault(frame) or matte

    def reset(self) -> None:
        pass


class Recorder(Sink):
    """Keeps everything that a sink was ever shown; sets ``stop`` once ``enough`` says so."""

    name = "recorder"
    layouts = frozenset(Layout)

    def __init__(
        self, fault: Callable[[int], None] = lambda index: None, enough: Callable[[Recorder], object] | None = None
    ) -> None:
        self.seen: list[Composite] = []
        self.closes = 0
        self.stop: threading.Event | None = None
        self.enough = enough
        self._fault = fault

    def open(self, output: OutputFormat) -> None:
        self._fault(-1)

    def write(self, composite: Composite) -> None:
        self._fault(len(self.seen))
        self.seen.append(composite)
        if self.stop is not None and self.enough is not None and self.enough(self):
            self.stop.set()

    def close(self) -> None:
        self.closes += 1

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def kinds(self) -> list[CompositeKind]:
        return [c.kind for c in self.seen]


def run(
    camera: Camera,
    engine: Engine | None,
    recorder: Recorder,
    choice: BackgroundChoice | None = None,
    prepare: Callable[[Frame], Frame] = lambda frame: frame,
    duration_s: float | None = None,
    limits: Limits | None = None,
) -> tuple[Session, CycloramaError | None]:
    """Run a session, until the recorder has enough or for a moment, and return it with the error it ended in."""
    compositor = Compositor(choice or open_background("color:#101018"), ComposeSettings(light_wrap=0.0), SIZE_WH)
    card = compositor.card(time.monotonic_ns(), "starting", 0.0)
    output = OutputFormat(SIZE_WH, FPS, compositor.layout)
    limits = limits or Limits(fresh_s=0.15, model_failing_s=0.3)
    parts = SessionParts(camera, engine, compositor, card, prepare)
    session = Session(parts, [recorder], output, SessionContext(limits=limits))
    recorder.stop = session.stop_event
    if duration_s is None:
        duration_s = RUN_S if recorder.enough is None else LONGEST_S
    try:
        session.start()
        session.run(duration_s)
    except CycloramaError as error:
        return session, error
    finally:
        compositor.close()
    return session, None


def nan_matte(frame: Frame) -> Matte:
    alpha = true_matte(frame).alpha * np.float32(1 / 255)
    alpha[5, 5] = np.nan
    return true_matte(frame, alpha=alpha)


def raising(error: Exception) -> Callable[[object], None]:
    def fault(_: object) -> None:
        raise error

    return fault


def sleepy(frame: Frame) -> Matte | None:
    """Hangs at frame 10 for longer than a composite stays fresh."""
    if frame.seq == 10:
        time.sleep(0.4)
    return None


BAD_MATTES: dict[str, Callable[[Frame], Matte | None]] = {
    "raises": raising(ModelError("injected")),  # type: ignore[dict-item]
    "nan": nan_matte,
    "infinite": lambda f: true_matte(f, alpha=np.full(f.pixels.shape[:2], np.inf, np.float32)),
    "out of range": lambda f: true_matte(f, alpha=np.full(f.pixels.shape[:2], 3.0, np.float32)),
    "wrong size": lambda f: true_matte(f, alpha=np.full((54, 96), 255, np.uint8)),
    "three axes": lambda f: true_matte(f, alpha=np.full((*f.pixels.shape[:2], 1), 255, np.uint8)),
    "float64": lambda f: true_matte(f, alpha=np.ones(f.pixels.shape[:2], np.float64)),
    "another frame's": lambda f: true_matte(f, seq=f.seq - 1),
    "late": lambda f: true_matte(f, seq=max(0, f.seq - 5)) if f.seq else true_matte(f, seq=99),
    "too old": lambda f: true_matte(f, age=1000),
    "negative age": lambda f: true_matte(f, age=-1),
    "foreground of another size": lambda f: true_matte(f, foreground=np.zeros((10, 10, 3), np.uint8)),
}


STEPS = ("coarse", "refine")


def shows_a_person(recorder: Recorder) -> bool:
    return recorder.seen[-1].kind is CompositeKind.COMPOSITE


def card_after_a_person(recorder: Recorder) -> bool:
    kinds = recorder.kinds
    return kinds[-1] is CompositeKind.CARD and CompositeKind.COMPOSITE in kinds


def person_card_and_person(recorder: Recorder) -> bool:
    kinds = recorder.kinds
    if CompositeKind.COMPOSITE not in kinds:
        return False
    later = kinds[kinds.index(CompositeKind.COMPOSITE) :]
    return CompositeKind.CARD in later and later[-1] is CompositeKind.COMPOSITE


def broken(step: str, fault: Callable[[Frame], Matte | None]) -> Engine:
    return Engine(fault) if step == "coarse" else Engine(refine_fault=fault)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", BAD_MATTES.values(), ids=BAD_MATTES.keys())
def test_every_kind_of_bad_matte_gives_the_card(fault: Callable[[Frame], Matte | None], step: str) -> None:
    engine = broken(step, fault)
    recorder = Recorder(enough=lambda recorder: min(engine.frames, len(recorder.seen)) >= SEEN)
    run(Camera(), engine, recorder, limits=PATIENT)
    assert engine.frames >= SEEN and len(recorder.seen) >= SEEN
    assert set(recorder.kinds) == {CompositeKind.CARD}
    assert not any(room_shown(c.pixels) for c in recorder.seen)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("fault", BAD_MATTES.values(), ids=BAD_MATTES.keys())
def test_picture_comes_back_when_the_matte_does(fault: Callable[[Frame], Matte | None], step: str) -> None:
    recorder = Recorder(enough=shows_a_person)
    engine = broken(step, lambda f: fault(f) if f.seq < 6 else None)
    _, error = run(Camera(), engine, recorder, limits=PATIENT)
    assert error is None
    assert recorder.kinds[0] is CompositeKind.CARD and CompositeKind.COMPOSITE in recorder.kinds
    assert not any(room_shown(c.pixels) for c in recorder.seen)


def test_a_person_is_shown_when_all_is_well() -> None:
    recorder = Recorder(enough=shows_a_person)
    _, error = run(Camera(), Engine(), recorder)
    assert error is None
    last = next(composite for composite in reversed(recorder.seen) if composite.kind is CompositeKind.COMPOSITE)
    assert tuple(last.pixels[80, 90]) == PERSON and tuple(last.pixels[5, 5]) == (24, 16, 16)
    assert recorder.kinds[0] is CompositeKind.CARD, "nothing but the card before the first matte"


def test_the_search_would_find_the_room() -> None:
    """The check of all other tests, checked: with ``none`` the room is sent and found."""
    recorder = Recorder(enough=lambda recorder: recorder.kinds[-1] is CompositeKind.RAW)
    run(Camera(), None, recorder, open_background("none"))
    raw = [c for c in recorder.seen if c.kind is CompositeKind.RAW]
    assert raw and all(room_shown(c.pixels) > 1000 for c in raw)


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_is_told_while_it_lasts_and_no_longer(step: str) -> None:
    told, over, after = threading.Event(), threading.Event(), threading.Event()

    def fault(frame: Frame) -> None:
        if not over.is_set():
            raise ModelError("injected")

    def seen(index: int) -> None:
        if session.fault == "injected":
            told.set()
        if over.is_set() and recorder.seen and recorder.seen[-1].kind is CompositeKind.COMPOSITE:
            after.set()

    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    recorder = Recorder(seen)
    parts = SessionParts(Camera(), broken(step, fault), compositor, compositor.card(0, "", 0.0))  # type: ignore[arg-type]
    context = SessionContext(limits=Limits(fresh_s=5, model_failing_s=60))
    session = Session(parts, [recorder], OutputFormat(SIZE_WH, FPS), context)
    session.start()
    try:
        assert told.wait(10), "a user who sees the card is told why"
        over.set()
        assert after.wait(10)
        assert session.fault is None
    finally:
        session.close()


def test_after_a_failure_the_network_begins_anew() -> None:
    """Whatever an engine does by itself."""
    calls: list[str] = []

    class Noting(Engine):
        def coarse(self, frame: Frame) -> Matte:
            calls.append("fails" if self.frames == 5 else "frame")
            return super().coarse(frame)

        def reset(self) -> None:
            calls.append("reset")

    def fault(frame: Frame) -> None:
        if calls[-1] == "fails":
            raise ModelError("injected")

    recorder = Recorder(enough=lambda recorder: "fails" in calls and calls[-1] == "frame")
    run(Camera(), Noting(fault), recorder)
    failed = calls.index("fails")
    assert "reset" not in calls[:failed] and calls[failed + 1 : failed + 3] == ["reset", "frame"]


@pytest.mark.parametrize("step", STEPS)
def test_hung_network_gives_the_card_until_it_answers(step: str) -> None:
    recorder = Recorder(enough=person_card_and_person)
    _, error = run(Camera(), broken(step, sleepy), recorder)
    assert error is None
    assert person_card_and_person(recorder)
    assert not any(room_shown(c.pixels) for c in recorder.seen)


@pytest.mark.parametrize("step", STEPS)
def test_network_that_only_fails_ends_the_session_with_its_error(step: str) -> None:
    recorder = Recorder()
    begin = time.monotonic()
    session, error = run(Camera(), broken(step, raising(ModelError("injected"))), recorder, duration_s=20)  # type: ignore[arg-type]
    assert isinstance(error, ModelError) and time.monotonic() - begin < 10
    assert session.state is State.CLOSED


@pytest.mark.parametrize("step", STEPS)
def test_unexpected_exception_of_a_stage_is_raised_in_the_owner(step: str) -> None:
    with pytest.raises(ZeroDivisionError):
        run(Camera(), broken(step, raising(ZeroDivisionError("injected"))), Recorder(), duration_s=20)  # type: ignore[arg-type]


@pytest.mark.parametrize("size_wh", [(96, 54), (400, 300), (131, 77), (108, 192)])
def test_camera_changing_size_never_shows_the_room(size_wh: tuple[int, int]) -> None:
    changed: list[int] = []

    def fault(seq: int, stop: threading.Event) -> U8 | None:
        changed[:] = [seq - 8]
        return cv2.resize(picture(), size_wh, interpolation=cv2.INTER_NEAREST) if seq >= 8 else None  # type: ignore[return-value]

    recorder = Recorder(enough=lambda recorder: changed and changed[0] >= SEEN and len(recorder.seen) >= SEEN)
    _, error = run(Camera(fault), Engine(), recorder)
    assert error is None
    assert {c.size_wh for c in recorder.seen} == {SIZE_WH}
    assert not any(room_shown(c.pixels) for c in recorder.seen)


def test_stalled_camera_gives_the_card() -> None:
    def fault(seq: int, stop: threading.Event) -> None:
        if seq == 10:
            stop.wait(30)

    recorder = Recorder(enough=card_after_a_person)
    run(Camera(fault), Engine(), recorder)
    assert card_after_a_person(recorder)


def test_failing_camera_ends_the_session_with_its_error() -> None:
    def fault(seq: int, stop: threading.Event) -> None:
        if seq == 5:
            raise CaptureError("unplugged")

    recorder = Recorder()
    camera = Camera(fault)
    session, error = run(camera, Engine(), recorder, duration_s=20)
    assert isinstance(error, CaptureError)
    assert camera.closed and recorder.closes == 1 and session.state is State.CLOSED
    assert not any(room_shown(c.pixels) for c in recorder.seen)


class BrokenBackground(Background):
    """Fails in the way it is told to from its fifth frame on."""

    name = "broken"

    def __init__(self, how: str) -> None:
        self._how = how
        self._count = 0

    def render(self, pixels: U8, alpha: object, time_s: float) -> U8:
        self._count += 1
        if self._count < 5:
            return np.zeros_like(pixels)
        if self._how == "raises":
            raise CaptureError("injected")
        if self._how == "blocks":
            time.sleep(0.5)
        if self._how == "wrong size":
            return np.zeros((10, 10, 3), np.uint8)
        if self._how == "wrong type":
            return np.zeros(pixels.shape, np.float32)  # type: ignore[return-value]
        return np.zeros_like(pixels)

    def card(self, size_wh: tuple[int, int], time_s: float) -> U8 | None:
        return None

    def close(self) -> None:
        pass


@pytest.mark.parametrize("how", ["raises", "blocks", "wrong size", "wrong type"])
def test_failing_background_gives_the_card(how: str) -> None:
    recorder = Recorder(enough=card_after_a_person)
    choice = BackgroundChoice(OutputMode.REPLACE, "broken", BrokenBackground(how))
    run(Camera(), Engine(), recorder, choice)
    assert card_after_a_person(recorder)
    assert not any(room_shown(c.pixels) for c in recorder.seen)


def test_failing_preparation_ends_the_session() -> None:
    recorder = Recorder()
    with pytest.raises(ValueError, match="injected"):
        run(Camera(), Engine(), recorder, prepare=raising(ValueError("injected")))  # type: ignore[arg-type]
    assert set(recorder.kinds) <= {CompositeKind.CARD}


def test_sink_that_cannot_open_ends_the_start() -> None:
    recorder = Recorder(raising(SinkError("busy")))  # type: ignore[arg-type]
    session, error = run(Camera(), Engine(), recorder)
    assert isinstance(error, SinkError) and session.state is State.CLOSED


def test_told_to_stop_while_a_sink_is_still_opening_it_does_not_wait_for_it() -> None:
    release = threading.Event()
    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    recorder = Recorder(lambda index: release.wait(20) and None)
    output = OutputFormat(SIZE_WH, FPS)
    session = Session(SessionParts(Camera(), Engine(), compositor, compositor.card(0, "", 0.0)), [recorder], output)
    threading.Timer(0.2, session.stop_event.set).start()
    begin = time.monotonic()
    session.start()
    session.run()
    took = time.monotonic() - begin
    release.set()
    assert took < 2, "SHUTDOWN_S, and not the five seconds that a sink may take to open"
    assert session.state is State.CLOSED and not recorder.seen


def test_what_a_sink_did_not_foresee_is_told_while_the_others_run() -> None:
    def fault(index: int) -> None:
        if index >= 5:
            raise RuntimeError("unforeseen")

    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    good = Recorder()
    output = OutputFormat(SIZE_WH, FPS)
    session = Session(
        SessionParts(Camera(), Engine(), compositor, compositor.card(0, "", 0.0)), [Recorder(fault), good], output
    )
    session.start()
    begin = time.monotonic()
    while not (session.fault and good.seen) and time.monotonic() - begin < LONGEST_S:
        time.sleep(0.01)
    assert session.fault == "unforeseen" and good.seen
    with pytest.raises(RuntimeError, match="unforeseen"):
        session.run(0.0)


def test_full_disk_of_one_sink_leaves_the_other_running() -> None:
    def fault(index: int) -> None:
        if index >= 5:
            raise SinkError("disk full")

    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    good, bad = Recorder(enough=lambda recorder: len(recorder.seen) > 20 and len(bad.seen) == 5), Recorder(fault)
    output = OutputFormat(SIZE_WH, FPS)
    session = Session(SessionParts(Camera(), Engine(), compositor, compositor.card(0, "", 0.0)), [bad, good], output)
    good.stop = session.stop_event
    session.start()
    with pytest.raises(SinkError, match="disk full"):
        session.run(LONGEST_S)
    assert len(bad.seen) == 5 and len(good.seen) > 20
    assert bad.closes == 1 and good.closes == 1


@pytest.mark.parametrize("window", [False, True])
def test_the_main_thread_never_holds_the_lock_of_the_event_that_a_signal_sets(window: bool) -> None:
    """A signal's handler runs in the main thread: while that held the lock, ``set`` would wait for it for ever."""
    waited: list[bool] = []

    class Watched(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(threading.current_thread() is threading.main_thread())
            return super().wait(timeout)

    class Shown(Recorder):
        main_thread = window

    recorder = Shown()
    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    card = compositor.card(0, "", 0.0)
    stop = Watched()
    parts = SessionParts(Camera(), Engine(), compositor, card)
    session = Session(parts, [recorder], OutputFormat(SIZE_WH, FPS), SessionContext(stop=stop))
    session.start()
    session.run(RUN_S)
    assert recorder.seen and waited and not any(waited)


@pytest.mark.parametrize("records", [True, False])
def test_a_recording_that_takes_its_time_to_finish_gets_it(monkeypatch: pytest.MonkeyPatch, records: bool) -> None:
    """Its end has to reach a disk that may be slow; another sink that hangs is left behind."""
    monkeypatch.setattr(open_sinks, "SHUTDOWN_S", 0.05)
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Recorder):
        wants_each = records

        def close(self) -> None:
            begun.set()
            go_on.wait(20)
            super().close()

    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    sink = Slow()
    card = compositor.card(0, "", 0.0)
    session = Session(SessionParts(Camera(), Engine(), compositor, card), [sink], OutputFormat(SIZE_WH, FPS))
    session.start()
    assert session.wait_first_frame(10)
    closing = threading.Thread(target=session.close)
    closing.start()
    assert begun.wait(10)
    closing.join(0.5 if records else 10)
    assert closing.is_alive() is records
    go_on.set()
    closing.join(10)
    if records:
        assert sink.closes == 1, "finished before the session is closed"


@pytest.mark.parametrize("blocker", ["none", "camera", "network", "sink"])
def test_closes_within_a_second_from_any_state(blocker: str) -> None:
    release = threading.Event()

    def camera_fault(seq: int, stop: threading.Event) -> None:
        if blocker == "camera" and seq == 3:
            release.wait(20)

    def engine_fault(frame: Frame) -> None:
        if blocker == "network" and frame.seq == 3:
            release.wait(20)

    def sink_fault(index: int) -> None:
        if blocker == "sink" and index == 3:
            release.wait(20)

    compositor = Compositor(open_background("color:#101018"), ComposeSettings(), SIZE_WH)
    parts = SessionParts(Camera(camera_fault), Engine(engine_fault), compositor, compositor.card(0, "", 0.0))
    session = Session(parts, [Recorder(sink_fault)], OutputFormat(SIZE_WH, FPS))
    session.start()
    time.sleep(0.3)
    begin = time.monotonic()
    session.close()
    took = time.monotonic() - begin
    release.set()
    assert took < 1.5, "SHUTDOWN_S and a little"
    assert session.state is State.CLOSED
