"""OpenCV for the whole engine: thread settings, cached halving, resampling, mixing."""

from __future__ import annotations

import weakref
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8

T = TypeVar("T", np.uint8, np.float32)

NOTHING = cast("F32", None)
"""None for optional array arguments of OpenCV, whose stubs do not allow it."""
KEPT = 16
"""Cache size: frames in flight between the stages that need their halves, queues included."""
_halves: tuple[tuple[weakref.ref[U8], U8], ...] = ()
"""Cache of halved read-only pictures that are still in use. Replaced as a whole: threads share it without a lock."""


def one_thread_each() -> None:
    """Make OpenCV compute in the calling thread.

    Every stage has its own thread already. On pictures of a few megapixels OpenCV's thread pool saves no time, and its
    idle threads spin: a third of the CPU time, measured at 1280x720.
    """
    cv2.setNumThreads(1)


def halved(pixels: U8) -> U8:
    """``pixels`` at half size, each pixel the mean of four: bilinear at a factor of two, fast for odd sides as well.

    Several stages need the half of every frame: the half of a read-only picture is cached while the picture is in use.
    """
    global _halves
    for whole, half in _halves:
        if whole() is pixels:
            return half
    half_wh = max(1, pixels.shape[1] // 2), max(1, pixels.shape[0] // 2)
    half = np.asarray(cv2.resize(pixels, half_wh, interpolation=cv2.INTER_LINEAR), np.uint8)
    if not pixels.flags.writeable:
        half.flags.writeable = False
        in_use = [pair for pair in _halves if pair[0]() is not None]
        _halves = ((weakref.ref(pixels), half), *in_use[: KEPT - 1])
    return half


def resampled(picture: NDArray[T], size_wh: tuple[int, int], scale_xy: tuple[float, float] | None = None) -> NDArray[T]:
    """``picture``, (h, w) or (h, w, c), scaled by ``scale_xy``, bilinear, cropped to ``size_wh``.

    ``scale_xy`` None: fills ``size_wh``. Same result as ``cv2.resize``, which takes twice as long for uint8.
    """
    scale_x, scale_y = scale_xy or (size_wh[0] / picture.shape[1], size_wh[1] / picture.shape[0])
    # the centre of pixel i lies at (i + 1/2) / scale - 1/2
    matrix = np.array([[1 / scale_x, 0, 0.5 / scale_x - 0.5], [0, 1 / scale_y, 0.5 / scale_y - 0.5]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cast("NDArray[T]", cv2.warpAffine(picture, matrix, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE))


def at_most(picture: U8, side: int) -> U8:
    """Uint8 ``picture``, (H, W) or (H, W, 3), scaled down to at most ``side`` pixels a side, each of them a mean."""
    height, width = picture.shape[:2]
    scale = min(1.0, side / max(height, width))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def mixed(over: F32, under: F32, alpha: F32) -> F32:
    """``alpha * over + (1 - alpha) * under``, all of one shape. In one array: it costs its passes over memory."""
    out = over - under
    out *= alpha
    out += under
    return out
