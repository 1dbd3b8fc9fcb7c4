"""A live session of the package's own parts, with doubles behind everything that is opened, and a sink that looks for
the room in all that it is given."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from typing_extensions import override

from cyclorama.background.opening import BackgroundChoice
from cyclorama.capture.base import Source, SourceInfo
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import CaptureError, ModelError
from cyclorama.core.frames import F32, U8, Composite, CompositeKind, Frame, SizeWH
from cyclorama.pipeline.runtime import build
from cyclorama.pipeline.runtime.change import Changes
from cyclorama.pipeline.runtime.live_parts import LiveFactory
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.parts import Limits, SessionContext
from cyclorama.pipeline.runtime.session import Session
from cyclorama.settings.values import CaptureSettings, ComposeSettings, Settings
from cyclorama.sinks.base import OutputFormat
from doubles.memory_sink import MemorySink
from doubles.null_model import NullModel

SIZE_WH = (192, 108)
CAMERA_FPS, OUTPUT_FPS = 60, 10
"""The output is slow, so that a tick is missed by what blocks it and not by a busy machine."""
ROOM, PERSON = (20, 250, 20), (60, 60, 190)
MOST_MISSED = 5
"""One in so many, at the most: a busy machine misses one now and then, a change that blocks the output misses most."""
LEFT, RIGHT = (slice(30, 108), slice(20, 80)), (slice(30, 108), slice(112, 172))
"""Where the person is, in pictures of ``SIZE_WH``; the one mirrored is the other."""
OUTLINE = 8
"""Pixels around a person that may hold some of the room."""
PATIENCE_S = 20.0


def picture(box: tuple[slice, slice], size_wh: SizeWH) -> U8:
    """A person before the room."""
    pixels = np.full((SIZE_WH[1], SIZE_WH[0], 3), ROOM, np.uint8)
    pixels[box] = PERSON
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_NEAREST), np.uint8)


def room(pixels: U8) -> U8:
    """1 where BGR ``pixels`` are the room's."""
    blue, green, red = (pixels[..., channel].astype(int) for channel in range(3))
    return ((green > 120) & (blue < 90) & (red < 90)).astype(np.uint8)


def true_alpha(frame: Frame) -> F32:
    """Who is person in a frame, going by the colour."""
    return (frame.pixels[..., 2] > 120).astype(np.float32)


class Camera(Source):
    """Gives the same picture at its rate, until it is closed."""

    info = SourceInfo("camera", SIZE_WH, Fraction(CAMERA_FPS), live=True)

    def __init__(self, box: tuple[slice, slice] = LEFT, size_wh: SizeWH = SIZE_WH) -> None:
        self.info = replace(self.info, size_wh=size_wh)
        self.box = box
        self.closed = threading.Event()
        self.released = 0

    @override
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        seq = 0
        while not (stop.wait(1 / CAMERA_FPS) or self.closed.is_set()):
            yield Frame(picture(self.box, self.info.size_wh), seq, time.monotonic_ns())
            seq += 1

    @override
    def release(self) -> None:
        self.released += 1

    @override
    def close(self) -> None:
        self.closed.set()


class CountedModel(NullModel):
    """Knows whether it is open; ``fault`` is called with the number of the run, and may raise, block or give another
    alpha."""

    def __init__(self, fault: Callable[[int], F32 | None] = lambda run: None) -> None:
        super().__init__(true_alpha)
        self.open = True
        self._fault = fault
        self._runs = 0

    @override
    def predict(self, frame: Frame) -> object:  # type: ignore[override]
        assert self.open, "a network that was closed is asked"
        self._runs += 1
        wrong = self._fault(self._runs)
        return super().predict(frame) if wrong is None else replace(super().predict(frame), alpha=wrong)

    @override
    def close(self) -> None:
        self.open = False


class Watching(MemorySink):
    """Looks at all that it is given, and keeps little of it."""

    knows_viewers: str | None = None

    def __init__(self) -> None:
        super().__init__(limit=50)
        self.breaches = 0
        self.kinds: list[CompositeKind] = []
        self.corners: list[tuple[int, ...]] = []
        self.viewers: bool | None = None
        self.may_open = threading.Event()
        self.may_open.set()
        away_from = np.ones(SIZE_WH[::-1], np.uint8)
        for box in (LEFT, RIGHT):
            inside = np.zeros(SIZE_WH[::-1], np.uint8)
            inside[box] = 1
            side = np.ones((2 * OUTLINE + 1,) * 2, np.uint8)
            away_from &= 1 - (cv2.dilate(inside, side) - cv2.erode(inside, side, borderValue=1))
        self._away_from_outlines = away_from

    @override
    def watched(self) -> bool | None:
        return self.viewers

    @override
    def open(self, output: OutputFormat) -> None:
        self.may_open.wait(PATIENCE_S)
        super().open(output)

    @override
    def write(self, composite: Composite) -> None:
        super().write(composite)
        if composite.kind is not CompositeKind.RAW and composite.pixels.ndim == 3:
            self.breaches += bool((room(composite.pixels) & self._away_from_outlines).any())
        self.corners.append(tuple(int(level) for level in np.atleast_1d(composite.pixels[2, 96])))
        self.kinds.append(composite.kind)


def wait(condition: Callable[[], object]) -> None:
    """Wait until it holds."""
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.002)


class LiveStage:
    """The session, and what was opened for it. ``models`` and ``cameras``: what the names of settings open."""

    def __init__(self, settings: Settings, context: SessionContext, fps: int = OUTPUT_FPS) -> None:
        self.sink = Watching()
        self.fps = fps
        self.opened: list[CountedModel | Camera | BackgroundChoice] = []
        self.models: dict[str, Callable[[], CountedModel]] = {}
        self.cameras: dict[str, Callable[[], Camera]] = {}
        self.slow: Callable[[str], None] = lambda name: None
        """Called before something is opened, with its name."""
        self.gone = threading.Event()
        self._settings, self._context = settings, context

    def make(self) -> None:
        """Open everything; nothing runs yet."""
        factory = LiveFactory(Metrics(), SystemClock(), self.gone)
        parts = factory.open(self._settings)
        output = OutputFormat(SIZE_WH, Fraction(self.fps), parts.card.layout)
        self.changes = Changes(self._settings, factory)
        self.session = Session(parts, [self.sink], output, self._context, self.changes)

    def open_model(self, name: str, *more: object, **others: object) -> CountedModel:
        self.slow(name)
        if name not in self.models and name != "auto":
            raise ModelError(f"there is no network {name}: try another one")
        model = self.models.get(name, CountedModel)()
        self.opened.append(model)
        return model

    def open_source(self, name: str, *more: object, **others: object) -> Camera:
        self.slow(name)
        if name not in self.cameras and name != "0":
            raise CaptureError(f"there is no camera {name}: try another one")
        camera = self.cameras.get(name, Camera)()
        self.opened.append(camera)
        return camera

    wait = staticmethod(wait)

    def more(self, count: int = 3) -> int:
        """Wait for so many further composites; returns how many there were before."""
        before = self.sink.count
        self.wait(lambda: self.sink.count >= before + count)
        return before

    def shows(self, corner: tuple[int, ...]) -> bool:
        """Whether the newest composite, of a person, has this background."""
        return bool(self.sink.kinds) and self.shown(-1) and self.near(self.sink.corners[-1], corner)

    def shown(self, index: int) -> bool:
        """Whether a composite was of a person."""
        return self.sink.kinds[index] is CompositeKind.COMPOSITE

    @staticmethod
    def near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        """Whether two colours are the same, give or take light."""
        return bool(np.abs(np.subtract(one, other)).max() <= 12)

    @property
    def open_models(self) -> list[CountedModel]:
        """Those that nobody has closed."""
        return [one for one in self.opened if isinstance(one, CountedModel) and one.open]

    @property
    def open_cameras(self) -> list[Camera]:
        """Those that nobody has closed."""
        return [one for one in self.opened if isinstance(one, Camera) and not one.closed.is_set()]


@contextmanager
def live_stage(
    monkeypatch: pytest.MonkeyPatch,
    background: str = "color:#101018",
    *,
    on_demand: bool = False,
    fresh_s: float = 1.0,
    fps: int = OUTPUT_FPS,
) -> Iterator[LiveStage]:
    """A stage whose session is made and not started; it is closed at the end, and so is everything opened for it."""
    settings = Settings(
        capture=CaptureSettings(size_wh=SIZE_WH), compose=ComposeSettings(background=background, light_wrap=0.0)
    )
    limits = Limits(fresh_s=fresh_s, model_failing_s=60)
    stage = LiveStage(settings, SessionContext(limits=limits, on_demand=on_demand), fps)
    monkeypatch.setattr(build, "open_model", stage.open_model)
    monkeypatch.setattr(build, "open_source", stage.open_source)
    stage.make()
    try:
        yield stage
    finally:
        stage.session.close()
        assert not stage.open_models and not stage.open_cameras, "all that was opened is closed"
        assert stage.sink.breaches == 0, "the room was shown"


@contextmanager
def running(
    monkeypatch: pytest.MonkeyPatch, background: str = "color:#101018", **options: object
) -> Iterator[LiveStage]:
    """The same, started, with a person on its sink. What a change holds up misses many ticks, a busy machine one now
    and then."""
    with live_stage(monkeypatch, background, **options) as stage:  # type: ignore[arg-type]
        stage.session.start()
        stage.wait(lambda: stage.sink.kinds and stage.sink.kinds[-1] is not CompositeKind.CARD)
        yield stage
        stage.more(1)
        assert stage.session.dropped["output"] <= 2 + stage.sink.count / MOST_MISSED, "ticks were missed"
