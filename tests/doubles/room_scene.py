"""A room, a person in front of it, and a network that is wrong about both in known ways."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8, Frame
from cyclorama.matting.engine.room.room import Room

WIDTH, HEIGHT = 320, 240
FPS = 30


def painted(seed: int) -> F32:
    """A room: coloured furniture of sharp outlines, levels."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(30, 190, (12, 16, 3)).astype(np.float32)
    return np.asarray(cv2.resize(cells, (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST), np.float32)


def person_at(x: int, radius: int = 60) -> F32:
    """The exact alpha of somebody: a disc with a soft outline."""
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.circle(alpha, (x, 150), radius, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1.0), np.float32)


@dataclass
class Scene:
    """Frames of a camera, and what the network makes of them."""

    wall: F32 = field(default_factory=lambda: painted(1))
    gain: float = 1.0
    shift: int = 0
    """Pixels that the camera has turned."""
    index: int = 0
    noise: F32 = field(
        default_factory=lambda: np.random.default_rng(5).normal(0, 1.5, (HEIGHT, WIDTH, 3)).astype(np.float32)
    )

    def frame(self, alpha: F32 | None = None) -> Frame:
        """The next frame; ``alpha``: who is in it."""
        light = self.wall
        if alpha is not None:
            light = light + (np.float32([60, 120, 235]) - light) * alpha[..., None]
        light = np.roll(light, self.shift, 1) * np.float32(self.gain)
        light += np.roll(self.noise, 7 * self.index, axis=(0, 1))
        pixels: U8 = np.clip(light, 0, 255).round().astype(np.uint8)
        self.index += 1
        return Frame(pixels, self.index, round(self.index / FPS * 1e9))

    def empty(self, room: Room, frames: int = 31) -> None:
        """Show nobody for ``frames``."""
        for _ in range(frames):
            room.see(self.frame(), np.zeros((HEIGHT, WIDTH), np.float32), cut=False)


def guessed(alpha: F32, *, cells: int = 8) -> F32:
    """What a coarse network says of somebody with this ``alpha``: blurred, and a little too large."""
    grown = cv2.dilate(alpha, np.ones((5, 5), np.uint8))
    return np.asarray(np.clip(cv2.GaussianBlur(grown, (0, 0), cells / 2), 0.002, 0.998), np.float32)
