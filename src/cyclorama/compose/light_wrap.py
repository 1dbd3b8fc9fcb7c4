"""Light wrap: light of the new background that spills over the person's edge."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.compose.low_res import SHRINK, unit
from cyclorama.core.frames import U8

REACH = 20
"""How far the light reaches inwards from the outline, in pixels of a 720-line picture."""
SOFTNESS = 32
"""Radius of the blur of the background's light, in pixels of a 720-line picture."""
STRENGTH = 0.8
"""Share of the background's light at the edge for amount 1."""


class LightWrap:
    """Computes light wrap; caches the light of a static background."""

    def __init__(self, amount: float) -> None:
        """``amount``: 0 to 1."""
        self.amount = amount
        self._background: U8 | None = None
        self._light: U8 | None = None

    def light(self, background: U8) -> U8:
        """The background's blurred light: BGR uint8 at eighth size. Cached while it is given the same array."""
        if self._light is None or background is not self._background:
            height, width = background.shape[:2]
            side = 2 * round(SOFTNESS * height / 720 / SHRINK) + 1
            # four of each 64 pixels are enough: the blur averages some hundreds
            small = cv2.resize(background, (-(-width // SHRINK), -(-height // SHRINK)), interpolation=cv2.INTER_LINEAR)
            self._light = np.asarray(cv2.blur(small, (side, side), borderType=cv2.BORDER_REPLICATE), np.uint8)
            self._background = background
        return self._light

    def spill(self, light: U8, person: U8, alpha8: U8, frame_height: int) -> U8:
        """The light to add to the person's colours, BGR uint8 (h, w, 3), all at the same eighth size.

        Screen blending, 1 - (1 - a)(1 - b), never exceeds white.
        """
        side = 2 * max(1, round(REACH * frame_height / 720 / SHRINK)) + 1
        beyond = cv2.blur(cv2.bitwise_not(alpha8), (side, side), borderType=cv2.BORDER_REPLICATE)
        # At a straight edge half of the box is outside, so twice the mean is 1; the square fades in softly.
        nearness = np.minimum(2.0 * unit(np.asarray(beyond, np.uint8)), 1.0)
        weight = nearness * nearness * np.float32(self.amount * STRENGTH / 255.0)
        dark = cv2.bitwise_not(person)
        screened = cv2.multiply(light, dark, dtype=cv2.CV_32F)
        return np.asarray((screened * cv2.merge([weight] * 3)).astype(np.uint8))
