"""Pieces of a carried alpha: small features inside a person, and what a person has moved away from."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.warp import warped

FEATURE_LONG, FEATURE_SHORT = 8, 5
"""Cells of the motion's grid that an eye or a mouth covers at most. No room 20 pixels away from an outline fits in."""
ENCLOSED = 0.9
"""Alpha that a feature has all around it, and in it."""
JOINED = 0.2
"""Alpha above which two places belong to one piece."""
CAME_OFF = 0.1
"""Of the largest piece's area: what comes off it and is larger may be a second person."""
RIM = np.ones((5, 5), np.uint8)
"""Cells around a piece that are its soft rim."""


def features(unexplained: NDArray[np.bool_], alpha: F32) -> NDArray[np.bool_]:
    """Where ``unexplained``, (h, w), is an eye or a mouth that opens or shuts: small, and inside a person.

    ``alpha``: float32 (h, w), carried to where ``unexplained`` is.
    """
    found = np.zeros_like(unexplained)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(unexplained.view(np.uint8), connectivity=8)
    pieces = np.asarray(labels, np.int32)
    for piece in range(1, count):
        left, top, wide, high = (int(value) for value in stats[piece, :4])
        if max(wide, high) > FEATURE_LONG or min(wide, high) > FEATURE_SHORT:
            continue
        around = slice(top - 1, top + high + 1), slice(left - 1, left + wide + 1)
        inside = left > 0 and top > 0 and left + wide < unexplained.shape[1] and top + high < unexplained.shape[0]
        if inside and _is_enclosed(pieces[around], piece, alpha[around]):
            found[around] = pieces[around] == piece
    return found


def _is_enclosed(pieces: NDArray[np.int32], piece: int, alpha: F32) -> bool:
    """Whether ``piece`` has a person, and no other piece, all around it."""
    return float(alpha.min()) >= ENCLOSED and not np.any((pieces != 0) & (pieces != piece))


def without_what_came_off(carried: F32, alpha: F32, displacement: F32) -> F32:
    """``carried`` without the pieces that its largest has moved away from, and that it was joined to in ``alpha``.

    Nobody comes apart: what a network took for a part of a person, and what stays behind when they move on, is a piece
    of the room. ``carried``, ``alpha``: float32 (h, w); ``displacement``: float32 (rows, columns, 2), as in
    :func:`warped`, from the one to the other.
    """
    count, pieces = _pieces(carried)
    if count <= 2:  # one piece, and what is none
        return carried
    areas = np.bincount(pieces.ravel(), minlength=count)
    areas[0] = 0
    largest = int(areas.argmax())
    before = warped(_pieces(alpha)[1], displacement, cv2.INTER_NEAREST)
    home = _most_common(before[pieces == largest])
    small = [piece for piece in range(1, count) if areas[piece] < CAME_OFF * areas[largest]]
    off = [piece for piece in small if _most_common(before[pieces == piece]) == home]
    if not off:
        return carried
    gone = cv2.dilate(np.isin(pieces, off).view(np.uint8), RIM)
    gone[pieces == largest] = 0
    return np.where(gone > 0, np.float32(0), carried)


def _pieces(alpha: F32) -> tuple[int, NDArray[np.uint16]]:
    """The number of pieces, that of what belongs to none included, and for each cell which it belongs to; 0: none."""
    present: U8 = (alpha > np.float32(JOINED)).view(np.uint8)
    count, pieces = cv2.connectedComponents(present, connectivity=8, ltype=cv2.CV_16U)
    return count, np.asarray(pieces, np.uint16)


def _most_common(values: NDArray[np.uint16]) -> int:
    return int(np.bincount(values).argmax())
