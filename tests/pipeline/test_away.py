"""While the user is away: what was chosen, from the first tick on, and never the room."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.background.base import Background
from cyclorama.background.opening import BackgroundChoice, OutputMode, open_background
from cyclorama.capture.base import Source, SourceInfo
from cyclorama.compose.compositor import Compositor
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8, Composite, CompositeKind, Frame, Layout, Matte
from cyclorama.pipeline.jobs.live import run_live
from cyclorama.pipeline.runtime import away as away_module
from cyclorama.pipeline.runtime.away import Away, open_away
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.pipeline.runtime.parts import SessionParts
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.pipeline.runtime.session import Session
from cyclorama.settings.values import CaptureSettings, ComposeSettings, Settings
from cyclorama.sinks.base import OutputFormat
from doubles.memory_sink import MemorySink

SIZE_WH = (64, 36)
ROOM = (20, 250, 20)
PICTURE = (40, 40, 200)
FRESH_S = 1.0


class FakeClock:
    def __init__(self) -> None:
        self.ns = 10**9

    def now_ns(self) -> int:
        return self.ns

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        self.ns = max(self.ns, deadline_ns)
        return stop.is_set()


class Scene:
    """A stage with everything around it."""

    def __init__(self, away: str, stack: ExitStack, background: str = "color:#101018") -> None:
        settings = ComposeSettings(background=background)
        compositor = Compositor(open_background(background), settings, SIZE_WH)
        stack.callback(compositor.close)
        self.clock = FakeClock()
        self.gone = threading.Event()
        self.card = compositor.card(0, "starting", 0.0)
        self.away = stack.enter_context(open_away(away, self.card, settings, self.gone))
        self.stage = ProgramOutput(self.card, FRESH_S, self.clock, self.away)

    def publish(self, seq: int, kind: CompositeKind = CompositeKind.COMPOSITE, value: int = 90) -> Composite:
        pixels = np.full_like(self.card.pixels, value)
        composite = Composite(pixels, self.card.layout, kind, seq, self.clock.ns)
        self.stage.publish(composite)
        return composite


@pytest.fixture
def scene() -> Iterator[Callable[..., Scene]]:
    with ExitStack() as stack:
        yield lambda away, **more: Scene(away, stack, **more)


@pytest.fixture
def picture(tmp_path: Path) -> str:
    path = tmp_path / "back-soon.png"
    cv2.imwrite(str(path), np.full((36, 64, 3), PICTURE, np.uint8))
    return str(path)


def test_a_picture_while_away_and_the_newest_composite_after(scene: Callable[..., Scene], picture: str) -> None:
    it = scene(picture)
    before = it.publish(1)
    assert it.stage.now() is before
    it.gone.set()
    shown = it.stage.now()
    assert shown.pixels[5, 5].tolist() == list(PICTURE)
    assert (shown.kind, shown.reason, shown.captured_ns) == (CompositeKind.CARD, "away", it.clock.ns)
    it.publish(2)
    assert it.stage.now().pixels[5, 5].tolist() == list(PICTURE)
    it.gone.clear()
    assert it.stage.now().pixels[5, 5].tolist() == list(PICTURE), "nothing new yet"
    it.clock.ns += 1
    after = it.publish(3)
    assert it.stage.now() is after


@pytest.mark.parametrize("away", ["card", "color:teal", "gradient:navy,teal", "freeze"])
def test_away_before_the_first_picture_shows_none(scene: Callable[..., Scene], away: str) -> None:
    it = scene(away)
    it.gone.set()
    assert it.stage.now().kind is CompositeKind.CARD
    it.publish(1)
    assert it.stage.now().kind is CompositeKind.CARD


def test_freeze_holds_what_was_shown_however_long(scene: Callable[..., Scene]) -> None:
    it = scene("freeze")
    held = it.publish(1)
    it.gone.set()
    assert it.stage.now().pixels is held.pixels
    for seq in range(2, 50):
        it.clock.ns += 10**9
        it.publish(seq)
        assert it.stage.now().pixels is held.pixels
    it.gone.clear()
    assert it.stage.now().pixels is held.pixels, "nothing new yet"
    it.clock.ns += 1
    new = it.publish(50)
    assert it.stage.now() is new
    it.gone.set()
    assert it.stage.now().seq == 50, "held anew, not what was held the last time"


def test_what_is_held_for_viewers_who_left_is_not_for_new_ones(scene: Callable[..., Scene]) -> None:
    it = scene("freeze")
    held = it.publish(1)
    it.gone.set()
    assert it.stage.now().pixels is held.pixels
    it.stage.show_card()
    assert it.stage.now().kind is CompositeKind.CARD
    it.clock.ns += 10**9
    it.stage.show_from(it.clock.ns)
    assert it.stage.now().kind is CompositeKind.CARD
    it.gone.clear()
    it.clock.ns += 1
    new = it.publish(2)
    assert it.stage.now() is new


@pytest.mark.parametrize("away", ["card", "freeze", "color:teal"])
def test_back_again_a_composite_of_before_is_not_shown(scene: Callable[..., Scene], away: str) -> None:
    """A slow network's: of a frame that was captured before the user went, and still fresh."""
    it = scene(away)
    it.publish(1)
    it.gone.set()
    instead = it.stage.now()
    late = Composite(np.full_like(it.card.pixels, 90), it.card.layout, CompositeKind.COMPOSITE, 2, it.clock.ns)
    it.clock.ns += 10**8
    it.stage.now()
    it.stage.publish(late)
    it.gone.clear()
    it.clock.ns += 10**8
    assert np.array_equal(it.stage.now().pixels, instead.pixels)
    assert it.stage.away is not None, "still shown"
    it.clock.ns += 1
    assert it.stage.now() is not it.publish(3) and it.stage.now().seq == 3
    assert it.stage.away is None


@pytest.mark.parametrize("kind", [CompositeKind.CARD, None])
def test_freeze_holds_the_card_where_the_card_was_shown(
    scene: Callable[..., Scene], kind: CompositeKind | None
) -> None:
    it = scene("freeze")
    if kind is None:  # stale
        it.publish(1)
        it.clock.ns += 2 * 10**9
    else:
        it.publish(1, kind)
    it.gone.set()
    assert it.stage.now().kind is CompositeKind.CARD
    it.publish(2)
    assert it.stage.now().kind is CompositeKind.CARD


def test_coming_back_to_a_camera_that_stalled_shows_the_card(scene: Callable[..., Scene], picture: str) -> None:
    it = scene(picture)
    it.publish(1)
    it.gone.set()
    it.stage.now()
    it.gone.clear()
    it.clock.ns += 9 * 10**8
    assert it.stage.now().pixels[5, 5].tolist() == list(PICTURE)
    it.clock.ns += 2 * 10**8
    assert it.stage.now().reason == "no fresh picture"


def test_a_clip_moves(scene: Callable[..., Scene], tmp_path: Path) -> None:
    path = str(tmp_path / "away.avi")
    writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 10, SIZE_WH)
    for value in (0, 80, 160, 240):
        writer.write(np.full((36, 64, 3), value, np.uint8))
    writer.release()
    it = scene(path)
    it.gone.set()
    seen = []
    for _ in range(8):
        seen.append(round(float(it.stage.now().pixels.mean()), -1))
        it.clock.ns += 10**8
    assert len(set(seen)) == 4


class Breaking(Background):
    name = "breaking"

    def __init__(self) -> None:
        self.asked = 0

    def render(self, pixels: U8, alpha: object, time_s: float) -> U8:
        raise AssertionError

    def card(self, size_wh: tuple[int, int], time_s: float) -> U8 | None:
        self.asked += 1
        if self.asked > 1:
            raise OSError("gone")
        return np.zeros((*size_wh[::-1], 3), np.uint8)

    def close(self) -> None:
        pass


def test_a_picture_that_breaks_gives_the_plain_card(
    scene: Callable[..., Scene], monkeypatch: pytest.MonkeyPatch, picture: str
) -> None:
    choice = BackgroundChoice(OutputMode.REPLACE, "breaking", Breaking())
    monkeypatch.setattr(away_module, "open_background", lambda text: choice)
    it = scene(picture)
    it.publish(1, value=ROOM[1])
    it.gone.set()
    shown = it.stage.now()
    assert shown.kind is CompositeKind.CARD and shown.pixels.max() < 200


@pytest.mark.parametrize("away", ["none", "blur", "transparent", "matte"])
def test_what_would_show_the_room_is_refused(scene: Callable[..., Scene], away: str) -> None:
    with pytest.raises(SettingsError, match=f"--away {away}.*name a picture"):
        scene(away)


def test_a_picture_that_is_not_there_is_said_to_be_the_away_one(scene: Callable[..., Scene]) -> None:
    with pytest.raises(SettingsError, match=r"^--away: .*no such file.*card, or freeze"):
        scene("nobody.png")


@pytest.mark.parametrize(("background", "layout"), [("transparent", Layout.BGRA), ("matte", Layout.GRAY)])
def test_pictures_of_another_layout(scene: Callable[..., Scene], picture: str, background: str, layout: Layout) -> None:
    with pytest.raises(SettingsError, match=f"background is {background}"):
        scene(picture, background=background)
    for away in ("card", "freeze"):
        it = scene(away, background=background)
        it.publish(1)
        it.gone.set()
        assert it.stage.now().layout is layout


def test_many_sinks_see_one_picture_held() -> None:
    gone = threading.Event()
    away = Away("held", None, gone)
    gone.set()
    shown = [Composite(np.zeros((2, 2, 3), np.uint8), Layout.BGR, CompositeKind.COMPOSITE, seq, 0) for seq in range(8)]
    seen: list[int] = []

    def sink(mine: Composite) -> None:
        for _ in range(200):
            seen.append(away.instead_of(mine, 0, 0, 10**9).seq)

    threads = [threading.Thread(target=sink, args=(composite,)) for composite in shown]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1


def test_a_whole_session_switches_and_says_so(picture: str, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = threading.Event()
    status: list[Snapshot] = []
    sink = MemorySink()
    monkeypatch.setattr("cyclorama.pipeline.jobs.live.open_sink", lambda spec, files: sink)
    settings = Settings(
        source="demo",
        away=picture,
        capture=CaptureSettings(size_wh=(192, 108), fps=30),
        compose=ComposeSettings(background="color:#101018"),
        duration_s=3.0,
    )
    timer = threading.Timer(1.5, gone.set)
    timer.start()
    end = run_live(settings, stop=threading.Event(), away=gone, on_status=status.append)
    timer.join()
    away = [composite for composite in sink.composites if composite.reason == "away"]
    assert len(away) > 20 and all(c.pixels[50, 90].tolist() == list(PICTURE) for c in away)
    assert sink.composites[-1].reason == "away", "not interrupted by anything"
    assert any(c.kind is CompositeKind.COMPOSITE for c in sink.composites)
    assert status[0].away is None and end.away == picture
    assert end.cards + len(away) < len(sink.composites), "chosen absence is not counted as a fault"


class Engine:
    """Gives the true matte of the frames below; remembers what it was given since its last reset."""

    def __init__(self) -> None:
        self.given: list[int] = []
        self.since_reset: list[int] = []

    def coarse(self, frame: Frame) -> Matte:
        self.given.append(frame.seq)
        self.since_reset.append(frame.seq)
        return Matte((frame.pixels[..., 1] < 100).astype(np.uint8) * np.uint8(255), frame.seq, 0)

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        return matte

    def reset(self) -> None:
        self.since_reset.clear()


class Room(Source):
    """A room, and a person in it."""

    info = SourceInfo("test room", SIZE_WH, Fraction(50), live=True)

    def __init__(self) -> None:
        self.captured: list[int] = []

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        while not stop.wait(1 / 50):
            pixels = np.full((SIZE_WH[1], SIZE_WH[0], 3), ROOM, np.uint8)
            pixels[10:, 20:40] = (60, 0, 200)
            self.captured.append(time.monotonic_ns())
            yield Frame(pixels, len(self.captured) - 1, self.captured[-1])

    def close(self) -> None:
        pass

    def __enter__(self) -> Room:
        return self

    def __exit__(self, *exc: object) -> None:
        pass


class Recording(MemorySink):
    wants_each = True


def wait(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.mark.parametrize("text", ["card", "freeze", "color:teal"])
def test_while_away_the_network_rests_and_then_begins_anew(text: str) -> None:
    engine, room, gone, prepared = Engine(), Room(), threading.Event(), []
    sink, recording = MemorySink(limit=10_000), Recording(limit=10_000)
    settings = ComposeSettings(background="color:#101018", light_wrap=0.0)

    def prepare(frame: Frame) -> Frame:
        prepared.append(frame.seq)
        return frame

    with ExitStack() as stack:
        compositor = Compositor(open_background(settings.background), settings, SIZE_WH)
        stack.callback(compositor.close)
        card = compositor.card(0, "starting", 0.0)
        away = stack.enter_context(open_away(text, card, settings, gone))
        parts = SessionParts(room, engine, compositor, card, prepare, away)
        session = Session(parts, [sink, recording], OutputFormat(SIZE_WH, Fraction(50), compositor.layout))
        stack.callback(session.close)
        session.start()
        wait(lambda: sink.composites and sink.composites[-1].kind is CompositeKind.COMPOSITE)
        gone.set()
        time.sleep(0.2)  # what was under way is through
        given, frames, looked, recorded = len(engine.given), len(room.captured), len(prepared), recording.count
        wait(lambda: len(room.captured) >= frames + 25)
        assert len(engine.given) == given, "no network while nobody is there"
        assert len(prepared) == looked
        assert recording.count - recorded > 15, "a recording goes on at the camera's rate"
        last, shown, back_ns = engine.given[-1], sink.count, time.monotonic_ns()
        gone.clear()
        wait(lambda: len(engine.given) > given + 5)
        wait(lambda: session.away is None)
    assert engine.since_reset[0] > last, "it forgot what was before"
    new = [c for c in list(sink.composites)[shown:] if c.seq > last]
    assert new and all(c.captured_ns > back_ns - 10**8 for c in new)
    everything = [*sink.composites, *recording.composites]
    assert not any(
        np.any((c.pixels[..., 1] > 120) & (c.pixels[..., 2] < 90) & (c.pixels[..., 0] < 90)) for c in everything
    )
    assert session.metrics.counted("cards") <= 25, "only before the first composite"
