"""Connected components of a carried alpha: facial features that change, and parts that detach from a person."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.warp import warped

FEATURE_LONG, FEATURE_SHORT = 8, 5
"""Largest size of an eye or a mouth in cells of the flow grid. No room 20 pixels away from an outline fits in."""
ENCLOSED = 0.9
"""Least alpha in and around a feature."""
JOINED = 0.2
"""Alpha threshold of connected components."""
CAME_OFF = 0.1
"""Share of the largest component's area: a larger detached part may be a second person."""
RIM = np.ones((5, 5), np.uint8)
"""Dilation kernel for the soft rim of a component."""


def small_features(unexplained: NDArray[np.bool_], alpha: F32) -> NDArray[np.bool_]:
    """Where ``unexplained``, (h, w), is an eye or a mouth that opens or closes: small, and enclosed by a person.

    ``alpha``: float32 (h, w), carried to the same frame.
    """
    found = np.zeros_like(unexplained)
    outlines, _ = cv2.findContours(unexplained.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        left, top, wide, high = cv2.boundingRect(outline)
        if max(wide, high) > FEATURE_LONG or min(wide, high) > FEATURE_SHORT:
            continue
        # cut at the frame's border, where the piece itself then lies at the border of what is around it
        around = slice(max(0, top - 1), top + high + 1), slice(max(0, left - 1), left + wide + 1)
        if float(alpha[around].min()) >= ENCLOSED and not _has_any_at_border(unexplained[around]):
            found[around] = unexplained[around]
    return found


def _has_any_at_border(cells: NDArray[np.bool_]) -> bool:
    return bool(cells[0].any() or cells[-1].any() or cells[:, 0].any() or cells[:, -1].any())


def without_detached(carried: F32, alpha: F32, displacement: F32) -> F32:
    """``carried`` without the components that were connected to its largest one in ``alpha``, and no longer are.

    People do not come apart: a part that the network took for a person, and that stays behind when they move, is room.
    ``carried``, ``alpha``: float32 (h, w); ``displacement``: float32 (rows, columns, 2), as in :func:`warped`.
    """
    count, pieces = _components(carried)
    if count <= 2:  # one component, and the background
        return carried
    areas = np.bincount(pieces.ravel(), minlength=count)
    areas[0] = 0
    largest = int(areas.argmax())
    before = warped(_components(alpha)[1], displacement, cv2.INTER_NEAREST)
    home = _most_common(before[pieces == largest])
    small = [piece for piece in range(1, count) if areas[piece] < CAME_OFF * areas[largest]]
    off = [piece for piece in small if _most_common(before[pieces == piece]) == home]
    if not off:
        return carried
    gone = cv2.dilate(np.isin(pieces, off).view(np.uint8), RIM)
    gone[pieces == largest] = 0
    return np.where(gone > 0, np.float32(0), carried)


def _components(alpha: F32) -> tuple[int, NDArray[np.uint16]]:
    """The number of labels, background included, and the label of each cell; 0: background."""
    present: U8 = (alpha > np.float32(JOINED)).view(np.uint8)
    count, pieces = cv2.connectedComponents(present, connectivity=8, ltype=cv2.CV_16U)
    return count, np.asarray(pieces, np.uint16)


def _most_common(values: NDArray[np.uint16]) -> int:
    return int(np.bincount(values).argmax())
