"""Convert between the caller's arrays and the engine's frames."""

from __future__ import annotations

import time
from typing import Any, Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import U8, Frame

Color = Literal["bgr", "rgb"]
FILE_FPS = 30.0
"""The rate that is assumed of a file's frames that come without a time."""
LATEST_S = 1e12
"""Times beyond it are no seconds: milliseconds since 1970 lie near."""
SWAPPED = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}
"""OpenCV's conversion by number of channels; the same in both directions."""


class FrameFeed:
    """Makes frames from arrays: copies them, so that the caller may reuse the memory, and sets number and time."""

    def __init__(self, color: Color, fps: float | None) -> None:
        """``color``: channel order of input and output. ``fps``: rate of a live picture; None: frames of a file, whose
        times do not depend on the processing speed. Raises SettingsError."""
        if color not in get_args(Color):
            raise SettingsError(f"color {color!r} is not one of {', '.join(get_args(Color))}")
        self._color = color
        self._live = fps is not None
        self._seq = -1

    def frame(self, picture: NDArray[Any], time_s: float | None) -> Frame:
        """The next frame. ``picture``: uint8 (H, W, 3). Raises CaptureError for anything else, and for what is
        no time."""
        self._seq += 1
        shape, kind = getattr(picture, "shape", None), getattr(picture, "dtype", type(picture).__name__)
        if shape is None or kind != np.uint8 or len(shape) != 3 or shape[2] != 3 or 0 in shape:
            raise CaptureError(f"a frame has to be uint8 (H, W, 3), and this is {kind} {shape or ''}: convert it first")
        if time_s is None:
            time_s = time.monotonic() if self._live else self._seq / FILE_FPS
        if not isinstance(time_s, int | float | np.number) or not abs(time_s) < LATEST_S:  # NaN neither
            raise CaptureError(f"time_s {time_s!r} is no time: give seconds, which rise from frame to frame")
        pixels = picture.copy(order="C") if self._color == "bgr" else self.given_back(picture)
        return Frame(pixels, self._seq, round(float(time_s) * 1e9))

    def given_back(self, pixels: U8) -> U8:
        """A copy of ``pixels``, uint8 (H, W) or (H, W, 3 or 4), in the caller's channel order."""
        if self._color == "bgr" or pixels.ndim == 2:
            return pixels.copy()
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(pixels), SWAPPED[pixels.shape[2]]), np.uint8)
