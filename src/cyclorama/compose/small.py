"""A quarter-size copy of the part of a picture around the person, and the way back to full size.

Colours that change slowly are estimated there at a sixteenth of the cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.compose.blend import Block
from cyclorama.frames import F32, U8

SHRINK = 4


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a picture whose corner lies on a multiple of ``SHRINK``."""

    rows: slice
    columns: slice

    @property
    def block(self) -> Block:
        """For indexing a picture."""
        return self.rows, self.columns

    @property
    def small_block(self) -> Block:
        """For indexing a quarter-size picture."""
        return (
            slice(self.rows.start // SHRINK, -(-self.rows.stop // SHRINK)),
            slice(self.columns.start // SHRINK, -(-self.columns.stop // SHRINK)),
        )


def whole(alpha8: U8) -> Window:
    """All of the picture."""
    return Window(slice(0, alpha8.shape[0]), slice(0, alpha8.shape[1]))


def around_person(alpha8: U8, margin: int) -> Window | None:
    """The smallest window with all that is not transparent and ``margin`` pixels around; None for an empty matte."""
    left, top, width, height = cv2.boundingRect(alpha8)
    if width == 0 or height == 0:
        return None

    def side(start: int, length: int, end: int) -> slice:
        return slice(max(0, start - margin) // SHRINK * SHRINK, min(end, start + length + margin))

    return Window(side(top, height, alpha8.shape[0]), side(left, width, alpha8.shape[1]))


def shrink(pixels: U8) -> U8:
    """A quarter of the size, each pixel a mean; odd sides are rounded up."""
    for _ in range(2):  # twice by two is far cheaper than once by four
        half_wh = (pixels.shape[1] + 1) // 2, (pixels.shape[0] + 1) // 2
        pixels = np.asarray(cv2.resize(pixels, half_wh, interpolation=cv2.INTER_AREA), np.uint8)
    return pixels


def enlarge(small: U8, window: Window, block: Block) -> U8:
    """What ``small``, made of ``window``, shows in ``block`` of the whole picture, interpolated."""
    top, left = block[0].start - window.rows.start, block[1].start - window.columns.start
    height, width = block[0].stop - block[0].start, block[1].stop - block[1].start
    # One pixel more on each side, so that neighbouring blocks meet without a seam.
    y0, x0 = max(0, top // SHRINK - 1), max(0, left // SHRINK - 1)
    part = small[y0 : -(-(top + height) // SHRINK) + 1, x0 : -(-(left + width) // SHRINK) + 1]
    large = cv2.resize(part, (part.shape[1] * SHRINK, part.shape[0] * SHRINK), interpolation=cv2.INTER_LINEAR)
    top, left = top - y0 * SHRINK, left - x0 * SHRINK
    return np.asarray(large[top : top + height, left : left + width], np.uint8)


def unit(levels: U8) -> F32:
    """0..255 to float32 0..1."""
    return np.multiply(levels, np.float32(1 / 255), dtype=np.float32)
