"""The mathematics of putting one picture over another, in eight bits.

Only the blocks that hold part of the outline are computed; inside, the foreground is copied, outside the background is
already there. In products of eight-bit numbers a pixel is off by one level at most, and exact where alpha is 0 or 1.
"""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.frames import F32, U8

Block = tuple[slice, slice]
"""Rows and columns of a picture."""

CELL = 8
BLOCK_ROWS = 64
JOIN = 8
"""Two runs of cells closer than this many cells become one block."""


def quantize(alpha: F32) -> U8:
    """Alpha in [0, 1] to uint8, 255 = person, rounded."""
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=255.0), np.uint8)


def blend(foreground: U8, background: U8, alpha: F32, out: U8 | None = None) -> U8:
    """Composite: alpha * foreground + (1 - alpha) * background, BGR uint8 (H, W, 3).

    ``alpha``: float32 (H, W) in [0, 1]. ``out``: written to and returned; neither of the inputs.
    """
    alpha8 = quantize(alpha)
    if out is None:
        out = background.copy()
    else:
        np.copyto(out, background)
    lay(foreground, alpha8, out)
    for block in outline_blocks(alpha8):
        weights = Weights(alpha8[block])
        out[block] = weights.mix(foreground[block], background[block])
    return out


def lay(foreground: U8, alpha8: U8, out: U8) -> None:
    """Copy the foreground into ``out`` where alpha is full; what is between is left to be mixed."""
    cv2.copyTo(foreground, cv2.inRange(alpha8, 255, 255), out)


class Weights:
    """The weights of two pictures, from alpha (h, w) uint8, 255 = all of the first."""

    def __init__(self, alpha8: U8) -> None:
        self._first = cv2.merge([alpha8, alpha8, alpha8])
        self._second = cv2.bitwise_not(self._first)

    def mix(self, first: U8, second: U8) -> U8:
        """Weighted sum of two pictures (h, w, 3)."""
        part = cv2.multiply(first, self._first, scale=1 / 255)
        rest = cv2.multiply(second, self._second, scale=1 / 255)
        return np.asarray(cv2.add(part, rest), np.uint8)


def outline_blocks(alpha8: U8, reach: int = 0) -> list[Block]:
    """Blocks that together hold every pixel with 0 < alpha < 255 and its neighbours up to ``reach`` pixels away.

    Their sides lie on multiples of eight, or on the picture's border.
    """
    height, width = alpha8.shape
    partial = cv2.inRange(alpha8, 1, 254)
    rows, columns = -(-height // CELL), -(-width // CELL)
    if (rows * CELL, columns * CELL) != (height, width):
        bottom, right = rows * CELL - height, columns * CELL - width
        partial = cv2.copyMakeBorder(partial, 0, bottom, 0, right, cv2.BORDER_CONSTANT, value=0)
    words = np.ascontiguousarray(partial).view(np.uint64).reshape(rows, CELL, columns)
    cells = (np.bitwise_or.reduce(words, axis=1) != 0).astype(np.uint8)
    if reach:
        cells = cv2.dilate(cells, np.ones((2 * -(-reach // CELL) + 1,) * 2, np.uint8))
    blocks = []
    step = BLOCK_ROWS // CELL
    for top in range(0, rows, step):
        here = np.flatnonzero(cells[top : top + step].any(axis=0))
        if here.size == 0:
            continue
        cuts = np.flatnonzero(np.diff(here) > JOIN)
        starts = here[np.concatenate(([0], cuts + 1))]
        ends = here[np.concatenate((cuts, [-1]))] + 1
        ys = slice(top * CELL, min((top + step) * CELL, height))
        blocks += [(ys, slice(int(a) * CELL, min(int(b) * CELL, width))) for a, b in zip(starts, ends, strict=True)]
    return blocks
