"""A rotated square of a photo, and its crop as a small upright picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8


@dataclass(frozen=True, slots=True)
class RotatedSquare:
    """A square with centre (``x``, ``y``), in pixels of a photo, rotated clockwise by ``roll_deg``. Integers lie on the
    borders between pixels. The square may reach beyond the photo; its crop is black there."""

    x: float
    y: float
    side: float
    roll_deg: float

    def crop(self, pixels: U8, size: int) -> U8:
        """Resample the square of a photo, uint8 (H, W, 3), to an upright picture, uint8 (size, size, 3)."""
        block, (left, top), shrunk = self._block(pixels, size)
        linear, offset = self._from_photo(size)
        # warpAffine has integer coordinates at pixel centres.
        of_block = linear / shrunk
        moved = offset + linear @ (left, top) + of_block @ (0.5, 0.5) - 0.5
        matrix = np.column_stack([of_block, moved])
        return np.asarray(cv2.warpAffine(block, matrix, (size, size), flags=cv2.INTER_LINEAR), np.uint8)

    def to_photo(self, points: F32, size: int) -> F32:
        """Map points of the crop of side ``size``, (n, 2), to the photo."""
        linear, offset = self._from_photo(size)
        return np.asarray((points - offset) @ np.linalg.inv(linear).T, np.float32)

    def _from_photo(self, size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The matrix (2, 2) and the offset (2,) that map points of the photo to the crop."""
        roll, scale = math.radians(self.roll_deg), size / self.side
        linear = np.array([[math.cos(roll), math.sin(roll)], [-math.sin(roll), math.cos(roll)]]) * scale
        return linear, size / 2 - linear @ (self.x, self.y)

    def _block(self, pixels: U8, size: int) -> tuple[U8, tuple[int, int], float]:
        """The part of the photo under the square, downscaled so that bilinear sampling does not alias: its pixels, its
        top left corner in the photo, and its scale."""
        reach = self.side * 0.75  # more than half of the diagonal
        left, top = max(0, math.floor(self.x - reach)), max(0, math.floor(self.y - reach))
        block = pixels[top : max(top, math.ceil(self.y + reach)), left : max(left, math.ceil(self.x + reach))]
        if block.size == 0:
            return np.zeros((1, 1, 3), np.uint8), (left, top), 1.0
        scale = min(1.0, 2 * size / self.side)
        if scale < 1:
            block = np.asarray(cv2.resize(block, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        return block, (left, top), scale
