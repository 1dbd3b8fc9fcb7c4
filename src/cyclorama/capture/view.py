"""A crop with sub-pixel borders, and its resampling to the output's size."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import U8, SizeWH


@dataclass(frozen=True, slots=True)
class View:
    """A rectangle of a picture in its pixels: centre and height; the width follows from ``aspect``."""

    x: float
    y: float
    height: float
    aspect: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.height * self.aspect

    def inside(self, picture_wh: SizeWH) -> View:
        """The same view moved into the picture, and shrunk where it does not fit."""
        height = min(self.height, widest(picture_wh, self.aspect).height)
        half_w, half_h = height * self.aspect / 2, height / 2
        x = min(max(self.x, half_w), picture_wh[0] - half_w)
        y = min(max(self.y, half_h), picture_wh[1] - half_h)
        return View(x, y, height, self.aspect)


def widest(picture_wh: SizeWH, aspect: float) -> View:
    """The largest view of a picture, centred."""
    width, height = picture_wh
    return View(width / 2, height / 2, min(height, width / aspect), aspect)


def by_hand(picture_wh: SizeWH, aspect: float, zoom: float, pan_xy: tuple[float, float]) -> View:
    """The widest view divided by ``zoom``; ``pan_xy`` moves it, from -1 (to the left or upper border) to 1."""
    height = widest(picture_wh, aspect).height / zoom
    spare_x, spare_y = picture_wh[0] - height * aspect, picture_wh[1] - height
    return View((picture_wh[0] + spare_x * pan_xy[0]) / 2, (picture_wh[1] + spare_y * pan_xy[1]) / 2, height, aspect)


def cut(pixels: U8, view: View, size_wh: SizeWH) -> U8:
    """``view`` of a picture, uint8 (H, W, 3) or (H, W), at ``size_wh``.

    Borders may lie between pixels, so that a slow move does not go in steps. To shrink, whole blocks of pixels are
    averaged first, on a grid that does not move with the view; the rest is bilinear.
    """
    left, top = view.x - view.width / 2, view.y - view.height / 2
    scale_x, scale_y = view.width / size_wh[0], view.height / size_wh[1]
    block = math.floor(min(scale_x, scale_y) + 1e-6)
    if block > 1:
        pixels, (left, top) = _averaged(pixels, left, top, view, block)
        scale_x, scale_y = scale_x / block, scale_y / block
    matrix = np.array([[scale_x, 0, left + scale_x / 2 - 0.5], [0, scale_y, top + scale_y / 2 - 0.5]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(pixels, matrix, size_wh, flags=how, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _averaged(pixels: U8, left: float, top: float, view: View, block: int) -> tuple[U8, tuple[float, float]]:
    """The blocks that ``view`` touches, each averaged to one pixel, and the view's left and top in these pixels."""
    height, width = pixels.shape[:2]
    first_x, first_y = max(0, math.floor(left / block)), max(0, math.floor(top / block))
    end_x = min(width // block, math.ceil((left + view.width) / block) + 1)
    end_y = min(height // block, math.ceil((top + view.height) / block) + 1)
    part = pixels[first_y * block : end_y * block, first_x * block : end_x * block]
    small = cv2.resize(part, (end_x - first_x, end_y - first_y), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), (left / block - first_x, top / block - first_y)
