"""Scale and crop a picture to a size, keeping its aspect ratio."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.core.frames import U8, SizeWH


def cover_size(size_wh: SizeWH, target_wh: SizeWH) -> SizeWH:
    """The smallest size of the same shape as ``size_wh`` that covers ``target_wh``."""
    scale = max(target_wh[0] / size_wh[0], target_wh[1] / size_wh[1])
    return max(target_wh[0], round(size_wh[0] * scale)), max(target_wh[1], round(size_wh[1] * scale))


def centre_crop(pixels: U8, target_wh: SizeWH) -> U8:
    """The middle of ``pixels`` (H, W, 3), which is at least as large; contiguous."""
    left = (pixels.shape[1] - target_wh[0]) // 2
    top = (pixels.shape[0] - target_wh[1]) // 2
    return np.ascontiguousarray(pixels[top : top + target_wh[1], left : left + target_wh[0]])


def cover(pixels: U8, target_wh: SizeWH) -> U8:
    """Scale ``pixels``, uint8 (H, W, 3), until they cover ``target_wh``, and crop the excess on both sides."""
    scaled_wh = cover_size((pixels.shape[1], pixels.shape[0]), target_wh)
    shrinks = scaled_wh[0] < pixels.shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    scaled = cv2.resize(pixels, scaled_wh, interpolation=how)
    return centre_crop(np.asarray(scaled, np.uint8), target_wh)
