"""The clean plate: what each cell of the empty room looks like, and how much it varies."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8, SizeWH
from cyclorama.matting.downscale import downscaled_to

ROOM_CELLS = 130_000
"""Most cells of the plate's grid. Finer ones brought nothing, and a cell averages the camera's noise."""
LEAST_NOISE = 2.0
"""Levels. Compression leaves at least this much, even where the picture is averaged."""
GRADIENT_SHARE = 0.25
"""Share of the local contrast that counts as noise: edges shift by fractions of a cell, and cameras sharpen them."""
FLAT = 16.0
"""Local contrast in levels up to which a cell is flat enough to measure the gain there."""
UNKNOWN = 1e6
"""Variance of a cell that the plate does not know: it then says nothing."""
NEIGHBOURS = np.ones((3, 3), np.uint8)


def grid_wh(size_wh: SizeWH) -> SizeWH:
    """The plate's grid for frames of ``size_wh``: halved until it has at most ROOM_CELLS cells."""
    width, height = size_wh
    while width * height > ROOM_CELLS:
        width, height = max(1, width // 2), max(1, height // 2)
    return width, height


def on_grid(pixels: U8) -> U8:
    """A frame, BGR uint8 (H, W, 3), on the plate's grid: uint8 (h, w, 3)."""
    return downscaled_to(pixels, grid_wh((pixels.shape[1], pixels.shape[0])))


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """The empty room on the grid. Never written to a file.

    ``color``: BGR float32 (h, w, 3), levels. ``noise``: standard deviation of the camera's noise, levels. ``known``:
    uint8 (h, w), 1 where the plate knows the room. ``weight``: 1 / variance for each channel, float32 (h, w, 3).
    ``log_scale``: sum of the logarithms of the standard deviations, float32 (h, w). ``flat``: uint8 (h, w), 1
    where the gain can be measured.
    """

    color: F32
    noise: float
    known: U8
    weight: F32
    log_scale: F32
    flat: U8

    @classmethod
    def of(cls, color: F32, noise: float, known: U8) -> Plate:
        """The plate with these colours: the variance is that of the noise plus a share of the local contrast."""
        contrast = cv2.morphologyEx(color, cv2.MORPH_GRADIENT, NEIGHBOURS)
        deviation = contrast * np.float32(GRADIENT_SHARE)
        variance = cv2.multiply(deviation, deviation) + np.float32(max(LEAST_NOISE, noise) ** 2)
        cv2.copyTo(np.full_like(variance, UNKNOWN), 1 - known, variance)
        log_scale = cv2.transform(cv2.log(variance), np.full((1, 3), 0.5, np.float32))
        largest = cv2.max(cv2.max(*cv2.split(contrast)[:2]), cv2.extractChannel(contrast, 2))
        flat = (largest < np.float32(FLAT)).view(np.uint8) & known
        return cls(color, noise, known, np.float32(1) / variance, np.asarray(log_scale, np.float32), flat)

    @property
    def size_wh(self) -> SizeWH:
        """Width and height of the grid in cells."""
        return self.color.shape[1], self.color.shape[0]

    def with_color(self, color: F32, known: U8) -> Plate:
        """The same room with other colours."""
        return Plate.of(color, self.noise, known)

    def warped(self, matrix: F32) -> Plate:
        """The plate for a camera that has moved: ``matrix``, float32 (2, 3), leads from a new cell to its old place.

        What comes into view is unknown.
        """
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        color = cv2.warpAffine(self.color, matrix, self.size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        inside = cv2.warpAffine(self.known * np.uint8(255), matrix, self.size_wh, flags=flags)
        return self.with_color(np.asarray(color, np.float32), (inside == 255).view(np.uint8))
