"""The head of a face: from the chin to the crown, and to the top of the hair.

The crown is where the top of the head would be without hair (ICAO Doc 9303 part 3; ISO/IEC 39794-5), so nothing in a
photo shows it on most heads. What can be seen is the top of the hair, in the matte. The eyes divide a head nearly in
half: the upper part is a little the larger in most people (Farkas et al. 1985, "Vertical and horizontal proportions of
the face", the first canon). So the crown is taken to be the top of the hair, but no further above the eyes' line than
``HIGHEST`` of the way from there to the chin, and no nearer than ``LOWEST``.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import U8
from cyclorama.stills.portrait.face import XY, FaceGeometry

LOWEST, HIGHEST = 0.85, 1.15
"""Of the crown above the eyes, in distances from the eyes to the chin."""
BAND = 0.5
"""How much of the face's width, in its middle, is looked at for the top of the hair: no raised arm, no other head."""
SOLID = 0.15
"""Share of the band that has to be covered: a few strands of hair are not its top."""
TALLEST = 3.0
"""How far above the eyes hair or a hat is followed, in distances from the eyes to the chin."""
ROWS = 100
"""Steps to the distance from the eyes to the chin."""


@dataclass(frozen=True, slots=True)
class Head:
    """Heights along the face's own axis, places on the line through the eyes' middle; in pixels of the photo."""

    chin: XY
    crown: XY
    """Estimated; may lie above the photo."""
    hair_top: XY
    """Of whatever is on the head: hair, a scarf, a hat; not below the crown, and as high as the photo goes where that
    cuts it off."""
    height: float
    """From the chin to the crown."""
    cut_off: bool
    """The photo ends before the head does."""


def head_of(face: FaceGeometry, alpha8: U8) -> Head:
    """The head that ``face`` is on, from the matte of the person, uint8 (H, W), 255 = person, of the photo's size."""
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
    """How far above the eyes the matte goes on without a gap, in distances from the eyes to the chin; and whether the
    photo's border ended it."""
    step = face.eyes_to_chin / ROWS  # pixels of the photo to one of the band
    width, height = max(1, round(BAND * face.width / step)), round(TALLEST * ROWS)
    right, down = np.asarray(face.across) * step, np.asarray(face.down) * step
    # The band's row 0 lies on the eyes' line, the next ones above it.
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
