"""Light of the new background that spills over the person's edge, as it would in a real room."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.compose.small import SHRINK, unit
from cyclorama.core.frames import U8

REACH = 20
"""Pixels of a 720-line picture from the outline inwards that the light reaches."""
SOFTNESS = 32
"""Pixels of a 720-line picture over which the background's light is averaged."""
STRENGTH = 0.8
"""Share of the background's light that arrives at the very edge when the amount is 1."""


class LightWrap:
    """Keeps the light of a background that does not change."""

    def __init__(self, amount: float) -> None:
        """``amount``: 0 to 1."""
        self.amount = amount
        self._background: U8 | None = None
        self._light: U8 | None = None

    def light(self, background: U8) -> U8:
        """The background's light: BGR uint8 at eighth size, soft. Kept for as long as it is given the same array."""
        if self._light is None or background is not self._background:
            height, width = background.shape[:2]
            side = 2 * round(SOFTNESS * height / 720 / SHRINK) + 1
            # four pixels of each 64 are enough: the light is the mean of some hundreds of them
            small = cv2.resize(background, (-(-width // SHRINK), -(-height // SHRINK)), interpolation=cv2.INTER_LINEAR)
            self._light = np.asarray(cv2.blur(small, (side, side), borderType=cv2.BORDER_REPLICATE), np.uint8)
            self._background = background
        return self._light

    def spill(self, light: U8, person: U8, alpha8: U8, frame_height: int) -> U8:
        """What to add to the person's colours: screened light, BGR uint8 (h, w, 3), all at the same eighth size.

        Screening (one minus the product of what each leaves dark) never passes white.
        """
        side = 2 * max(1, round(REACH * frame_height / 720 / SHRINK)) + 1
        beyond = cv2.blur(cv2.bitwise_not(alpha8), (side, side), borderType=cv2.BORDER_REPLICATE)
        # Half of the box lies beyond a straight edge, so twice the mean is 1 there; squared, it fades in softly.
        nearness = np.minimum(2.0 * unit(np.asarray(beyond, np.uint8)), 1.0)
        weight = nearness * nearness * np.float32(self.amount * STRENGTH / 255.0)
        dark = cv2.bitwise_not(person)
        screened = cv2.multiply(light, dark, dtype=cv2.CV_32F)
        return np.asarray((screened * cv2.merge([weight] * 3)).astype(np.uint8))
