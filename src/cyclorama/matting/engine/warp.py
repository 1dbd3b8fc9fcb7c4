"""Backward warping with a displacement field."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32
from cyclorama.core.opencv import NOTHING

T = TypeVar("T", np.uint8, np.uint16, np.float32)


def warped(values: NDArray[T], displacement: F32, interpolation: int = cv2.INTER_LINEAR) -> NDArray[T]:
    """``values``, (h, w) or (h, w, c) of any size, sampled at each cell plus ``displacement``; borders are replicated.

    ``displacement``: float32 (h, w, 2), in its own cells, x then y.
    """
    (height, width), (rows, columns) = values.shape[:2], displacement.shape[:2]
    if (height, width) != (rows, columns):
        scaled = cv2.multiply(displacement, (width / columns, height / rows, 0, 0))
        displacement = np.asarray(cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    source = cv2.add(displacement, cell_places(width, height))
    moved = cv2.remap(values, source, NOTHING, interpolation, borderMode=cv2.BORDER_REPLICATE)
    return cast("NDArray[T]", moved)


@lru_cache(maxsize=8)
def cell_places(width: int, height: int) -> F32:
    """The identity map: each cell's (x, y), float32 (height, width, 2); cached, do not write to it."""
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.dstack([columns, rows])
