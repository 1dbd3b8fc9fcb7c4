"""The live picture as JPEG, at the width that the page asks for: many a second, beside a session that needs the
processor."""

from __future__ import annotations

import numpy as np

from cyclorama.core.frames import U8
from cyclorama.matting.downscale import downscaled_to
from cyclorama.panel.previews import at_most
from cyclorama.pictures.encode import quick_jpeg

QUALITY = 82
SQUARE = 8
LIGHT, DARK = 200, 160
"""Of the chessboard that stands for transparency: the side of a square in pixels, and the two greys."""


def live_jpeg(pixels: U8, width: int) -> bytes:
    """A JPEG of BGR uint8 (H, W, 3), BGRA or grey ``pixels``, at most ``width`` pixels wide."""
    if pixels.ndim == 3 and pixels.shape[2] == 4:
        pixels = _over_chessboard(at_most(pixels, width))
    height, wide = pixels.shape[:2]
    if wide > width:
        pixels = downscaled_to(pixels, (width, max(1, round(height * width / wide))))
    return quick_jpeg(pixels, QUALITY)


def _over_chessboard(pixels: U8) -> U8:
    height, width = pixels.shape[:2]
    rows, columns = np.indices((height, width), sparse=True)
    board = np.where((rows // SQUARE + columns // SQUARE) % 2, LIGHT, DARK).astype(np.float32)[..., None]
    alpha = pixels[..., 3:].astype(np.float32) / 255
    return np.rint(pixels[..., :3] * alpha + board * (1 - alpha)).astype(np.uint8)
