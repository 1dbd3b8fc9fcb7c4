"""Follow slow changes of the room: cells that stay quiet, away from anybody, are taken over into the plate."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.room.plate import Plate

EVERY = 8
"""Frames between two looks: a cell that is the same in both was quiet."""
DOUBTED_LOOKS = 2
"""Where the plate was not to be trusted in so many looks after another, it is unknown until it is seen again."""
QUIET_LEVELS = 4.0
"""Change between looks, in standard deviations of the noise, up to which a cell is quiet."""
RATE = 0.3
"""Share by which a quiet cell of the plate moves towards the frame at each look."""


class Learner:
    """Looks at the room now and then, on the plate's grid."""

    def __init__(self) -> None:
        self._before: U8 | None = None
        self._doubted: U8 | None = None
        self._frame = -1

    def follow(self, now: U8, plate: Plate, gain: F32, empty: U8, trusted: U8) -> Plate:
        """The plate after a frame: ``now``, BGR uint8 (h, w, 3), at the exposure ``gain``.

        ``empty``: 1 where nobody is, nor near. ``trusted``: 1 where the plate fits what is seen around.
        """
        self._frame += 1
        if self._frame % EVERY:
            return plate
        before, self._before = self._before, now
        if before is None or self._doubted is None:
            self._doubted = np.zeros(now.shape[:2], np.uint8)
            return plate
        calm = cv2.inRange(cv2.absdiff(now, before), (0, 0, 0), (QUIET_LEVELS * plate.noise,) * 3)
        self._doubted = np.asarray(cv2.multiply(cv2.add(self._doubted, 1), 1 - (trusted | empty)), np.uint8)
        doubted = (self._doubted >= DOUBTED_LOOKS).view(np.uint8) & plate.known
        return self._updated(now, plate, gain, np.asarray(calm, np.uint8) & empty, doubted)

    @staticmethod
    def _updated(now: U8, plate: Plate, gain: F32, quiet: U8, doubted: U8) -> Plate:
        """``plate`` with the cells that were quiet, and without those that nobody could see beside a change."""
        if not cv2.hasNonZero(quiet) and not cv2.hasNonZero(doubted):
            return plate
        at_plate = cv2.multiply(now, (*(1 / gain).tolist(), 0), dtype=cv2.CV_32F)
        color = plate.color.copy()
        cv2.accumulateWeighted(at_plate, color, RATE, mask=quiet)
        cv2.copyTo(at_plate, quiet & (1 - plate.known), color)
        return plate.with_color(color, (plate.known - doubted) | quiet)
