"""Making pictures small: fast, and without the aliasing that would turn fine texture into flicker of the matte."""

from __future__ import annotations

import math

import cv2
import numpy as np

from cyclorama.frames import U8, SizeWH


def halved(pixels: U8) -> U8:
    """Half the size, each pixel a mean of four: bilinear at a factor of two is that, and is fast at odd sides."""
    half_wh = pixels.shape[1] // 2, pixels.shape[0] // 2
    return np.asarray(cv2.resize(pixels, half_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def reduced_to(pixels: U8, size_wh: SizeWH) -> U8:
    """``pixels``, uint8 (H, W, 3), at ``size_wh``: halved as far as that goes, the rest bilinear."""
    while pixels.shape[1] >= 2 * size_wh[0] and pixels.shape[0] >= 2 * size_wh[1]:
        pixels = halved(pixels)
    if size_wh == (pixels.shape[1], pixels.shape[0]):
        return pixels
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def reduced(pixels: U8, cells: int) -> U8:
    """``pixels`` in their own shape with about ``cells`` pixels, or as they are where they have no more."""
    height, width = pixels.shape[:2]
    scale = min(1.0, math.sqrt(cells / (height * width)))
    return reduced_to(pixels, (max(1, round(width * scale)), max(1, round(height * scale))))
