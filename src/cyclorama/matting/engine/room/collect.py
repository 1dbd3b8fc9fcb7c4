"""Learn the plate from a second or two of the empty room, or say why that was not possible."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.room.plate import LEAST_NOISE, Plate

LEAST_FRAMES = 5
PERSON = 0.5
SOMEBODY = 0.001
"""Share of the frame that the network takes for a person from which on somebody is there."""
SEEN_OFTEN = 0.1
"""Share of the frames with somebody in them from which on the room was not empty."""
MOVED = 6.0
"""Mean change since the first frame, in levels, from which on the camera or the light has moved."""
RESTLESS = 6.0
"""Change between frames, in standard deviations of the noise, from which on a cell is not still: a screen."""
PER_DEVIATION = 2 / np.sqrt(np.pi)
"""Mean of the absolute difference of two normal values, in standard deviations."""


def somebody(probability: F32) -> bool:
    """Whether the network sees anybody. ``probability``: float32 (h, w)."""
    return int(np.count_nonzero(probability > PERSON)) >= SOMEBODY * probability.size


class Collector:
    """Averages frames of the empty room on the plate's grid."""

    def __init__(self) -> None:
        self.frames = 0
        self.occupied = 0
        """Frames that showed somebody."""
        self.moved = False
        """Whether the camera or the light moved."""
        self._first: U8 | None = None
        self._before: F32 | None = None
        self._total: F32 | None = None
        self._change: F32 | None = None

    def add(self, now: U8, *, occupied: bool) -> None:
        """Take in a frame, BGR uint8 (h, w, 3). ``occupied``: whether the network sees somebody in it."""
        self.frames += 1
        self.occupied += occupied
        levels = now.astype(np.float32)
        if self._first is None or self._before is None or self._total is None or self._change is None:
            self._first, self._total, self._change = now, levels.copy(), np.zeros_like(levels)
        else:
            self.moved |= max(cv2.mean(cv2.absdiff(now, self._first))[:3]) > MOVED
            self._total += levels
            self._change += cv2.absdiff(levels, self._before)
        self._before = levels

    @property
    def refusal(self) -> str:
        """Why there is no plate: for people to read; empty if there is one."""
        if self.frames < LEAST_FRAMES:
            return f"only {self.frames} frames show it: give it a second"
        if self.occupied > SEEN_OFTEN * self.frames:
            return "somebody is in the picture: leave it, and try again"
        if self.moved:
            return "the camera or the light moved: keep them still, and try again"
        return ""

    def plate(self) -> Plate:
        """The mean of the frames; what was restless is unknown. Raises ValueError where there is a refusal."""
        if self.refusal or self._total is None or self._change is None:
            raise ValueError(self.refusal)
        deviation = self._change * np.float32(1 / PER_DEVIATION / (self.frames - 1))
        noise = max(LEAST_NOISE, float(np.median(deviation)))
        known = (deviation.max(axis=2) <= RESTLESS * noise).view(np.uint8)
        return Plate.of(self._total * np.float32(1 / self.frames), noise, known)
