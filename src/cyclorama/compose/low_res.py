"""Eighth-size copies of the block around the person, and upsampling to full size.

Colours that change slowly are estimated at low resolution.
"""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.compose.blend import Block
from cyclorama.core.frames import F32, U8
from cyclorama.core.opencv import halved, resampled

SHRINK = 8


def around_person(alpha8: U8, margin: int) -> Block | None:
    """The bounding block of alpha over 0 plus ``margin`` pixels; None for an empty matte.

    Aligned to multiples of ``SHRINK``, or to the picture's border.
    """
    left, top, width, height = cv2.boundingRect(alpha8)
    if width == 0 or height == 0:
        return None

    def side(start: int, stop: int, end: int) -> slice:
        return slice(max(0, start - margin) // SHRINK * SHRINK, min(end, -(-(stop + margin) // SHRINK) * SHRINK))

    return side(top, top + height, alpha8.shape[0]), side(left, left + width, alpha8.shape[1])


def small_block(block: Block) -> Block:
    """The part of an eighth-size picture that shows ``block``."""
    rows, columns = block
    return (
        slice(rows.start // SHRINK, -(-rows.stop // SHRINK)),
        slice(columns.start // SHRINK, -(-columns.stop // SHRINK)),
    )


def shrink(pixels: U8) -> U8:
    """Downscale to an eighth, each pixel a mean; sides are rounded up."""
    for _ in range(3):  # three times by two is far cheaper than once by eight
        half_wh = (pixels.shape[1] + 1) // 2, (pixels.shape[0] + 1) // 2
        pixels = np.asarray(cv2.resize(pixels, half_wh, interpolation=cv2.INTER_AREA), np.uint8)
    return pixels


def shrink_part(pixels: U8, block: Block) -> U8:
    """``shrink`` of a block of a picture; starts from the cached quarter of the picture."""
    rows, columns = block
    height, width = -(-(rows.stop - rows.start) // SHRINK), -(-(columns.stop - columns.start) // SHRINK)
    quarter = halved(halved(pixels))
    part = quarter[rows.start // 4 : -(-rows.stop // 4), columns.start // 4 : -(-columns.stop // 4)]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def enlarge(small: U8, shape: tuple[int, int]) -> U8:
    """Upsample an eighth-size picture to (height, width, 3), bilinear."""
    height, width = shape
    return resampled(small, (width, height), (SHRINK, SHRINK))


def add_spread(pixels: U8, small: U8) -> U8:
    """``pixels`` plus an upsampled eighth-size picture, saturated."""
    return np.asarray(cv2.add(pixels, enlarge(small, pixels.shape[:2])), np.uint8)


def unit(levels: U8) -> F32:
    """0..255 to float32 0..1."""
    return np.multiply(levels, np.float32(1 / 255), dtype=np.float32)
