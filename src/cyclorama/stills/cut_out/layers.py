"""Layers over each other; strip by strip, so that what is computed in floating point stays small."""

from __future__ import annotations

import numpy as np

from cyclorama.core.frames import U8

STRIP_ROWS = 512


def over(picture: U8, background: U8) -> U8:
    """Straight BGRA uint8 (H, W, 4) over ``background``, BGR uint8 (H, W, 3): BGR."""
    out = np.empty_like(background)
    for top in range(0, len(picture), STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        alpha = picture[rows, :, 3:] * np.float32(1 / 255)
        out[rows] = np.rint(picture[rows, :, :3] * alpha + background[rows] * (1 - alpha))
    return out


def with_shadow(picture: U8, shadow: U8) -> U8:
    """Straight BGRA uint8 (H, W, 4) with a shadow, uint8 (H, W) where 255 is black, under it: BGRA."""
    out = np.empty_like(picture)
    for top in range(0, len(picture), STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        alpha = picture[rows, :, 3:] * np.float32(1 / 255)
        both = alpha + (1 - alpha) * (shadow[rows, :, None] * np.float32(1 / 255))
        share = np.divide(alpha, both, out=np.ones_like(alpha), where=both > 0)
        out[rows, :, :3] = np.rint(picture[rows, :, :3] * share)
        out[rows, :, 3:] = np.rint(both * 255)
    return out
