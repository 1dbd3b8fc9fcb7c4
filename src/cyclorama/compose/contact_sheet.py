"""Contact sheet: labelled pictures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import cv2
import numpy as np

from cyclorama.core.frames import U8, Composite, Layout, SizeWH

TILE_WH: Final = (640, 360)
GAP: Final = 12
CAPTION_H: Final = 34
PAPER: Final = (24, 22, 20)
INK: Final = (225, 225, 225)
CHECK: Final = 16


def tile(composite: Composite, label: str, size_wh: SizeWH = TILE_WH) -> U8:
    """One composite, resized to ``size_wh``, with its label below: BGR uint8. Transparency over a checkerboard."""
    pixels = composite.pixels
    if composite.layout is Layout.GRAY:
        pixels = np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    elif composite.layout is Layout.BGRA:
        small = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA)
        alpha = small[..., 3:].astype(np.float32) / 255
        pixels = np.rint(small[..., :3] * alpha + _checkerboard(size_wh) * (1 - alpha)).astype(np.uint8)
    return captioned(pixels, label, size_wh)


def captioned(pixels: U8, label: str, size_wh: SizeWH = TILE_WH) -> U8:
    """``pixels``, BGR uint8, resized to ``size_wh``, with a label below: ``CAPTION_H`` rows more."""
    width, height = size_wh
    enlarged = pixels.shape[1] < width
    out = np.full((height + CAPTION_H, width, 3), PAPER, np.uint8)
    out[:height] = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_CUBIC if enlarged else cv2.INTER_AREA)
    place = (4, height + CAPTION_H - 10)
    cv2.putText(out, label, place, cv2.FONT_HERSHEY_SIMPLEX, 0.65, INK, 1, cv2.LINE_AA)
    return out


def contact_sheet(tiles: Sequence[U8], columns: int) -> U8:
    """Arrange tiles of one size in rows of ``columns``: BGR uint8."""
    height, width = tiles[0].shape[:2]
    rows = -(-len(tiles) // columns)
    sheet = np.full((GAP + rows * (height + GAP), GAP + columns * (width + GAP), 3), PAPER, np.uint8)
    for index, picture in enumerate(tiles):
        y = GAP + index // columns * (height + GAP)
        x = GAP + index % columns * (width + GAP)
        sheet[y : y + height, x : x + width] = picture
    return sheet


@cache
def _checkerboard(size_wh: SizeWH) -> U8:
    rows, columns = np.indices(size_wh[::-1])
    squares = ((rows // CHECK + columns // CHECK) % 2)[..., None]
    return np.where(squares, np.uint8(205), np.uint8(245)).repeat(3, axis=2).astype(np.uint8)
