"""Choose the size of a product's picture, and the scale and position of the product in it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.layout import Box, Placement
from cyclorama.stills.product.spec import ShopSpec

SOLID = 128
"""Alpha (0 to 255) from which a pixel counts as product."""
SOFT = 4
"""Margin in pixels of the output around the product that is resampled with it, so that its edge fades out."""


@dataclass(frozen=True, slots=True)
class ProductLayout:
    """The placement of a product in the centre of a square. ``box``: the bounding box of its solid pixels in the photo.
    ``cut``: the sides on which the border of the photo cuts it off."""

    placing: Placement
    box: Box
    cut: tuple[str, ...]

    @property
    def side(self) -> int:
        """Side of the square in pixels."""
        return self.placing.size_wh[0]

    @property
    def scale(self) -> float:
        """Pixels of the square per pixel of the photo, in one direction; above 1 the product is enlarged."""
        return self.placing.scale


def lay_out_product(alpha8: U8, shop: ShopSpec, side: int | None = None) -> ProductLayout:
    """Centre the product of a photo with this alpha, uint8 (H, W), at the size that ``shop`` recommends.

    ``side``: of the square in pixels; None keeps the resolution of the photo, within the limits of the shop and up to
    its usual side. Raises ModelError where no pixel is solid.
    """
    height, width = alpha8.shape
    left, top, right, bottom = box = _box(np.asarray(cv2.inRange(alpha8, SOLID, 255), np.uint8))
    longest = max(right - left, bottom - top)
    if longest == 0:
        raise ModelError("the network finds no product that is more than a haze: try another --model")
    own = round(longest / shop.aim)
    if side is None:
        side = min(max(own, shop.min_side), shop.side)
    scale = 1.0 if side == own else shop.aim * side / longest  # do not resample for a fraction of a pixel
    margin = math.ceil(SOFT / scale)
    seen = _box(alpha8)
    soft = (
        max(0, seen[0] - margin),
        max(0, seen[1] - margin),
        min(width, seen[2] + margin),
        min(height, seen[3] + margin),
    )
    offset = round(side / 2 - scale * (left + right) / 2), round(side / 2 - scale * (top + bottom) / 2)
    touched = {"left": left == 0, "top": top == 0, "right": right == width, "bottom": bottom == height}
    cut = tuple(name for name, touches in touched.items() if touches)
    return ProductLayout(Placement((side, side), scale, offset, soft, stands=bottom < height), box, cut)


def _box(alpha8: U8) -> Box:
    """The bounding box of all pixels that are not 0."""
    left, top, width, height = cv2.boundingRect(alpha8)
    return left, top, left + width, top + height
