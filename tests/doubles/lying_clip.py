"""Clips whose display matrix says how they are to be turned and mirrored."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from cyclorama.core.frames import U8

RED, GREEN, BLUE, WHITE = (0, 0, 250), (0, 250, 0), (250, 0, 0), (250, 250, 250)
SIZE_WH = (64, 32)
ONE = 1 << 16
EIGHT = {
    "as it lies": ((ONE, 0, 0, ONE), [[RED, GREEN], [BLUE, WHITE]]),
    "mirrored": ((-ONE, 0, 0, ONE), [[GREEN, RED], [WHITE, BLUE]]),
    "upside down": ((-ONE, 0, 0, -ONE), [[WHITE, BLUE], [GREEN, RED]]),
    "flipped": ((ONE, 0, 0, -ONE), [[BLUE, WHITE], [RED, GREEN]]),
    "transposed": ((0, ONE, ONE, 0), [[RED, BLUE], [GREEN, WHITE]]),
    "to the right": ((0, ONE, -ONE, 0), [[BLUE, RED], [WHITE, GREEN]]),
    "transversed": ((0, -ONE, -ONE, 0), [[WHITE, GREEN], [BLUE, RED]]),
    "to the left": ((0, -ONE, ONE, 0), [[GREEN, WHITE], [RED, BLUE]]),
}
"""Of the display matrix a, b, c, d; and the colours of the four quarters of the upright picture."""


def quarters() -> U8:
    """A picture whose quarters are red, green, blue and white."""
    small = np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8)
    return np.asarray(cv2.resize(small, SIZE_WH, interpolation=cv2.INTER_NEAREST), np.uint8)


def colors_of(pixels: U8) -> list[list[tuple[int, ...]]]:
    """The colours of a picture's quarters, each to the nearest 250."""
    height, width = pixels.shape[:2]
    rows = ((pixels[y, x] for x in (width // 4, 3 * width // 4)) for y in (height // 4, 3 * height // 4))
    return [[tuple(250 * round(int(value) / 250) for value in np.atleast_1d(pixel)) for pixel in row] for row in rows]


def lying(
    path: Path,
    matrix: tuple[int, int, int, int],
    *,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    **of_codec: Any,
) -> Path:
    """A clip of three such pictures with this display matrix; red is transparent where the codec has transparency."""
    a, b, c, d = matrix
    picture = np.dstack([quarters(), np.where((quarters() == RED).all(axis=2), 0, 255).astype(np.uint8)])
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10, options={"crf": "10", "bf": "0"} if codec == "libx264" else {})
        stream.width, stream.height, stream.pix_fmt = *SIZE_WH, pixel_format
        for key, value in of_codec.items():
            setattr(stream.codec_context, key, value)
        stream.set_display_matrix((a, b, 0, c, d, 0, 0, 0, 1 << 30))
        for index in range(3):
            frame = av.VideoFrame.from_ndarray(picture, format="bgra")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
