"""The picture turned and scaled the way the output wants it, before anything else sees it."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.frames import U8, SizeWH
from cyclorama.settings import CaptureSettings

TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Geometry:
    """Rotation, then mirror, then the output's size; each frame may come in another size."""

    def __init__(self, settings: CaptureSettings) -> None:
        self._settings = settings

    def size_for(self, size_wh: SizeWH) -> SizeWH:
        """The size that a picture of ``size_wh`` comes out with: inside the output for ``contain``, else the
        output's."""
        wanted = self._settings.size_wh
        width, height = size_wh if self._settings.rotate in (0, 180) else size_wh[::-1]
        if wanted is None:
            return width, height
        if self._settings.fit == "cover":
            return wanted
        scale = min(wanted[0] / width, wanted[1] / height)
        return max(1, min(wanted[0], round(width * scale))), max(1, min(wanted[1], round(height * scale)))

    def apply(self, pixels: U8) -> U8:
        """Turn BGR uint8 (H, W, 3) into the picture that travels on; the same array where nothing is to be done."""
        settings = self._settings
        size_wh = self.size_for((pixels.shape[1], pixels.shape[0]))
        if settings.rotate:
            pixels = np.asarray(cv2.rotate(pixels, TURNS[settings.rotate]), np.uint8)
        if (pixels.shape[1], pixels.shape[0]) != size_wh:
            pixels = _resized(_cropped(pixels, size_wh), size_wh)
        if settings.mirror:
            pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
        return pixels


def _cropped(pixels: U8, size_wh: SizeWH) -> U8:
    """The largest centred part with the shape of ``size_wh``."""
    height, width = pixels.shape[:2]
    scale = max(size_wh[0] / width, size_wh[1] / height)
    inner_w, inner_h = min(width, round(size_wh[0] / scale)), min(height, round(size_wh[1] / scale))
    left, top = (width - inner_w) // 2, (height - inner_h) // 2
    return pixels[top : top + max(1, inner_h), left : left + max(1, inner_w)]


def _resized(pixels: U8, size_wh: SizeWH) -> U8:
    smaller = size_wh[0] < pixels.shape[1]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.ascontiguousarray(cv2.resize(pixels, size_wh, interpolation=how), np.uint8)
