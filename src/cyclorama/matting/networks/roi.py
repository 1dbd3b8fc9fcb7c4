"""The region of interest around the person, tracked slowly, so that its own motion causes no flicker in the matte."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8, SizeWH

MARGIN = 0.15
"""Room around the person, as a share of the longer side: the networks need some of it to tell who is in front."""
SLACK = 1.3
"""The region stays while it holds the person and its area is at most this times the wanted one."""
SHRINK_S = 0.5
"""Time constant of shrinking; growing is immediate, so that no arm is cut off."""
PERSON = 0.5


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the frame: left, top, right, bottom (exclusive)."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def area(self) -> float:
        """In square pixels."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def holds(self, other: Box) -> bool:
        """Whether ``other`` lies inside, to the pixel."""
        return (
            self.x0 <= other.x0 + 1 and self.y0 <= other.y0 + 1 and self.x1 >= other.x1 - 1 and self.y1 >= other.y1 - 1
        )

    def slices(self) -> tuple[slice, slice]:
        """Whole pixels, rows then columns."""
        return slice(math.floor(self.y0), math.ceil(self.y1)), slice(math.floor(self.x0), math.ceil(self.x1))


def person_box(alpha: F32, size_wh: SizeWH) -> Box | None:
    """The bounding box of alpha over one half, in pixels of a ``size_wh`` frame; None if there is none."""
    person: U8 = (alpha > PERSON).view(np.uint8)
    left, top, width, height = cv2.boundingRect(person)
    if width == 0 or height == 0:
        return None
    sx, sy = size_wh[0] / alpha.shape[1], size_wh[1] / alpha.shape[0]
    return Box(left * sx, top * sy, (left + width) * sx, (top + height) * sy)


def grown(box: Box, share: float, frame_wh: SizeWH) -> Box:
    """``box`` with a margin of ``share`` of its longer side, inside the frame."""
    margin = share * max(box.x1 - box.x0, box.y1 - box.y0)
    return Box(
        max(0.0, box.x0 - margin),
        max(0.0, box.y0 - margin),
        min(float(frame_wh[0]), box.x1 + margin),
        min(float(frame_wh[1]), box.y1 + margin),
    )


def square_around(box: Box, size_wh: SizeWH) -> Box:
    """``box`` with its margin, as square as the frame allows, inside the frame."""
    roomy = grown(box, MARGIN, size_wh)
    side = max(roomy.x1 - roomy.x0, roomy.y1 - roomy.y0)
    left, right = _lengthened(roomy.x0, roomy.x1, side, size_wh[0])
    top, bottom = _lengthened(roomy.y0, roomy.y1, side, size_wh[1])
    return Box(left, top, right, bottom)


def _lengthened(low: float, high: float, side: float, end: int) -> tuple[float, float]:
    """The span from ``low`` to ``high`` lengthened to ``side`` about its middle, inside 0 to ``end``."""
    length = min(float(end), side)
    start = min(max(0.0, (low + high - length) / 2), end - length)
    return start, start + length


class RegionTracker:
    """Tracks the person from frame to frame."""

    def __init__(self) -> None:
        self._box: Box | None = None
        self._time_s = 0.0

    @property
    def box(self) -> Box | None:
        """The region for the next frame; None: the whole frame."""
        return self._box

    def update(self, alpha: F32, size_wh: SizeWH, time_s: float) -> None:
        """Take in the alpha of a frame of ``size_wh`` taken at ``time_s`` (seconds)."""
        person = person_box(alpha, size_wh)
        elapsed_s, self._time_s = max(0.0, time_s - self._time_s), time_s
        if person is None:
            self._box = None
            return
        wanted = square_around(person, size_wh)
        if self._box is None:
            self._box = wanted
        elif not self._box.holds(person) or self._box.area > SLACK * wanted.area:
            self._box = _toward(self._box, wanted, 1 - math.exp(-elapsed_s / SHRINK_S))

    def reset(self) -> None:
        """Forget the person: the next region is the whole frame."""
        self._box = None


def _toward(box: Box, wanted: Box, share: float) -> Box:
    """``box`` grown to hold ``wanted`` and shrunk towards it by ``share`` of the way."""
    return Box(
        min(wanted.x0, box.x0 + share * (wanted.x0 - box.x0)),
        min(wanted.y0, box.y0 + share * (wanted.y0 - box.y0)),
        max(wanted.x1, box.x1 + share * (wanted.x1 - box.x1)),
        max(wanted.y1, box.y1 + share * (wanted.y1 - box.y1)),
    )
