"""People who come, go and move before a room whose every pixel is marked; and a network whose answers are late.

The people are cut out of real clips by their exact alpha; the room is magenta, which nothing on them is. A breach is a
solid block of room in what a sink is shown, away from the true outline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np

from cyclorama.background.opening import open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8, Frame, Matte
from cyclorama.matting.base import MattingModel
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.engine.runner import Run
from cyclorama.settings.values import ComposeSettings, MattingSettings

WIDTH, HEIGHT = 640, 360
FPS = 30
SIDE = 24
"""Of a block of room that is a breach, in pixels."""
AWAY = 20
"""Pixels from the true outline where a network's errors end and a breach begins."""
WELL_INSIDE = 12
"""Pixels from the true outline where a hole begins."""


class LateRunner:
    """Stands in for the engine's Runner: each answer is there ``latency_s`` after its frame, by the frames' own clock.

    Who waits for an answer gets it at once.
    """

    def __init__(self, model: MattingModel, latency_s: float) -> None:
        self._model, self._latency_s = model, latency_s
        self._run: Run | None = None
        self.now_s = 0.0
        self.runs: list[int] = []
        self.spilled: list[U8] = []
        """For each run, 1 where the network took the room for a person in the very frame that it saw."""

    @property
    def busy(self) -> bool:
        return self._run is not None

    def start(self, frame: Frame) -> None:
        self.runs.append(frame.seq)
        alpha, error = None, None
        try:
            alpha = self._model.predict(frame).alpha
            seen = cv2.resize(alpha, frame.size_wh, interpolation=cv2.INTER_LINEAR) > 0.3
            self.spilled.append(marked(frame.pixels) & seen.astype(np.uint8))
        except ModelError as failure:
            error = failure
        self._run = Run(frame.time_s, alpha, error, max(0.004, self._latency_s))

    def take(self, patience_s: float | None) -> Run | None:
        run = self._run
        if run is None or (patience_s is not None and self.now_s + patience_s + 1e-6 < run.time_s + self._latency_s):
            return None
        self._run = None
        return run

    def reset(self) -> None:
        self._run = None
        self._model.reset()

    def close(self) -> None:
        self._run = None


def late_engine(model: MattingModel, late_frames: int, settings: MattingSettings) -> tuple[MattingEngine, LateRunner]:
    """An engine of a live session, and its runner, whose answers come ``late_frames`` frames late."""
    engine = MattingEngine(model, settings, target_fps=FPS)
    engine._runner = runner = LateRunner(model, late_frames / FPS)  # type: ignore[assignment]
    return engine, runner


@dataclass(frozen=True)
class Shown:
    """One frame: what the camera saw, BGR; who is person in it, in [0, 1]; its matte; what a sink is shown, BGR; and 1
    where the network's last answers were wrong about the frames that they were of."""

    pixels: U8
    truth: F32
    matte: Matte
    composite: U8
    spilled: U8

    @property
    def is_breach(self) -> bool:
        """Whether a block of the room is shown that the network did not take for a person when it saw it."""
        person_or_spill = np.maximum((self.truth > 0.1).astype(np.uint8), self.spilled)
        near = cv2.dilate(person_or_spill, np.ones((2 * AWAY + 1,) * 2, np.uint8))
        closed = cv2.morphologyEx(marked(self.composite), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        return _holds_block(closed * (1 - near))

    @property
    def is_hole(self) -> bool:
        """Whether a block of the person is missing."""
        side = 2 * WELL_INSIDE + 1
        inner = cv2.erode((self.truth >= 0.98).astype(np.uint8), np.ones((side, side), np.uint8), borderValue=1)
        return _holds_block((np.asarray(self.matte.alpha) < 128).astype(np.uint8) & inner)


def marked(pixels: U8) -> U8:
    """1 where ``pixels``, BGR, are of the room."""
    blue, green, red = (pixels[..., channel].astype(int) for channel in range(3))
    return ((red - green > 45) & (blue - green > 45)).astype(np.uint8)


def _holds_block(mask: U8) -> bool:
    return bool(cv2.erode(mask, np.ones((SIDE, SIDE), np.uint8), borderValue=0).any())


def show(
    model: MattingModel, scene: Iterator[tuple[U8, F32]], late_frames: int, settings: MattingSettings | None = None
) -> Iterator[Shown]:
    """What becomes of a scene in a live session whose network is ``late_frames`` late."""
    engine, runner = late_engine(model, late_frames, settings or MattingSettings())
    compositor = Compositor(open_background("color:#101010"), ComposeSettings(), (WIDTH, HEIGHT))
    for index, (pixels, truth) in enumerate(scene):
        runner.now_s = 1000 + index / FPS
        frame = Frame(pixels, index, round(runner.now_s * 1e9))
        matte = engine.matte(frame)
        spilled = np.max([np.zeros((HEIGHT, WIDTH), np.uint8), *runner.spilled[-3:]], axis=0)
        yield Shown(pixels, truth, matte, compositor.compose(frame, matte).pixels, spilled)
    engine.close()
    compositor.close()
    model.reset()


@cache
def person(clip: Path) -> list[tuple[U8, F32]]:
    """The pictures, BGR, of a clip that has an exact alpha beside it, and that, in [0, 1]; 360 lines each."""
    found = []
    with av.open(str(clip)) as pictures, av.open(str(clip.with_suffix(".alpha.mkv"))) as alphas:
        for picture, alpha in zip(pictures.decode(video=0), alphas.decode(video=0), strict=False):
            size_wh = round(picture.width * HEIGHT / picture.height), HEIGHT
            pixels = cv2.resize(picture.to_ndarray(format="bgr24"), size_wh, interpolation=cv2.INTER_AREA)
            levels = cv2.resize(alpha.to_ndarray(format="gray"), size_wh, interpolation=cv2.INTER_AREA)
            found.append((np.asarray(pixels, np.uint8), np.asarray(levels / np.float32(255), np.float32)))
    return found


def room(level: float = 0.8) -> U8:
    """A room with soft furniture, magenta."""
    noise = np.random.default_rng(3).random((9, 16)).astype(np.float32)
    light = level * (0.75 + 0.25 * cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))
    return np.clip(light[..., None] * np.array([255, 20, 255]), 0, 255).astype(np.uint8)


Placed = tuple[str, float, float, float]
"""Who, how far right and down, in pixels, how large."""
SCENES: dict[str, Callable[[int], list[Placed]]] = {
    # somebody leaves at once while somebody else stays
    "two": lambda i: [("one", -150, 0, 1), *([("other", 430, 150, 0.58)] if i // 20 % 2 == 0 else [])],
    # there and gone, quicker than a slow network looks
    "blink": lambda i: [("one", 100, 0, 1)] if i // 3 % 4 == 1 or i < 12 else [],
    # a second person walks by behind
    "walk": lambda i: [("other", 640 - 18 * i % 1100, 60, 0.84), ("one", -40, 0, 1)],
    # somebody walks in from the side, and out on the other
    "cross": lambda i: [("one", 640 - 12 * i % 1280, 0, 1)],
    # somebody ducks away and comes back
    "duck": lambda i: [("one", 100, min(400, max(0, i % 40 - 12) * 45), 1)],
}


def scene(name: str, frames: int, one: Path, other: Path) -> Iterator[tuple[U8, F32]]:
    """``frames`` pictures of a scene, BGR (HEIGHT, WIDTH, 3), and the true alpha, (HEIGHT, WIDTH)."""
    people = {"one": person(one), "other": person(other)}
    for index in range(frames):
        pixels, truth = room().astype(np.float32), np.zeros((HEIGHT, WIDTH), np.float32)
        for who, right, down, size in SCENES[name](index):
            own, alpha = people[who][index % len(people[who])]
            matrix = np.array([[size, 0, right], [0, size, down]], np.float32)
            moved, covers = (cv2.warpAffine(part, matrix, (WIDTH, HEIGHT)) for part in (own, alpha))
            pixels += (moved - pixels) * covers[..., None]
            truth = np.maximum(truth, covers)
        yield np.ascontiguousarray(pixels.round(), np.uint8), truth
