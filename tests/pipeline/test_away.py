"""While the user is away: what was chosen, from the first tick on, and never the room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.background.opening import BackgroundChoice, OutputMode, open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.errors import SettingsError
from cyclorama.frames import U8, Composite, CompositeKind, Layout
from cyclorama.pipeline import away as away_module
from cyclorama.pipeline.away import Away, open_away
from cyclorama.pipeline.live import run_live
from cyclorama.pipeline.metrics import Snapshot
from cyclorama.pipeline.stage import Stage
from cyclorama.settings import CaptureSettings, ComposeSettings, Settings
from cyclorama.sinks.memory import MemorySink

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
        self.away = open_away(away, self.card, settings, self.gone, stack)
        self.stage = Stage(self.card, FRESH_S, self.clock, self.away)

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
    after = it.publish(2)
    assert it.stage.now().pixels[5, 5].tolist() == list(PICTURE)
    it.gone.clear()
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
    assert it.stage.now().seq == 49
    it.gone.set()
    assert it.stage.now().seq == 49, "held anew, not what was held the last time"


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
    it.clock.ns += 2 * 10**9
    it.gone.clear()
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


class Breaking:
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
            seen.append(away.instead_of(mine, 0).seq)

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
    monkeypatch.setattr("cyclorama.pipeline.live.open_sink", lambda spec, **_: sink)
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
