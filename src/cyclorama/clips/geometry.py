"""How a decoded frame lies, by its file's display matrix (ISO/IEC 14496-12, 8.3.2), and the shape of its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from av.video.frame import VideoFrame

from cyclorama.clips.side_data import side_data
from cyclorama.core.frames import U8, SizeWH

SQUARE = Fraction(1)
MOST_ASPECT = 8
"""No format has pixels further from square ones than this: a damaged header says so."""
OBLIQUE = 0.02
"""A part of the matrix beside a right angle's that is larger than this share of it (a degree) is a turn of its own."""


@dataclass(frozen=True, slots=True)
class Orientation:
    """How the stored picture becomes the upright one: transposed first, then flipped.

    ``oblique``: the matrix is of another angle, and this is the nearest of the eight.
    """

    transposed: bool = False
    flips_x: bool = False
    flips_y: bool = False
    oblique: bool = False

    def size(self, size_wh: SizeWH) -> SizeWH:
        """``size_wh`` once it is upright; and back again."""
        return size_wh[::-1] if self.transposed else size_wh

    def upright(self, pixels: U8) -> U8:
        """Uint8 ``pixels`` (H, W[, C]) upright; contiguous."""
        if self.transposed:
            pixels = np.asarray(cv2.transpose(pixels), np.uint8)
        if self.flips_x or self.flips_y:
            axis = -1 if self.flips_x and self.flips_y else int(self.flips_x)
            pixels = np.asarray(cv2.flip(pixels, axis), np.uint8)
        return np.ascontiguousarray(pixels)  # rows of odd widths come padded


AS_STORED = Orientation()


def orientation_of(frame: VideoFrame) -> Orientation:
    """The orientation of ``frame``: of the eight, the one nearest to its matrix."""
    matrix = side_data(frame, "DISPLAYMATRIX")
    if matrix is None:
        return AS_STORED
    # x' = a x + c y, y' = b x + d y, with y downwards
    a, b, _, c, d = matrix[:5].tolist()
    straight, crossed = abs(a) + abs(d), abs(b) + abs(c)
    oblique = min(straight, crossed) > OBLIQUE * max(straight, crossed)
    if crossed > straight:
        return Orientation(True, c < 0, b < 0, oblique)
    return Orientation(False, a < 0, d < 0, oblique)


def is_plausible(aspect: Fraction) -> bool:
    """Whether a pixel can be of this width over height."""
    return Fraction(1, MOST_ASPECT) <= aspect <= MOST_ASPECT


def square_size(size_wh: SizeWH, aspect: Fraction) -> SizeWH:
    """The size with square pixels of a picture whose pixels are ``aspect`` as wide as high.

    One side grows, to an even number, and none shrinks: no detail is lost.
    """
    width, height = size_wh
    if aspect == SQUARE or not is_plausible(aspect):
        return size_wh
    if aspect > SQUARE:
        return _even(width * aspect), height
    return width, _even(height / aspect)


def upright_size(frame: VideoFrame, aspect: Fraction) -> SizeWH:
    """Width and height of the upright picture with square pixels. ``aspect``: of the pixels as they are stored."""
    return orientation_of(frame).size(square_size((frame.width, frame.height), aspect))


def _even(side: Fraction) -> int:
    return max(2, 2 * round(side / 2))
