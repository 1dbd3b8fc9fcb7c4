"""Choose the frame of an identity photo: the rectangle of the photo that the picture shows, with its scale.

The frame lies inside the photo, since no pixels may be invented. Among the candidates, a grid of head heights, eye
heights and offsets, the one with the least cost is chosen: head and eyes as near as possible to the middle of the
ranges that the authority allows.
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
"""Candidate heights of the head: 0 is the least, 1 the greatest height that the authority allows."""
EYES = np.linspace(0.15, 0.85, 176)
"""Candidate heights of the eyes above the lower edge, in picture heights."""
SHIFTS = np.linspace(-0.2, 0.2, 11)
"""Candidate horizontal offsets of the midpoint of the eyes from the centre, in picture widths."""
ABOVE = 0.4
"""Share of the free height that lies above the head, where the authority has no rule for the eyes."""
MARGIN_MM = 1.0
"""Least distance between the hair and the edge of the picture."""
OUTSIDE, WRONG, OFF_CENTRE = 1e6, 100.0, 30.0
"""Cost per squared millimetre beyond the photo, beyond the allowed range, and off the centre."""
TOUCH_MM = 0.02
"""Tolerance: a frame may reach beyond the border by rounding errors of this size."""


@dataclass(frozen=True, slots=True)
class HeadInPhoto:
    """A head in a photo: distances in pixels from the midpoint of the eyes along the vertical axis of the frame.

    ``top``: to the crown, or to the hair where the spec measures that. ``roll_deg``: clockwise rotation of the frame in
    the photo.
    """

    eyes: XY
    roll_deg: float
    top: float
    hair: float
    chin: float


@dataclass(frozen=True, slots=True)
class IdFrame:
    """The frame of the picture on the photo. ``px_per_mm``: pixels of the photo per mm of the picture. ``eyes``: the
    midpoint of the eyes in the photo; ``eyes_mm``: the same in the picture, from its left and top edges."""

    size_mm: tuple[float, float]
    eyes: XY
    eyes_mm: XY
    px_per_mm: float
    roll_deg: float

    def to_mm(self, point: XY) -> XY:
        """Map a point of the photo to the picture, in mm from its left and top edges."""
        roll = math.radians(self.roll_deg)
        x, y = point[0] - self.eyes[0], point[1] - self.eyes[1]
        across, down = x * math.cos(roll) + y * math.sin(roll), y * math.cos(roll) - x * math.sin(roll)
        return self.eyes_mm[0] + across / self.px_per_mm, self.eyes_mm[1] + down / self.px_per_mm

    def to_photo(self, point_mm: XY) -> XY:
        """Map a point of the picture, in mm from its left and top edges, to the photo."""
        roll = math.radians(self.roll_deg)
        across = (point_mm[0] - self.eyes_mm[0]) * self.px_per_mm
        down = (point_mm[1] - self.eyes_mm[1]) * self.px_per_mm
        return (
            self.eyes[0] + across * math.cos(roll) - down * math.sin(roll),
            self.eyes[1] + across * math.sin(roll) + down * math.cos(roll),
        )


def choose_id_frame(spec: IdSpec, head: HeadInPhoto, photo_wh: SizeWH) -> IdFrame:
    """Choose the frame for ``spec`` on a photo with ``head``.

    Raises CaptureError where the border of the photo is so near to the face that no frame lies inside.
    """
    width, height = spec.size
    low, high = spec.head
    heads, eyes, shifts = (
        axis.ravel() for axis in np.meshgrid(low + HEADS * (high - low), EYES * height, SHIFTS * width, indexing="ij")
    )
    px_per_mm = (head.top + head.chin) / heads
    hair = head.hair / px_per_mm  # above the eyes' line
    chin = head.chin / px_per_mm
    # The height of the eyes is measured from the lower edge.
    allowed_eyes = spec.eyes or (chin + MARGIN_MM, height - hair - MARGIN_MM)
    aim_eyes = sum(spec.eyes) / 2 if spec.eyes else chin + (height - heads) * (1 - ABOVE)
    outside = _outside(head, photo_wh, px_per_mm, spec.size, eyes, shifts)
    cost = (
        OUTSIDE * outside**2
        + WRONG * (_beyond(heads, spec.head) ** 2 + _beyond(eyes, allowed_eyes) ** 2)
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
    """How far each value lies outside of ``limits``; 0 inside."""
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
    """For each candidate, the distance in mm of the corner that lies furthest beyond the photo; 0 where all are
    inside."""
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
