"""How large a product's picture becomes, and where in it the product stands."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.errors import ModelError
from cyclorama.frames import U8
from cyclorama.stills.product_spec import ShopSpec

SOLID = 128
"""Alpha from which a pixel counts as product, of 255."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A square of ``side`` pixels. A pixel (x, y) of the photo lies at ``scale * (x, y) + offset`` in it.

    ``box``: left, top, right and bottom of the product in the photo, in pixels, the latter two beyond it. ``cut``: the
    sides of the photo that cut it off.
    """

    side: int
    scale: float
    offset: tuple[float, float]
    box: tuple[int, int, int, int]
    cut: tuple[str, ...]


def lay_out(alpha8: U8, shop: ShopSpec, side: int | None = None) -> Layout:
    """The product of a photo, by its alpha (uint8, (H, W)), centred and as large as ``shop`` wants it.

    ``side``: of the square, in pixels; None: as many as the photo's own resolution gives, within what the shop takes
    and at most its usual size. Raises ModelError where there is no product.
    """
    left, top, width, height = cv2.boundingRect(np.asarray(cv2.inRange(alpha8, SOLID, 255), np.uint8))
    if width == 0:
        raise ModelError("the network finds no product that is more than a haze: try another --model")
    longest = max(width, height)
    own = round(longest / shop.aim)
    if side is None:
        side = min(max(own, shop.min_side), shop.side)
    scale = 1.0 if side == own else shop.aim * side / longest  # nothing is resampled for a fraction of a pixel
    offset = side / 2 - scale * (left + width / 2), side / 2 - scale * (top + height / 2)
    right, bottom = left + width, top + height
    touched = {
        "left": left == 0,
        "top": top == 0,
        "right": right == alpha8.shape[1],
        "bottom": bottom == alpha8.shape[0],
    }
    cut = tuple(name for name, touches in touched.items() if touches)
    return Layout(side, scale, offset, (left, top, right, bottom), cut)
