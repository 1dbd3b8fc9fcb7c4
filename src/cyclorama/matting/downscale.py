"""Downscale pictures fast and without aliasing, which would turn fine texture into flicker of the matte."""

from __future__ import annotations

import math

import cv2
import numpy as np

from cyclorama.core.frames import U8, SizeWH
from cyclorama.core.opencv import halved


def downscaled_to(pixels: U8, size_wh: SizeWH) -> U8:
    """``pixels``, uint8 (H, W, 3), at ``size_wh``: halved as often as possible, the rest bilinear."""
    while pixels.shape[1] >= 2 * size_wh[0] and pixels.shape[0] >= 2 * size_wh[1]:
        pixels = halved(pixels)
    if size_wh == (pixels.shape[1], pixels.shape[0]):
        return pixels
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def downscaled(pixels: U8, cells: int) -> U8:
    """``pixels`` downscaled to about ``cells`` pixels, same aspect ratio; unchanged where they have no more."""
    return downscaled_to(pixels, size_of(pixels.shape[1], pixels.shape[0], cells))


def size_of(width: int, height: int, cells: float) -> SizeWH:
    """A size with the same aspect ratio and about ``cells`` pixels; unchanged where it has no more."""
    scale = min(1.0, math.sqrt(cells / (height * width)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def part_downscaled_to(pixels: U8, rows: slice, columns: slice, size_wh: SizeWH) -> U8:
    """A crop of a picture at ``size_wh``, taken from the cached half where that is fine enough.

    ``rows`` and ``columns`` start and stop at even numbers, or at the picture's border.
    """
    if columns.stop - columns.start >= 2 * size_wh[0] and rows.stop - rows.start >= 2 * size_wh[1]:
        pixels, rows, columns = halved(pixels), _half(rows), _half(columns)
    return downscaled_to(pixels[rows, columns], size_wh)


def even(span: slice, end: int) -> slice:
    """``span`` widened to even numbers, inside 0 to ``end``."""
    return slice(span.start // 2 * 2, min(end, -(-span.stop // 2) * 2))


def _half(span: slice) -> slice:
    return slice(span.start // 2, max(span.start // 2 + 1, span.stop // 2))
