"""Measure the head of a face: the distances from the chin to the crown, and to the top of the hair.

The crown is where the top of the head would be without hair (ICAO Doc 9303 part 3; ISO/IEC 39794-5), so hair hides it.
Only the top of the hair is visible, in the matte. The eyes divide a head nearly in half, and the upper part is slightly
larger in most people (Farkas et al. 1985, "Vertical and horizontal proportions of the face", the first canon). The
crown is therefore estimated as the top of the hair, limited to between ``LOWEST`` and ``HIGHEST`` above the eyes, in
distances from the eyes to the chin.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import U8
from cyclorama.stills.portrait.face import XY, FaceGeometry

LOWEST, HIGHEST = 0.85, 1.15
"""Limits of the height of the crown above the eyes, in distances from the eyes to the chin."""
BAND = 0.5
"""Width of the strip in which the top of the hair is searched, in face widths: it excludes raised arms and other
heads."""
SOLID = 0.15
"""Share of a row of the strip that the matte has to cover: a few strands of hair do not count."""
TALLEST = 3.0
"""Height of the strip above the eyes, in distances from the eyes to the chin."""
ROWS = 100
"""Rows of the strip per distance from the eyes to the chin."""


@dataclass(frozen=True, slots=True)
class Head:
    """Points and distances along the vertical axis of the face through the midpoint of the eyes, in pixels of the
    photo."""

    chin: XY
    crown: XY
    """An estimate; it may lie above the photo."""
    hair_top: XY
    """The top of hair, scarf or hat, never below the crown; at the border of the photo where that cuts it off."""
    height: float
    """From the chin to the crown."""
    cut_off: bool
    """Whether the border of the photo cuts the head off."""


def measure_head(face: FaceGeometry, alpha8: U8) -> Head:
    """Measure the head of ``face`` in the matte of the person, uint8 (H, W), 255 = person, of the photo's size."""
    unit = face.eyes_to_chin
    hair, cut_off = _hair_top(face, alpha8)
    hair = max(hair, LOWEST)
    crown = min(hair, HIGHEST) * unit
    hair *= unit
    return Head(
        chin=face.at(0, unit),
        crown=face.at(0, -crown),
        hair_top=face.at(0, -hair),
        height=unit + crown,
        cut_off=cut_off,
    )


def _hair_top(face: FaceGeometry, alpha8: U8) -> tuple[float, bool]:
    """Height above the eyes up to which the matte has no gap, in distances from the eyes to the chin; and whether the
    border of the photo ends it."""
    step = face.eyes_to_chin / ROWS  # pixels of the photo per row of the strip
    width, height = max(1, round(BAND * face.width / step)), round(TALLEST * ROWS)
    right, down = np.asarray(face.across) * step, np.asarray(face.down) * step
    # Row 0 of the strip lies on the line through the eyes, the next rows above it.
    origin = np.asarray(face.eyes) - right * (width - 1) / 2 - 0.5
    from_band = np.column_stack([right, -down, origin])
    photo = np.zeros_like(alpha8) + np.uint8(1)
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    covered = cv2.warpAffine(alpha8, from_band, (width, height), flags=flags) > 127
    inside = cv2.warpAffine(photo, from_band, (width, height), flags=flags) > 0
    head = covered.mean(axis=1) > SOLID
    top = height if head.all() else int(np.argmin(head))
    ended = top < height and inside[top].mean() < 1 - SOLID
    return top / ROWS, bool(ended)
