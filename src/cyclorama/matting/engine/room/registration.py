"""Find out how the camera has moved against the plate."""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.room.plate import Plate

ITERATIONS, PRECISION = 30, 0.001
SMOOTH = 5
"""Side of the Gaussian that both pictures are smoothed with, in cells."""
PYRAMID = (4, 2, 1)
"""Scales at which the motion is looked for, one after the other: a cell of the first is four of the plate's."""
FARTHEST = 0.1
"""Longest move that is looked for, as a share of the grid's longer side."""


def registered(now: U8, plate: Plate, empty: U8) -> Plate | None:
    """The plate moved to where the room is in ``now``, BGR uint8 (h, w, 3); None where that cannot be found.

    Maximizes the enhanced correlation coefficient (Evangelidis and Psarakis 2008) over shift and rotation; it does not
    depend on the exposure. ``empty``: uint8 (h, w), 1 where nobody is, nor near.
    """
    luma = cv2.cvtColor(now, cv2.COLOR_BGR2GRAY)
    room = cv2.cvtColor(np.clip(plate.color, 0, 255).astype(np.uint8), cv2.COLOR_BGR2GRAY)
    matrix = np.eye(2, 3, dtype=np.float32)
    try:
        for scale in PYRAMID:
            matrix[:, 2] /= scale
            matrix = _aligned(_reduced(room, scale), _reduced(luma, scale), _reduced(empty, scale), matrix)
            matrix[:, 2] *= scale
    except cv2.error:  # nothing to hold on to, or it does not converge
        return None
    if not np.hypot(*matrix[:, 2]) <= FARTHEST * max(plate.size_wh):
        return None
    return plate.warped(np.asarray(cv2.invertAffineTransform(matrix), np.float32))


def _reduced(picture: MatLike, scale: int) -> U8:
    size_wh = max(1, picture.shape[1] // scale), max(1, picture.shape[0] // scale)
    return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _aligned(room: U8, luma: U8, empty: U8, matrix: F32) -> F32:
    """The matrix, float32 (2, 3), from a cell of ``room`` to its place in ``luma``. Raises cv2.error."""
    criteria = cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, ITERATIONS, PRECISION
    _, found = cv2.findTransformECC(
        room, luma, matrix, cv2.MOTION_EUCLIDEAN, criteria, inputMask=empty, gaussFiltSize=SMOOTH
    )
    return np.asarray(found, np.float32)
