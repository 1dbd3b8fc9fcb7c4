"""Frame in, matte out: the network, when it runs, and everything that happens to its alpha."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import cv2
import numpy as np

from cyclorama.errors import ModelError, SettingsError
from cyclorama.frames import F32, U8, Frame, Matte, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.edges import COARSE, FINE, EdgeRefiner
from cyclorama.matting.motion import Motion, MotionEstimator
from cyclorama.matting.quality import Adjustable, QualityControl
from cyclorama.matting.reduce import reduced
from cyclorama.matting.runner import Run, Runner, Timer
from cyclorama.matting.schedule import MAX_AGE_S, Schedule
from cyclorama.matting.temporal import TemporalFilter
from cyclorama.settings import RANGES, MattingSettings

GRID_CELLS = 40_000
"""Cells of the grid on which a coarse alpha is kept from frame to frame: as fine as the networks' own."""
FINE_SMOOTH = 0.25
"""How much less a fine alpha is smoothed over time: its network errs less, and smoothing would blur its hair."""
GAP_S = 0.5
"""Frames further apart than this have nothing to do with each other."""
MOST_LOST = 1 / 3
"""No matte is carried along once the motion since its frame has lost so much of it, summed up frame by frame. Who moves
about in a call loses a quarter in four frames; somebody who has left their place at once loses nine tenths."""
PATIENCE = 0.5
"""Of a frame's time in a live session: a network that answers within it is waited for."""


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
        self._runner = Runner(model, timer, beside=target_fps is not None or self._schedule.always)
        self._quality: QualityControl | None = None
        if target_fps is not None and settings.quality == "auto" and isinstance(model, Adjustable):
            self._quality = QualityControl(model)
        self._longest_s = PATIENCE / target_fps if target_fps else 0.0
        self._patience_s = self._longest_s
        self._motions: list[Motion | None] = []
        """Since the frame that the network last began to look at."""
        self._lost = self._run_lost = 0.0
        """Of the matte in use, since its frame; and since the frame that the network last began to look at."""
        self._was_still = False
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
            return replace(matte, alpha=self._edges.refine(np.asarray(matte.alpha, np.float32), frame.pixels))
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
        at_once = self._schedule.always and not self._runner.busy
        if at_once:  # the network works while the motion is searched for
            self._runner.start(frame)
        with self._timer("motion"):
            small = reduced(frame.pixels, GRID_CELLS)
            self._motion.see(small)
            still = self._motion.is_still()
            due = self._schedule.is_due(time_s, still=still)
            moved = not (still and self._was_still)  # on its way back, a picture that is as before has moved too
            motion = self._motion.estimate() if due or moved or self._runner.busy else None
            self._was_still = still
            if motion is not None and motion.cut:
                self._runner.reset()
                self._temporal.reset()
            if at_once:
                self._began()
            else:
                self._follow(motion)
        alpha = self._newest(frame, due=due, wait=at_once)
        with self._timer("temporal"):
            if alpha is None:
                soft = self._temporal.carry(elapsed_s, motion)
            else:
                soft = self._temporal.update(self._on_grid(alpha, small), elapsed_s, motion)
        return Matte(soft, frame.seq, self._schedule.age)

    def _follow(self, motion: Motion | None) -> None:
        """The picture moved on, away from the frames that the matte in use and the run under way are of."""
        lost = self._temporal.lost(motion) if motion is not None else 0.0
        self._lost += lost
        self._run_lost += lost
        if self._runner.busy:
            self._motions.append(motion)

    def _newest(self, frame: Frame, *, due: bool, wait: bool) -> F32 | None:
        """The newest alpha that the network has to offer, moved on to ``frame``; None: go on with what was known.

        A network that is quick enough is waited for. One that is not works beside the pipeline, and its answer is used
        a frame or more later; but it is always waited for where what was known is too old or has lost whom it shows,
        where there is nothing, or to ``wait`` is asked.
        """
        needed = wait or self._temporal.is_empty or self._schedule.is_late(frame.time_s) or self._lost > MOST_LOST
        run = self._runner.take(None if needed else 0)
        alpha = None
        late = run is not None and (frame.time_s - run.time_s >= MAX_AGE_S or self._run_lost > MOST_LOST)
        if run is not None and not (needed and late):
            alpha, needed = self._accepted(run, frame), False
            if wait:
                return alpha
        if (due or needed) and not self._runner.busy:
            self._runner.start(frame)
            self._began()
            run = self._runner.take(None if needed else self._patience_s)
            if run is not None:
                alpha = self._accepted(run, frame)
        return alpha

    def _began(self) -> None:
        """The network began to look at the newest frame."""
        self._schedule.began()
        self._motion.mark()
        self._motions.clear()
        self._run_lost = 0.0

    def _accepted(self, run: Run, frame: Frame) -> F32:
        """The alpha of a run, moved on to ``frame``. Raises ModelError for a run that failed."""
        if isinstance(run.error, ModelError):
            raise run.error
        if run.error is not None:  # whatever an adapter let through
            raise ModelError(
                f"the network {self._model.info.name} failed on frame {frame.seq} ({run.error}): try another --model"
            ) from run.error
        alpha = checked(run.alpha)
        self._schedule.ran(run.time_s, run.cost_s)
        self._lost = self._run_lost
        if self._quality is not None:
            self._quality.took(run.cost_s)
        self._patience_s = self._longest_s if run.cost_s <= self._longest_s else 0.0
        for motion in self._motions:
            if motion is not None:
                alpha = motion.carry(alpha)
        return alpha

    def _on_grid(self, alpha: F32, small: U8) -> F32:
        """A coarse alpha on the grid, a fine one as it is."""
        if self._model.info.fine:
            return alpha
        grid_wh = small.shape[1], small.shape[0]
        larger = alpha.shape[1] >= 2 * grid_wh[0]  # up to a factor of two, bilinear misses no cell
        return np.asarray(
            cv2.resize(alpha, grid_wh, interpolation=cv2.INTER_AREA if larger else cv2.INTER_LINEAR), np.float32
        )

    def reset(self) -> None:
        """Forget everything about earlier frames (resume, another source)."""
        self._forget()
        self._runner.reset()

    def _forget(self) -> None:
        self._motion.reset()
        self._schedule.reset()
        self._temporal.reset()
        self._motions.clear()
        self._lost = self._run_lost = 0.0
        self._was_still = False
        self._size_wh = None

    def close(self) -> None:
        """Forget the pictures, and wait a little for a network at work; a second call does nothing."""
        self._forget()
        self._runner.close()


def checked(alpha: F32 | None) -> F32:
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
    for name in ("every", "smooth", "edge", "threshold"):
        value, (low, high) = getattr(settings, name), RANGES[name]
        if not low <= value <= high:
            raise SettingsError(f"{name} is {value}: it has to lie between {low} and {high}")
