"""Alpha blending.

Most of a matte is exactly 0 or 1: those pixels are copied. Only the outline, 0 < alpha < 1, is computed, as a list of
points in float32: a composite costs little more than a copy, and is exact where alpha is 0 or 1.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.core.opencv import NOTHING, mixed, resampled

Block = tuple[slice, slice]
"""Rows and columns of a picture."""

PIXEL = np.dtype("V3")
CELL = 4
"""Side of the cells, in pixels, within which low-resolution colours are sampled once."""
REMAP_COLUMNS = 256
"""Row length of the remap table: cv2.remap limits sides to 32767."""


class Outline:
    """The pixels of a picture with 0 < alpha < 255, and others that are named, as a list of n points.

    ``alpha``: float32 (n, 3) in (0, 1], the same for each colour. Colours along the outline are float32 (n, 3), 0..255.
    """

    def __init__(self, alpha8: U8, block: Block, others: U8 | None = None) -> None:
        """``alpha8``: uint8 (H, W), 0 everywhere outside ``block``. ``others``: uint8 of the block, not 0 for further
        points, where alpha is 255."""
        rows, columns = block
        listed = cv2.inRange(alpha8[block], 1, 254)
        found = cv2.findNonZero(listed if others is None else cv2.bitwise_or(listed, others))
        self.block = block
        self._points = np.zeros((0, 2), np.int32) if found is None else np.asarray(found, np.int32).reshape(-1, 2)
        x, y = self._points[:, 0], self._points[:, 1]
        self._in_block = (y * (columns.stop - columns.start) + x).astype(np.intp)
        self._at = ((y + rows.start) * alpha8.shape[1] + (x + columns.start)).astype(np.intp)
        level = np.take(alpha8.reshape(-1), self._at) * np.float32(1 / 255)
        # broadcasting a single column would be four times slower
        alpha = cv2.merge([level] * 3) if level.size else level
        self.alpha: F32 = np.asarray(alpha, np.float32).reshape(-1, 3)
        self._cells: NDArray[np.int16] | None = None

    def of(self, picture: U8) -> F32:
        """Sample a contiguous picture (H, W, 3)."""
        return np.asarray(np.take(picture.reshape(-1, 3), self._at, axis=0), np.float32)

    def of_block(self, part: U8) -> F32:
        """Sample a contiguous picture of the block alone."""
        return np.asarray(np.take(part.reshape(-1, 3), self._in_block, axis=0), np.float32)

    def of_levels(self, part: U8) -> F32:
        """Sample a contiguous grey picture of the block alone: float32 (n,) in [0, 1]."""
        return np.asarray(np.take(part.reshape(-1), self._in_block) * np.float32(1 / 255), np.float32)

    def of_small(self, small: U8, shrink: int) -> F32:
        """Sample a picture of the block at ``1 / shrink`` of its size, interpolated once for each 4x4 pixels.

        ``shrink``: a multiple of 4.
        """
        count = len(self._points)
        if count == 0:
            return np.zeros((0, 3), np.float32)
        if self._cells is None:
            self._cells = np.zeros((-(-count // REMAP_COLUMNS) * REMAP_COLUMNS, 2), np.int16)
            np.floor_divide(self._points, CELL, out=self._cells[:count], casting="unsafe")
            self._cells = self._cells.reshape(-1, REMAP_COLUMNS, 2)
        finer_wh = small.shape[1] * shrink // CELL, small.shape[0] * shrink // CELL
        finer = resampled(small, finer_wh, (shrink / CELL, shrink / CELL))
        colors = cv2.remap(finer, self._cells, NOTHING, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(colors.reshape(-1, 3)[:count], np.float32)

    def put(self, picture: U8, colors: F32) -> None:
        """Write colours, rounded, into a contiguous picture (H, W, 3)."""
        levels = cv2.addWeighted(colors, 1, colors, 0, 0, dtype=cv2.CV_8U)  # rounds and saturates
        # one 3-byte item a pixel: half the time of rows of three
        np.put(picture.reshape(-1, 3).view(PIXEL), self._at, np.asarray(levels, np.uint8).view(PIXEL))


def blend(foreground: U8, background: U8, alpha8: U8, outline: Outline, colors: F32) -> U8:
    """Composite: alpha * foreground + (1 - alpha) * background, BGR uint8 (H, W, 3).

    ``foreground``: of the outline's block alone. ``colors``: the foreground's along the outline. A writeable
    ``background`` is reused for the composite.
    """
    out = owned(background)
    lay(foreground, alpha8[outline.block], out[outline.block])
    outline.put(out, mixed(colors, outline.of(out), outline.alpha))
    return out


def owned(picture: U8) -> U8:
    """``picture`` itself where it is writeable, else a writeable copy."""
    return picture if picture.flags.writeable else picture.copy()


def lay(foreground: U8, alpha8: U8, out: U8) -> None:
    """Copy the foreground into ``out`` where alpha is 255."""
    cv2.copyTo(foreground, cv2.inRange(alpha8, 255, 255), out)
