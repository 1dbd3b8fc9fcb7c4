"""How large a product's picture becomes, and where in it the product stands."""

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
"""Alpha from which a pixel counts as product, of 255."""
SOFT = 4
"""Pixels of the picture around the product that go with it: what is resampled there fades out."""


@dataclass(frozen=True, slots=True)
class ProductLayout:
    """A square with the product in its middle. ``box``: of what is solid in the photo. ``cut``: the sides on which the
    photo cuts the product off."""

    placing: Placement
    box: Box
    cut: tuple[str, ...]

    @property
    def side(self) -> int:
        """Of the square, in pixels."""
        return self.placing.size_wh[0]

    @property
    def scale(self) -> float:
        """Pixels of the square to one of the photo, in one direction: above 1 it is enlarged."""
        return self.placing.scale


def lay_out_product(alpha8: U8, shop: ShopSpec, side: int | None = None) -> ProductLayout:
    """The product of a photo, by its alpha (uint8, (H, W)), centred and as large as ``shop`` wants it.

    ``side``: of the square, in pixels; None: as many as the photo's own resolution gives, within what the shop takes
    and at most its usual size. Raises ModelError where there is no product.
    """
    height, width = alpha8.shape
    left, top, right, bottom = box = _box(np.asarray(cv2.inRange(alpha8, SOLID, 255), np.uint8))
    longest = max(right - left, bottom - top)
    if longest == 0:
        raise ModelError("the network finds no product that is more than a haze: try another --model")
    own = round(longest / shop.aim)
    if side is None:
        side = min(max(own, shop.min_side), shop.side)
    scale = 1.0 if side == own else shop.aim * side / longest  # nothing is resampled for a fraction of a pixel
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
    left, top, width, height = cv2.boundingRect(alpha8)
    return left, top, left + width, top + height
