"""Pillow's pictures as arrays."""

from __future__ import annotations

import numpy as np
from PIL import Image

from cyclorama.core.frames import U8

STRIP_ROWS = 256


def bgr_of(image: Image.Image) -> U8:
    """BGR uint8 (H, W, 3) of an RGB picture, copied in strips: as one array Pillow would make two more copies of it."""
    width, height = image.size
    out = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, STRIP_ROWS):
        strip = image.crop((0, top, width, min(height, top + STRIP_ROWS)))
        out[top : top + STRIP_ROWS] = np.asarray(strip)[:, :, ::-1]
    return out
