"""Padding and checks of pictures that several sinks share."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8, Composite, SizeWH
from cyclorama.sinks.base import OutputFormat


def even_size(size_wh: SizeWH) -> SizeWH:
    """The size with odd sides rounded up: pictures with halved colour planes have even sides."""
    return size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2


def pad_to_even(pixels: U8) -> U8:
    """Pixels (H, W[, C]) with the last column and row repeated where a side is odd; the same array where none is."""
    height, width = pixels.shape[:2]
    if height % 2 == 0 and width % 2 == 0:
        return pixels
    padded = cv2.copyMakeBorder(pixels, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    return np.asarray(padded, np.uint8)


def to_i420(pixels: U8) -> U8:
    """BGR uint8 (H, W, 3) of even sides as I420 uint8 (H * 3/2, W) of limited range with the BT.601 matrix."""
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420), np.uint8)


def check_composite(composite: Composite, output: OutputFormat, sink: str) -> None:
    """Raise SinkError where ``composite`` is not of the size and layout that ``sink`` was opened with."""
    if composite.layout is not output.layout or composite.size_wh != output.size_wh:
        width, height = output.size_wh
        raise SinkError(
            f"{sink} was opened for {width}x{height} {output.layout.value} pictures and was given "
            f"{composite.size_wh[0]}x{composite.size_wh[1]} {composite.layout.value}: close it and open it again"
        )
