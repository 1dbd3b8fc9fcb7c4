"""Render the picture for a shop: the product in the centre of a square, on pure white or transparent."""

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
"""Alpha up to this becomes 0, and alpha from 255 minus this becomes 255: haze would show as grey on white, and products
have hard edges. Fur and fringes lose their finest hairs."""
FADE = 0.03
"""Distance from the border, as a share of the side, over which a shadow fades to 0, so that the border is pure."""


def without_haze(alpha8: U8) -> U8:
    """Stretch alpha, uint8 (H, W), so that haze becomes 0 and edges harder."""
    levels = np.clip((np.arange(256) - HAZE) * (255 / (255 - 2 * HAZE)), 0, 255).round().astype(np.uint8)
    return np.asarray(cv2.LUT(alpha8, levels), np.uint8)


def product_picture(pixels: U8, alpha8: U8, layout: ProductLayout, *, transparent: bool, shadow: bool) -> U8:
    """Render the square of ``layout`` from a photo, BGR uint8 (H, W, 3), and its alpha, uint8 (H, W).

    Returns BGR uint8 (S, S, 3) on white, or straight BGRA (S, S, 4) if ``transparent``. ``shadow``: add a contact
    shadow.
    """
    square = render_placement(cut_out(pixels, alpha8), layout.placing)
    if shadow and layout.placing.stands:
        cast = contact_shadow(np.ascontiguousarray(square[..., 3]))
        square = with_shadow(square, (cast * _fade_to_border(layout.side)).astype(np.uint8))
    return square if transparent else over(square, np.full((*square.shape[:2], 3), 255, np.uint8))


def _fade_to_border(side: int) -> F32:
    """A ramp from 0 at the border to 1 at FADE of the side: float32 (S, S)."""
    away = np.minimum(np.arange(side), np.arange(side)[::-1]) / max(1.0, FADE * side)
    ramp = np.minimum(away, 1).astype(np.float32)
    return np.minimum(ramp[:, None], ramp[None])
