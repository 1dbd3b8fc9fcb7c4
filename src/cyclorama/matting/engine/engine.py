"""The matting engine: frame in, matte out."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

import numpy as np

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import U8, Frame, Matte, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.engine.answers import Answers
from cyclorama.matting.engine.carry import Carried, Track
from cyclorama.matting.engine.edges import COARSE, FINE, EdgeRefiner
from cyclorama.matting.engine.motion import MotionEstimator
from cyclorama.matting.engine.room.capture import Capture
from cyclorama.matting.engine.room.room import Room
from cyclorama.matting.engine.room.state import OTHER_NETWORK, TURNED_OFF, RoomState
from cyclorama.matting.engine.runner import Run, Runner, Timer
from cyclorama.matting.engine.schedule import MAX_AGE_S, Schedule
from cyclorama.matting.engine.temporal import TemporalFilter
from cyclorama.matting.quality import QualityControl
from cyclorama.settings.values import MattingSettings, Trim

log = logging.getLogger(__name__)

FINE_SMOOTH = 0.25
"""Factor on the smoothing of a fine alpha: its network flickers less, and smoothing would blur hair."""
GAP_S = 0.5
"""A longer gap between two frames resets the engine."""
MOST_LOST = 1 / 3
"""Wait for the network once this share of the matte is lost or doubtful. A person who moves in a call loses a hundredth
in four frames; one who leaves at once loses nine tenths."""
ASK_LOST = 0.005
"""Run the network at once when this share of the matte is lost: a mouth that opens wide is as much."""
PATIENCE = 0.5
"""Share of a frame interval in a live session: a run that finishes within it is waited for."""


def no_timer(stage: str) -> AbstractContextManager[None]:
    """Times nothing."""
    return nullcontext()


class MattingEngine:
    """A model with its schedule, temporal smoothing and edge refinement.

    A pipeline calls ``coarse`` in one thread and ``refine`` in the next. All other methods belong to the first thread.
    """

    def __init__(
        self,
        model: MattingModel,
        settings: MattingSettings,
        *,
        target_fps: float | None = None,
        timer: Timer = no_timer,
    ) -> None:
        """``target_fps``: the rate to hold in a live session; None for files, where the network runs for every frame.

        The caller closes the model. ``timer``: times the stages ``motion``, ``network`` (where it runs),
        ``temporal`` and ``room``.
        """
        self._model = model
        self._timer = timer
        self._motion = MotionEstimator()
        self._target_fps = target_fps
        self._settings = settings
        self._schedule = Schedule(settings.every, target_fps)
        self._temporal = TemporalFilter(self._smooth(settings), doubt=not model.info.fine)
        self._edges = self._refiner(settings)
        self._room = Room(by_itself=self._learns_alone(settings), span=self._span_of(settings))
        self._runner = Runner(model, timer, beside=target_fps is not None or self._schedule.always)
        self._quality: QualityControl | None = None
        if target_fps is not None and settings.quality == "auto" and model.costs:
            self._quality = QualityControl(model)
        self._longest_s = PATIENCE / target_fps if target_fps else 0.0
        self._patience_s = self._longest_s
        self._run_track: Track | None = None
        """The track of the frame of the newest run."""
        self._lost = 0.0
        """Share of the newest matte that the picture did not explain, and that was set to 0."""
        self._was_still = False
        self._answers = Answers()
        self._size_wh: SizeWH | None = None
        self._time_s = 0.0

    @property
    def info(self) -> ModelInfo:
        """What runs."""
        return self._model.info

    def adjust(self, settings: MattingSettings) -> None:
        """Take how often, smooth, edge, threshold and room from ``settings``, from the next frame on.

        Another ``every`` makes the engine begin anew, but for the room. The rest of ``settings`` is for who opens the
        model. Called by the thread of ``coarse``.
        """
        if settings.every != self._settings.every:
            self._schedule = Schedule(settings.every, self._target_fps)
            self._forget_frames()
            self._runner.reset()
        self._temporal.smooth_by(self._smooth(settings))
        self._edges = self._refiner(settings)
        self._room.learn_by_itself(self._learns_alone(settings))
        if settings.room == "off":
            self._room.forget(TURNED_OFF)
        self._settings = settings

    def _smooth(self, settings: MattingSettings) -> float:
        return settings.smooth * (FINE_SMOOTH if self._model.info.fine else 1)

    def _refiner(self, settings: MattingSettings) -> EdgeRefiner:
        return EdgeRefiner(settings.edge, settings.threshold, FINE if self._model.info.fine else COARSE)

    def _learns_alone(self, settings: MattingSettings) -> bool:
        """Whether the room is learned whenever nobody is there: in a live session."""
        return settings.room == "auto" and self._target_fps is not None and not self._model.info.fine

    def _span_of(self, settings: MattingSettings) -> Trim | None:
        """The seconds that show the empty room, where its plate helps: a matting network finds better outlines."""
        if settings.empty_room is not None and self._model.info.fine:
            log.warning("the empty room is not used: %s finds finer outlines without it", self._model.info.name)
            return None
        return settings.empty_room

    @property
    def room(self) -> RoomState:
        """What is known of the empty room. For any thread."""
        return self._room.state

    def replaces(self, other: MattingEngine) -> None:
        """Say of the room, from now on, that it was known to ``other``. Called before the first frame."""
        self._room.state = RoomState(lost=OTHER_NETWORK if other.room.since_s is not None else other.room.lost)

    def capture_room(self) -> Capture:
        """Learn the empty room from the next frames. For any thread."""
        return self._room.capture()

    def matte(self, frame: Frame) -> Matte:
        """The alpha of ``frame`` at full size: ``coarse``, then ``refine``. Raises ModelError."""
        return self.refine(frame, self.coarse(frame))

    def coarse(self, frame: Frame) -> Matte:
        """The alpha of ``frame`` on a coarse grid: network, motion and smoothing.

        Raises ModelError when the network fails or its output is invalid; the engine is reset then.
        """
        try:
            return self._coarse(frame)
        except ModelError:
            self.reset()
            raise

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        """Upsample the matte that ``coarse`` returned for ``frame``, guided by its pixels. Raises ModelError."""
        soft = np.asarray(matte.alpha, np.float32)
        try:
            return replace(matte, alpha=self._edges.refine(soft, frame.pixels, matte.outline))
        except Exception as error:  # fail closed: a frame without refined edges is not shown
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
        if at_once:  # the network runs while the flow is computed
            self._runner.start(frame)
        with self._timer("motion"):
            now = self._motion.see(frame.pixels)
            still = self._motion.is_still()
            moved = not (still and self._was_still)  # a picture that returns to the reference has moved too
            due = self._schedule.is_due(time_s, still=still)
            motion = self._motion.estimate() if due or moved or self._runner.busy else None
            self._was_still = still
            if motion is not None and motion.cut:
                self._runner.reset()
                self._temporal.reset()
            self._temporal.follow(motion, now, elapsed_s)
            if at_once:
                self._began(now)
            elif motion is not None and self._run_track is not None and self._runner.busy:
                self._run_track.follow(motion.flow)
            self._lost = max(self._lost, self._temporal.lost)
        answer = self._newest(frame, now, due=due or self._lost > ASK_LOST, wait=at_once)
        with self._timer("temporal"):
            if answer is None:
                soft = self._temporal.carry()
            else:
                new, seen = answer
                self._lost = new.lost
                soft = self._temporal.update(new, seen, motion)
        with self._timer("room"):
            soft, outline = self._room.see(frame, soft, cut=motion is not None and motion.cut)
        return Matte(soft, frame.seq, self._schedule.age, outline=outline)

    def _newest(self, frame: Frame, now: U8, *, due: bool, wait: bool) -> tuple[Carried, U8] | None:
        """The newest alpha from the network, carried to ``frame``; None: carry the previous one.

        A fast network is waited for. A slow one runs asynchronously, and its result is used a frame or more later. It
        is always waited for where the previous alpha is missing, stale or has lost too much, or where ``wait`` is set.
        """
        lost = max(self._lost, self._temporal.doubtful) > MOST_LOST
        needed = wait or self._temporal.is_empty or self._schedule.is_late(frame.time_s) or lost
        run = self._runner.take(None if needed else 0)
        answer = None
        if run is not None and not (needed and frame.time_s - run.time_s >= MAX_AGE_S):
            answer = self._accepted(run, frame, now)
            needed = max(answer[0].lost, answer[0].doubtful) > MOST_LOST
            due |= answer[0].lost > ASK_LOST
            if wait:
                return answer
        if (due or needed) and not self._runner.busy:
            self._runner.start(frame)
            self._began(now)
            run = self._runner.take(None if needed else self._patience_s)
            if run is not None:
                answer = self._accepted(run, frame, now)
        return answer

    def _began(self, now: U8) -> None:
        """A run started on the newest frame."""
        self._schedule.began()
        self._motion.mark()
        self._run_track = Track(now)

    def _accepted(self, run: Run, frame: Frame, now: U8) -> tuple[Carried, U8]:
        """The alpha of a finished run, carried to ``frame``. Raises ModelError for a run that failed."""
        alpha = self._answers.alpha(run, self.info, frame)
        self._schedule.ran(run.time_s, run.cost_s)
        if self._quality is not None:
            self._quality.took(run.cost_s)
        self._patience_s = self._longest_s if run.cost_s <= self._longest_s else 0.0
        track = self._run_track
        assert track is not None, "every run has the track of its frame"
        return track.carry(alpha, now), track.seen_now()

    def reset(self) -> None:
        """Forget all state of earlier frames (resume, another source)."""
        self._forget()
        self._runner.reset()

    def _forget(self) -> None:
        self._room.forget()
        self._forget_frames()

    def _forget_frames(self) -> None:
        self._motion.reset()
        self._schedule.reset()
        self._temporal.reset()
        self._run_track = None
        self._lost = 0.0
        self._was_still = False
        self._size_wh = None

    def close(self) -> None:
        """Wait a little for the run in progress, then forget the frames; a second call does nothing.

        A thread that still waits for that run keeps the frames, and gets its matte, which nobody shows.
        """
        self._runner.close()
        self._room.close()
        if not self._runner.busy:
            self._forget()
