"""The picture for a shop: the product alone on pure white, or on nothing, in the middle of a square."""

from __future__ import annotations

import math

import cv2
import numpy as np

from cyclorama.frames import U8
from cyclorama.stills.compose import cut_out
from cyclorama.stills.product_layout import Layout

HAZE = 72
"""Alpha, of 255, that is taken for nothing, and as far below 255 for all: white is to be white, a product solid."""
SOFT = 8
"""Pixels of the picture, around the product, in which soft edges are looked for."""
STRIP_ROWS = 512


def product_picture(pixels: U8, alpha8: U8, layout: Layout, *, transparent: bool) -> U8:
    """A square as ``layout`` has it, of a photo, BGR uint8 (H, W, 3), and its alpha, uint8 (H, W).

    BGR uint8 (S, S, 3) on white, or ``transparent`` straight BGRA (S, S, 4).
    """
    square = _placed(pixels, alpha8, layout)
    return square if transparent else over_white(square)


def over_white(square: U8) -> U8:
    """Straight BGRA uint8 (S, S, 4) over white, BGR uint8 (S, S, 3)."""
    out = np.empty((*square.shape[:2], 3), np.uint8)
    for top in range(0, len(square), STRIP_ROWS):
        strip = square[top : top + STRIP_ROWS].astype(np.float32)
        light = 255 - strip[..., 3:]
        out[top : top + STRIP_ROWS] = np.rint(strip[..., :3] * (strip[..., 3:] * np.float32(1 / 255)) + light)
    return out


def _placed(pixels: U8, alpha8: U8, layout: Layout) -> U8:
    """The product in its square: straight BGRA uint8 (S, S, 4), nothing around it."""
    margin = SOFT / layout.scale
    left, top, right, bottom = layout.box
    rows = slice(max(0, math.floor(top - margin)), min(len(alpha8), math.ceil(bottom + margin)))
    columns = slice(max(0, math.floor(left - margin)), min(alpha8.shape[1], math.ceil(right + margin)))
    alpha8 = _without_haze(alpha8[rows, columns])
    product = cut_out(np.ascontiguousarray(pixels[rows, columns]), alpha8)
    size_wh = tuple(max(1, round(layout.scale * side)) for side in product.shape[1::-1])
    how = cv2.INTER_AREA if layout.scale < 1 else cv2.INTER_CUBIC
    product = np.asarray(cv2.resize(product, size_wh, interpolation=how), np.uint8)
    out = np.zeros((layout.side, layout.side, 4), np.uint8)
    y, x = round(layout.scale * rows.start + layout.offset[1]), round(layout.scale * columns.start + layout.offset[0])
    into = out[max(0, y) : y + size_wh[1], max(0, x) : x + size_wh[0]]
    into[...] = product[max(0, -y) :, max(0, -x) :][: into.shape[0], : into.shape[1]]
    return out


def _without_haze(alpha8: U8) -> U8:
    gain = 255 / (255 - 2 * HAZE)
    levels = np.clip((np.arange(256) - HAZE) * gain, 0, 255).round().astype(np.uint8)
    return np.asarray(cv2.LUT(alpha8, levels), np.uint8)
