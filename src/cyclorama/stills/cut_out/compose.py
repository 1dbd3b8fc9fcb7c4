"""A photo and its alpha become a cut-out, or lie over a background; strip by strip, so that memory stays bounded."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.compose.low_res import unit
from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.foreground import STRIP_PIXELS, foreground_strips


def cut_out(pixels: U8, alpha8: U8, strip_pixels: int = STRIP_PIXELS) -> U8:
    """BGRA, straight alpha, uint8 (H, W, 4), of a photo, BGR uint8 (H, W, 3), and its alpha, uint8 (H, W).

    Along the outline the colours are those of what was cut out, without the old background; under full transparency
    they are carried on, and nothing of the old background is left.
    """
    out = np.empty((*alpha8.shape, 4), np.uint8)
    for rows, colors in foreground_strips(pixels, alpha8, strip_pixels):
        out[rows, :, :3] = colors
    out[..., 3] = alpha8
    return out


def lay_over(pixels: U8, alpha8: U8, background: U8, strip_pixels: int = STRIP_PIXELS) -> U8:
    """The cut-out over ``background``, all of one size, BGR uint8 (H, W, 3)."""
    out = np.empty_like(pixels)
    for rows, colors in foreground_strips(pixels, alpha8, strip_pixels):
        share = unit(alpha8[rows])
        out[rows] = cv2.blendLinear(colors, background[rows], share, 1 - share)
    return out
