"""A clip of a room with nobody in it, as a camera that stands still sees it."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

from cyclorama.background.builtin import list_builtin
from cyclorama.core.frames import SizeWH

NOISE = 1.5
"""Of the camera: its deviation, in levels."""
SHIFTS = 40
"""The noise is the same pattern, moved by up to so many pixels."""


def write_empty_room(path: Path, size_wh: SizeWH, seconds: int) -> None:
    """Write the bundled office as a clip of 30 frames a second."""
    width, height = size_wh
    wall = cv2.resize(cv2.imread(str(list_builtin()["office"])), size_wh, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(1).normal(0, NOISE, (height + SHIFTS, width + SHIFTS, 3))
    with av.open(str(path), "w") as clip:
        stream = clip.add_stream("mpeg4", rate=30, width=width, height=height, pix_fmt="yuv420p", bit_rate=4_000_000)
        for number in range(30 * seconds):
            row, column = 7 * number % SHIFTS, 11 * number % SHIFTS
            pixels = np.clip(wall + noise[row : row + height, column : column + width], 0, 255).astype(np.uint8)
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        clip.mux(stream.encode())
