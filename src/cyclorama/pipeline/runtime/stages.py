"""The stages between a source and the program output, joined by slots that keep the newest frame.

    source -> capture -> slot -> matting -> slot -> compositing -> program output

Each frame carries its SessionParts through all stages. So parts are replaced between two frames, and no composite mixes
results of two SessionParts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from cyclorama.capture.base import Source
from cyclorama.core.errors import CaptureError, ModelError
from cyclorama.core.frames import Composite, Frame, Matte
from cyclorama.core.memory import give_back
from cyclorama.pipeline.runtime.on_demand import OnDemand
from cyclorama.pipeline.runtime.parts import SessionContext, SessionParts
from cyclorama.pipeline.runtime.parts_in_use import PartsInUse
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.pipeline.runtime.slot import Slot

TAKE_S = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """A composite with what it was made from. ``frame``: as prepared, so of the output's size, the room in it.
    ``matte``: the refined alpha; None where there was no valid one."""

    frame: Frame
    matte: Matte | None
    composite: Composite


class Stages:
    """``capture``, ``matting`` and ``compose`` each run in their own thread, until ``close``."""

    def __init__(self, in_use: PartsInUse, output: ProgramOutput, demand: OnDemand, context: SessionContext) -> None:
        self.fault: str | None = None
        """What is wrong with the network now, for people to read; None if nothing is."""
        self.moments: tuple[Moment, ...] = ()
        """The newest two: one is being published, the other is still shown. Empty while nobody watches."""
        self._in_use = in_use
        self._output = output
        self._demand = demand
        self._context = context
        self._captured: Slot[tuple[SessionParts, Frame]] = Slot()
        self._matted: Slot[tuple[SessionParts, Frame, Matte | None]] = Slot()
        self._restart_seq: int | None = None
        """``seq`` of the first frame after a gap; the engine is reset before it."""
        self._failing_since: int | None = None

    @property
    def dropped(self) -> dict[str, int]:
        """Dropped frames by the stage that was too slow for them."""
        return {"matting": self._captured.dropped, "compose": self._matted.dropped}

    def close(self) -> None:
        """Close the slots, which ends all stages."""
        self._captured.close()
        self._matted.close()

    def capture(self) -> None:
        """Feed frames while somebody watches and the user is there. ``seq`` keeps rising when a source restarts or is
        replaced; the engine is reset after a gap."""
        next_seq, gap = 0, False
        while (period := self._demand.wait_period(self._context.stop, TAKE_S)) is not None:
            source = self._in_use.now.source
            for frame in self._frames(source, period, next_seq):
                next_seq = frame.seq + 1
                self._context.metrics.captured()
                if not self._output.wants_frames:
                    gap = True
                    self._output.pass_over()
                    continue
                parts = self._in_use.hand_out()
                if parts.source is not source:
                    break
                if gap:
                    self._restart_seq, gap = frame.seq, False
                with self._context.metrics.timer("prepare"):
                    prepared = parts.prepare(frame)
                self._captured.put((parts, prepared))
            if not period.is_set() and source is self._in_use.now.source:
                return  # the source has ended
            gap = True
            if self._demand.idle:
                source.release()
                self.moments = ()
                give_back()

    def _frames(self, source: Source, period: threading.Event, first_seq: int) -> Iterator[Frame]:
        """The source's frames, numbered from ``first_seq``. Its errors are raised only while it is in use."""
        try:
            for frame in source.frames(period):
                yield replace(frame, seq=first_seq + frame.seq)
        except CaptureError:
            if source is self._in_use.now.source:
                raise

    def matting(self) -> None:
        """Compute the coarse alpha of each frame; while it runs, only the newest waiting frame is kept."""
        before: SessionParts | None = None
        while not self._captured.closed:
            taken = self._captured.take(TAKE_S)
            if taken is None:
                continue
            parts, frame = taken
            if parts is not before:
                self._begin(parts, before)
                before = parts
            if self._restart_seq is not None and frame.seq >= self._restart_seq:
                self._restart_seq, self._failing_since = None, None
                _reset(parts)
            self._matted.put((parts, frame, self._coarse(parts, frame)))

    def _begin(self, parts: SessionParts, before: SessionParts | None) -> None:
        """Switch to other parts, and reset the engine unless its state stays valid."""
        parts.begin()
        if before is not None and not parts.continues(before):
            self._failing_since = self.fault = None
            _reset(parts)

    def _coarse(self, parts: SessionParts, frame: Frame) -> Matte | None:
        if parts.engine is None:
            return None
        with self._context.metrics.timer("matting"):
            matte = self._tried(parts.engine.coarse, frame)
        if matte is None:
            _reset(parts)
        return matte

    def compose(self) -> None:
        """Refine each alpha, make the composite and publish it."""
        while not self._matted.closed:
            taken = self._matted.take(TAKE_S)
            if taken is None:
                continue
            parts, frame, matte = taken
            self._in_use.reached_end(parts)
            if parts.engine is not None and matte is not None:
                with self._context.metrics.timer("edges"):
                    matte = self._tried(parts.engine.refine, frame, matte)
                if matte is not None:
                    self._failing_since, self.fault = None, None
            with self._context.metrics.timer("compose"):
                composite = parts.compositor.compose(frame, matte)
            self._context.metrics.matte_age = composite.matte_age
            self.moments = (Moment(frame, matte, composite), *self.moments[:1])
            self._output.publish(composite)
            if self._demand.idle:  # the camera went off while this frame was on its way: it is the last one
                self.moments = ()

    def _tried(self, step: Callable[..., Matte], *of: object) -> Matte | None:
        """The result of an engine step; None if it fails. Raises once the network only fails for
        ``model_failing_s``."""
        try:
            return step(*of)
        except ModelError as error:
            now_ns = self._context.clock.now_ns()
            since_ns = self._failing_since = self._failing_since or now_ns
            self.fault = str(error)
            self._context.metrics.count("model failures")
            if now_ns - since_ns > self._context.limits.model_failing_s * 1e9:
                raise
            return None


def _reset(parts: SessionParts) -> None:
    if parts.engine is not None:
        parts.engine.reset()
