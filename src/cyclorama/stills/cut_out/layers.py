"""Alpha compositing of straight BGRA (Porter and Duff 1984, "over"), in strips to bound the memory of floats."""

from __future__ import annotations

import numpy as np

from cyclorama.core.frames import U8

STRIP_ROWS = 512


def over(picture: U8, background: U8) -> U8:
    """Composite straight BGRA, uint8 (H, W, 4), over an opaque ``background``: BGR uint8 (H, W, 3)."""
    out = np.empty_like(background)
    for top in range(0, len(picture), STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        alpha = picture[rows, :, 3:] * np.float32(1 / 255)
        out[rows] = np.rint(picture[rows, :, :3] * alpha + background[rows] * (1 - alpha))
    return out


def with_shadow(picture: U8, shadow: U8) -> U8:
    """Composite straight BGRA, uint8 (H, W, 4), over a black layer with alpha ``shadow``, uint8 (H, W): straight
    BGRA."""
    out = np.empty_like(picture)
    for top in range(0, len(picture), STRIP_ROWS):
        rows = slice(top, top + STRIP_ROWS)
        alpha = picture[rows, :, 3:] * np.float32(1 / 255)
        both = alpha + (1 - alpha) * (shadow[rows, :, None] * np.float32(1 / 255))
        share = np.divide(alpha, both, out=np.ones_like(alpha), where=both > 0)
        out[rows, :, :3] = np.rint(picture[rows, :, :3] * share)
        out[rows, :, 3:] = np.rint(both * 255)
    return out
