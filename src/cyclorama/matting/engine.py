"""Frame in, matte out: the network, when it runs, and everything that happens to its alpha."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import cv2
import numpy as np

from cyclorama.errors import ModelError, SettingsError
from cyclorama.frames import F32, Frame, Matte, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.edges import COARSE, FINE, EdgeRefiner
from cyclorama.matting.motion import MotionEstimator
from cyclorama.matting.reduce import reduced
from cyclorama.matting.schedule import Schedule
from cyclorama.matting.temporal import TemporalFilter
from cyclorama.settings import MattingSettings

GRID_CELLS = 65_000
"""Cells of the grid on which a coarse alpha is kept from frame to frame: a little finer than the networks' own."""
FINE_SMOOTH = 0.25
"""How much less a fine alpha is smoothed over time: its network errs less, and smoothing would blur its hair."""
GAP_S = 0.5
"""Frames further apart than this have nothing to do with each other."""

Timer = Callable[[str], AbstractContextManager[None]]


def no_timer(stage: str) -> AbstractContextManager[None]:
    """Times nothing."""
    return nullcontext()


class MattingEngine:
    """A model with its schedule, temporal smoothing and edges.

    A pipeline shares the work between two threads: ``coarse`` in the one, ``refine`` in the next. Everything else is
    used by the first alone.
    """

    def __init__(
        self,
        model: MattingModel,
        settings: MattingSettings,
        *,
        target_fps: float | None = None,
        timer: Timer = no_timer,
    ) -> None:
        """``target_fps``: the rate to hold in a live session; None for files, where every frame is worth the network.

        The model stays the caller's to close. ``timer``: times the stages ``motion``, ``network`` (where it runs) and
        ``temporal``. Raises SettingsError for a setting out of its range.
        """
        _check(settings)
        self._model = model
        self._timer = timer
        self._motion = MotionEstimator()
        self._schedule = Schedule(settings.every, target_fps)
        fine = model.info.fine
        self._temporal = TemporalFilter(settings.smooth * (FINE_SMOOTH if fine else 1))
        self._edges = EdgeRefiner(settings.edge, settings.threshold, FINE if fine else COARSE)
        self._size_wh: SizeWH | None = None
        self._time_s = 0.0

    @property
    def info(self) -> ModelInfo:
        """What runs."""
        return self._model.info

    def matte(self, frame: Frame) -> Matte:
        """The alpha of ``frame``, of its full size: both steps at once. Raises ModelError."""
        return self.refine(frame, self.coarse(frame))

    def coarse(self, frame: Frame) -> Matte:
        """The alpha of ``frame`` on a small grid: network, motion and smoothing.

        Raises ModelError when the network fails or returns nonsense; nothing of earlier frames is used after that.
        """
        try:
            return self._coarse(frame)
        except ModelError:
            self._forget()
            raise

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        """What ``coarse`` gave for ``frame``, brought to its full size along the picture's edges. Raises ModelError."""
        try:
            return replace(matte, alpha=self._edges.refine(matte.alpha, frame.pixels))
        except Exception as error:  # nothing of a frame whose edges failed may be shown
            raise ModelError(
                f"the edges of frame {frame.seq} could not be refined ({error}): try a smaller --size"
            ) from error

    def _coarse(self, frame: Frame) -> Matte:
        time_s = frame.time_s
        elapsed_s = time_s - self._time_s
        if self._size_wh is not None and (frame.size_wh != self._size_wh or not 0 <= elapsed_s <= GAP_S):
            self.reset()
        self._size_wh, self._time_s = frame.size_wh, time_s
        with self._timer("motion"):
            small = reduced(frame.pixels, GRID_CELLS)
            self._motion.see(small)
            still = self._motion.is_still()
            due = self._schedule.is_due(time_s, still=still)
            motion = self._motion.estimate() if due or not still else None
        if motion is not None and motion.cut:
            self._model.reset()
            self._temporal.reset()
        if due or self._temporal.is_empty:
            alpha = self._predict(frame, (small.shape[1], small.shape[0]))
            self._motion.mark()
            with self._timer("temporal"):
                soft = self._temporal.update(alpha, elapsed_s, motion)
        else:
            with self._timer("temporal"):
                soft = self._temporal.carry(elapsed_s, motion)
        return Matte(soft, frame.seq, self._schedule.age)

    def _predict(self, frame: Frame, grid_wh: SizeWH) -> F32:
        """What the network says: a coarse alpha on the grid, a fine one as it is."""
        begin = time.perf_counter()
        with self._timer("network"):
            try:
                alpha = checked(self._model.predict(frame).alpha)
            except ModelError:
                raise
            except Exception as error:  # whatever an adapter let through
                raise ModelError(
                    f"the network {self._model.info.name} failed on frame {frame.seq} ({error}): try another --model"
                ) from error
        self._schedule.ran(frame.time_s, time.perf_counter() - begin)
        if self._model.info.fine:
            return alpha
        larger = alpha.shape[1] >= 2 * grid_wh[0]  # up to a factor of two, bilinear misses no cell
        return np.asarray(
            cv2.resize(alpha, grid_wh, interpolation=cv2.INTER_AREA if larger else cv2.INTER_LINEAR), np.float32
        )

    def reset(self) -> None:
        """Forget everything about earlier frames (resume, another source)."""
        self._forget()
        self._model.reset()

    def _forget(self) -> None:
        self._motion.reset()
        self._schedule.reset()
        self._temporal.reset()
        self._size_wh = None

    def close(self) -> None:
        """Forget the pictures; a second call does nothing."""
        self._forget()


def checked(alpha: F32) -> F32:
    """``alpha`` as it is, or ModelError where a network returned what is no alpha."""
    if not isinstance(alpha, np.ndarray) or alpha.dtype != np.float32 or alpha.ndim != 2 or alpha.size == 0:
        shape = f"{getattr(alpha, 'dtype', type(alpha).__name__)} {getattr(alpha, 'shape', '')}"
        raise ModelError(f"the network returned {shape} and not a float32 (h, w) alpha: try another --model")
    low, high = float(alpha.min()), float(alpha.max())
    if not (low >= 0 and high <= 1):  # also false for NaN
        raise ModelError(
            f"the network returned values from {low} to {high}, outside 0 to 1: try another --model or provider"
        )
    return alpha


def _check(settings: MattingSettings) -> None:
    for name, value, low, high in (
        ("every", settings.every, 0, 60),
        ("smooth", settings.smooth, 0, 1),
        ("edge", settings.edge, -20, 20),
        ("threshold", settings.threshold, 0.05, 0.95),
    ):
        if not low <= value <= high:
            raise SettingsError(f"{name} is {value}: it has to lie between {low} and {high}")
