"""Notice that the camera has moved, and move the plate along once it stands still again."""

from __future__ import annotations

import cv2

from cyclorama.core.frames import U8
from cyclorama.matting.engine.room.plate import Plate
from cyclorama.matting.engine.room.registration import registered

ALIGNED = 0.9
"""Share of the empty room that a plate in its place explains; below it, the camera may have moved."""
STILL_LEVELS = 3.0
"""Mean change between frames, in levels, up to which the camera stands still."""
STILL_FRAMES = 3
"""It has to stand still for so many frames: a registration takes as long as a look of the network."""
LONGEST = 240
"""Frames between two attempts at most; the pause doubles with each that fails, until the plate fits again."""


class Alignment:
    """Watches how well the plate fits, frame by frame."""

    def __init__(self) -> None:
        self._before: U8 | None = None
        self._still = 0
        self._pause = self._rest = STILL_FRAMES

    def proposed(self, now: U8, plate: Plate, empty: U8, match: float) -> Plate | None:
        """The plate moved to where the room is in ``now``, to be tried; None where there is no reason for that.

        ``match``: the share of the empty room that ``plate`` explains in this frame.
        """
        before, self._before = self._before, now
        if match >= ALIGNED or before is None:
            self._still = 0
            self._pause = self._rest = STILL_FRAMES
            return None
        change = max(cv2.mean(cv2.absdiff(now, before), empty)[:3])
        self._still = self._still + 1 if change <= STILL_LEVELS else 0
        self._rest -= 1
        if self._still < STILL_FRAMES or self._rest > 0:
            return None
        self._pause = self._rest = min(LONGEST, 2 * self._pause)
        return registered(now, plate, empty)
