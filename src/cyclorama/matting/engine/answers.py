"""What a run of the network answered: checked, believed or not, and brought to the grid that is kept between frames."""

from __future__ import annotations

import logging

import cv2
import numpy as np

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, Frame, SizeWH
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.downscale import size_of
from cyclorama.matting.engine.runner import Run

log = logging.getLogger(__name__)

GRID_CELLS = 40_000
"""Cells of the grid on which a coarse alpha is kept between frames: as fine as the networks' own."""
SURE_ROOM = 0.1
"""Alpha below this is surely room."""
LEAST_ROOM = 0.005
"""Share of the frame that must surely be room."""


class Answers:
    """Knows whether the network has returned any room so far."""

    def __init__(self) -> None:
        self._room_seen = self._told = False

    def alpha(self, run: Run, info: ModelInfo, frame: Frame) -> F32:
        """The alpha of a finished run on a frame as large as ``frame``, on the grid; a fine one on its own.

        Raises ModelError for a run that failed and for an alpha that cannot be used.
        """
        if isinstance(run.error, ModelError):
            raise run.error
        if run.error is not None:  # whatever an adapter did not map
            raise ModelError(
                f"the network {info.name} failed on frame {frame.seq} ({run.error}): try another --model"
            ) from run.error
        alpha = self._believed(checked(run.alpha, info, frame.size_wh), info)
        return alpha if info.fine else on_grid(alpha, frame.size_wh)

    def _believed(self, alpha: F32, info: ModelInfo) -> F32:
        """Return ``alpha``, or all zeros where it has no room at all: a hand before the lens, or a broken network.

        Raises ModelError where the network has not returned any room so far.
        """
        if np.count_nonzero(alpha < np.float32(SURE_ROOM)) >= LEAST_ROOM * alpha.size:
            self._room_seen = True
            return alpha
        what = f"the network {info.name} takes the whole picture for a person"
        if not self._room_seen:
            raise ModelError(f"{what}: let it see some of the room, or try another --model")
        if not self._told:
            self._told = True
            log.warning("%s: nobody is shown until it sees some of the room", what)
        return np.zeros_like(alpha)


def on_grid(alpha: F32, frame_wh: SizeWH) -> F32:
    """Resample a coarse alpha to the grid of a ``frame_wh`` picture."""
    grid_wh = size_of(*frame_wh, GRID_CELLS)
    larger = alpha.shape[1] >= 2 * grid_wh[0]  # up to a factor of two, bilinear does not alias
    resampling = cv2.INTER_AREA if larger else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(alpha, grid_wh, interpolation=resampling), np.float32)


def checked(alpha: F32 | None, info: ModelInfo, frame_wh: SizeWH) -> F32:
    """Return ``alpha``. Raises ModelError where it is no valid alpha of ``info``'s network for a ``frame_wh`` frame."""
    name = f"the network {info.name}"
    if not isinstance(alpha, np.ndarray) or alpha.dtype != np.float32 or alpha.ndim != 2 or alpha.size == 0:
        shape = f"{getattr(alpha, 'dtype', type(alpha).__name__)} {getattr(alpha, 'shape', '')}"
        raise ModelError(f"{name} returned {shape} and not a float32 (h, w) alpha: try another --model")
    if not info.fits(alpha, frame_wh):
        size, frame = ("x".join(map(str, sides)) for sides in (alpha.shape[::-1], frame_wh))
        raise ModelError(
            f"{name} returned an alpha of {size}, which does not fit a picture of {frame}: try another --model"
        )
    low, high = float(alpha.min()), float(alpha.max())
    if not (low >= 0 and high <= 1):  # also false for NaN
        raise ModelError(
            f"{name} returned values from {low} to {high}, outside 0 to 1: try another --model or provider"
        )
    return alpha
