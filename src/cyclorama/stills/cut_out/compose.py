"""Make a cut-out of a photo and its alpha, or composite it over a background, in strips to bound the memory."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.compose.low_res import unit
from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.foreground import STRIP_PIXELS, foreground_strips


def cut_out(pixels: U8, alpha8: U8, strip_pixels: int = STRIP_PIXELS) -> U8:
    """Make straight BGRA, uint8 (H, W, 4), of a photo, BGR uint8 (H, W, 3), and its alpha, uint8 (H, W).

    Colours along the outline are decontaminated: the estimated foreground, without the old background. Fully
    transparent pixels have extrapolated foreground colours, so the file holds nothing of the old background.
    """
    out = np.empty((*alpha8.shape, 4), np.uint8)
    for rows, colors in foreground_strips(pixels, alpha8, strip_pixels):
        out[rows, :, :3] = colors
    out[..., 3] = alpha8
    return out


def composite_over(pixels: U8, alpha8: U8, background: U8, strip_pixels: int = STRIP_PIXELS) -> U8:
    """Composite the foreground over ``background``, all of one size: BGR uint8 (H, W, 3)."""
    out = np.empty_like(pixels)
    for rows, colors in foreground_strips(pixels, alpha8, strip_pixels):
        share = unit(alpha8[rows])
        out[rows] = cv2.blendLinear(colors, background[rows], share, 1 - share)
    return out
