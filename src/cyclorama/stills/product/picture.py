"""The picture for a shop: the product alone on pure white, or on nothing, in the middle of a square."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.stills.cut_out.compose import cut_out
from cyclorama.stills.cut_out.layers import over, with_shadow
from cyclorama.stills.cut_out.layout import render_placement
from cyclorama.stills.cut_out.shadow import contact_shadow
from cyclorama.stills.product.layout import ProductLayout

HAZE = 72
"""Alpha, of 255, that is taken for nothing, and as far below 255 for all: a network's haze is grey dirt on white, and a
product has hard edges. Fur and fringes lose their finest hairs by it."""
FADE = 0.03
"""Share of the side from the border inwards in which a shadow comes to nothing: the border is pure."""


def without_haze(alpha8: U8) -> U8:
    """``alpha8``, uint8 (H, W), with harder edges."""
    levels = np.clip((np.arange(256) - HAZE) * (255 / (255 - 2 * HAZE)), 0, 255).round().astype(np.uint8)
    return np.asarray(cv2.LUT(alpha8, levels), np.uint8)


def product_picture(pixels: U8, alpha8: U8, layout: ProductLayout, *, transparent: bool, shadow: bool) -> U8:
    """A square as ``layout`` has it, of a photo, BGR uint8 (H, W, 3), and its alpha, uint8 (H, W).

    BGR uint8 (S, S, 3) on white, or ``transparent`` straight BGRA (S, S, 4). ``shadow``: on the ground below it.
    """
    square = render_placement(cut_out(pixels, alpha8), layout.placing)
    if shadow and layout.placing.stands:
        fallen = contact_shadow(np.ascontiguousarray(square[..., 3]))
        square = with_shadow(square, (fallen * _fade_to_border(layout.side)).astype(np.uint8))
    return square if transparent else over(square, np.full((*square.shape[:2], 3), 255, np.uint8))


def _fade_to_border(side: int) -> F32:
    """1 in the middle of a square, 0 along its border: float32 (S, S)."""
    away = np.minimum(np.arange(side), np.arange(side)[::-1]) / max(1.0, FADE * side)
    ramp = np.minimum(away, 1).astype(np.float32)
    return np.minimum(ramp[:, None], ramp[None])
