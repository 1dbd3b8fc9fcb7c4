"""Where the picture for a document lies on a photo, and how places of the photo are measured in it.

The frame lies inside the photo: nothing is made up around it. Of all frames that do, the one is taken whose head and
eyes are nearest to the middle of what is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import SizeWH
from cyclorama.stills.id_photo.spec import IdSpec
from cyclorama.stills.portrait.face import XY

HEADS = np.concatenate([np.linspace(0, 1, 21), np.linspace(1.05, 4, 60)])
"""Heights of the head that are tried: 0 is the least, 1 the most that is asked for."""
EYES = np.linspace(0.15, 0.85, 176)
"""Heights of the eyes' line that are tried, of the picture's."""
SHIFTS = np.linspace(-0.2, 0.2, 11)
"""Places of the eyes' middle that are tried, from the picture's middle, of its width."""
ABOVE = 0.4
"""Of the room that the head leaves, the part above it, where no height of the eyes is asked for."""
MARGIN_MM = 1.0
"""Between the hair and the picture's edge."""
OUTSIDE, WRONG, OFF_CENTRE = 1e6, 100.0, 30.0
"""What a millimetre beyond the photo costs, one beyond what is asked for, and one off the middle; each is squared."""
TOUCH_MM = 0.02
"""So little beyond the photo's border is on it."""


@dataclass(frozen=True, slots=True)
class HeadInPhoto:
    """A head in a photo, in pixels along the axes of the level picture, from the eyes' middle: ``top`` is the crown
    or, where the spec says so, the hair. ``roll_deg``: how far the photo is to be turned back, clockwise is positive.
    """

    eyes: XY
    roll_deg: float
    top: float
    hair: float
    chin: float


@dataclass(frozen=True, slots=True)
class IdFrame:
    """The picture on the photo. ``px_per_mm``: pixels of the photo to a millimetre of the picture. ``eyes``: the
    middle between them in the photo; ``eyes_mm``: in the picture, from its left and top edges."""

    size_mm: tuple[float, float]
    eyes: XY
    eyes_mm: XY
    px_per_mm: float
    roll_deg: float

    def to_mm(self, place: XY) -> XY:
        """From a place in the photo to one in the picture, in mm from its left and top edges."""
        roll = math.radians(self.roll_deg)
        x, y = place[0] - self.eyes[0], place[1] - self.eyes[1]
        across, down = x * math.cos(roll) + y * math.sin(roll), y * math.cos(roll) - x * math.sin(roll)
        return self.eyes_mm[0] + across / self.px_per_mm, self.eyes_mm[1] + down / self.px_per_mm

    def to_photo(self, place_mm: XY) -> XY:
        """The other way."""
        roll = math.radians(self.roll_deg)
        across = (place_mm[0] - self.eyes_mm[0]) * self.px_per_mm
        down = (place_mm[1] - self.eyes_mm[1]) * self.px_per_mm
        return (
            self.eyes[0] + across * math.cos(roll) - down * math.sin(roll),
            self.eyes[1] + across * math.sin(roll) + down * math.cos(roll),
        )


def choose_id_frame(spec: IdSpec, head: HeadInPhoto, photo_wh: SizeWH) -> IdFrame:
    """The frame for ``spec`` on a photo with ``head``.

    Raises CaptureError where the photo is so narrow around the face that there is none.
    """
    width, height = spec.size
    low, high = spec.head
    heads, eyes, shifts = (
        axis.ravel() for axis in np.meshgrid(low + HEADS * (high - low), EYES * height, SHIFTS * width, indexing="ij")
    )
    px_per_mm = (head.top + head.chin) / heads
    hair = head.hair / px_per_mm  # above the eyes' line
    chin = head.chin / px_per_mm
    # The eyes' height is measured from below.
    wanted = spec.eyes or (chin + MARGIN_MM, height - hair - MARGIN_MM)
    aim_eyes = sum(spec.eyes) / 2 if spec.eyes else chin + (height - heads) * (1 - ABOVE)
    outside = _outside(head, photo_wh, px_per_mm, spec.size, eyes, shifts)
    cost = (
        OUTSIDE * outside**2
        + WRONG * (_beyond(heads, spec.head) ** 2 + _beyond(eyes, wanted) ** 2)
        + WRONG * np.maximum(0, hair + MARGIN_MM - (height - eyes)) ** 2
        + OFF_CENTRE * shifts**2
        + (heads - (low + high) / 2) ** 2
        + (eyes - aim_eyes) ** 2
    )
    best = int(np.argmin(cost))
    if outside[best] > TOUCH_MM:
        raise CaptureError("the photo ends too near to the face: take one with more around the head and the shoulders")
    return IdFrame(
        size_mm=spec.size,
        eyes=head.eyes,
        eyes_mm=(width / 2 + float(shifts[best]), height - float(eyes[best])),
        px_per_mm=float(px_per_mm[best]),
        roll_deg=head.roll_deg,
    )


def _beyond(values: NDArray[np.float64], limits: tuple[object, object]) -> NDArray[np.float64]:
    low, high = (np.asarray(limit, np.float64) for limit in limits)
    return np.maximum(0, np.maximum(low - values, values - high))


def _outside(
    head: HeadInPhoto,
    photo_wh: SizeWH,
    px_per_mm: NDArray[np.float64],
    size: tuple[float, float],
    eyes: NDArray[np.float64],
    shifts: NDArray[np.float64],
) -> NDArray[np.float64]:
    """How far the corner that is furthest beyond the photo is, in mm."""
    roll = math.radians(head.roll_deg)
    outside = np.zeros_like(px_per_mm)
    for right in (-0.5, 0.5):
        for below in (eyes - size[1], eyes):
            across, down = (right * size[0] - shifts) * px_per_mm, below * px_per_mm
            x = head.eyes[0] + across * math.cos(roll) - down * math.sin(roll)
            y = head.eyes[1] + across * math.sin(roll) + down * math.cos(roll)
            for value, limit in ((x, photo_wh[0]), (y, photo_wh[1])):
                outside = np.maximum(outside, np.maximum(-value, value - limit) / px_per_mm)
    return outside
