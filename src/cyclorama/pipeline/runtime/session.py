"""Live: one owner for the capture, matting, compositing and sink threads.

    source -> slot -> matting -> slot -> compositing -> stage -> a sink thread each, at a steady rate

Every slot holds one item and the newest wins. Sinks tick at the output rate whatever the rest does: they show the
newest composite while it is fresh, and the privacy card before the first one, and whenever the newest is too old.
On demand, the source is released while nobody watches; network and sinks stay open, and the sinks show the card.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from cyclorama.capture.base import Source
from cyclorama.core.clock import Clock, SystemClock, wait
from cyclorama.core.errors import CycloramaError, ModelError
from cyclorama.core.frames import Composite, Frame, Matte
from cyclorama.core.memory import give_back
from cyclorama.pipeline.runtime.away import Away
from cyclorama.pipeline.runtime.chain import Compose, Matter
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.on_demand import OnDemand
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.pipeline.runtime.sink_loop import SinkLoop
from cyclorama.pipeline.runtime.slot import Slot
from cyclorama.pipeline.runtime.worker import Worker
from cyclorama.sinks.base import OutputFormat, Sink

log = logging.getLogger(__name__)

SHUTDOWN_S = 1.0
"""How long a thread is waited for at the end; one that hangs in a driver is left behind (a daemon) and named."""
FINISH_S = 10.0
"""The same for a recording: its end has to reach a disk that may be slow."""
TAKE_S = 0.1


class State(Enum):
    """What a session is doing."""

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on staleness. ``fresh_s``: a composite older than this gives way to the card. ``model_failing_s``: a
    network that has done nothing but fail for this long ends the session. ``open_s``: how long a sink may take to
    open."""

    fresh_s: float = 1.0
    model_failing_s: float = 3.0
    open_s: float = 5.0


class Session:
    """Owns every thread between a source and its sinks. Started once, stopped once, by one caller.

    ``prepare`` turns a source's frame into the engine's (rotation, mirror, size). ``engine`` None: the picture is sent
    unchanged, which only ``--background none`` asks for. ``card``: the privacy card, of the output's size and layout.
    ``on_demand``: release the source while every sink says that nobody watches.
    """

    def __init__(
        self,
        source: Source,
        engine: Matter | None,
        compositor: Compose,
        sinks: Sequence[Sink],
        output: OutputFormat,
        card: Composite,
        *,
        prepare: Callable[[Frame], Frame] = lambda frame: frame,
        reset_engine: Callable[[], None] = lambda: None,
        metrics: Metrics | None = None,
        clock: Clock | None = None,
        limits: Limits | None = None,
        stop: threading.Event | None = None,
        away: Away | None = None,
        on_demand: bool = False,
    ) -> None:
        self.metrics = metrics or Metrics()
        self.state = State.NEW
        self.stop_event = stop or threading.Event()
        self._source = source
        self._engine = engine
        self._compositor = compositor
        self.output = output
        self._prepare = prepare
        self._reset_engine = reset_engine
        self._clock = clock or SystemClock()
        self._limits = limits or Limits()
        self._stage = ProgramOutput(card, self._limits.fresh_s, self._clock, away)
        self._demand = OnDemand(sinks if on_demand else (), self._stage, self._clock)
        self._restart_seq: int | None = None
        self._captured: Slot[Frame] = Slot()
        self._matted: Slot[tuple[Frame, Matte | None]] = Slot()
        self._model_fault: str | None = None
        self._failing_since: int | None = None
        self._first = threading.Event()
        own = [Worker("capture", self._capture, self._captured_end), Worker("matting", self._matting, self._end)]
        demand = Worker("demand", lambda: self._demand.run(self.stop_event), self._end)
        self._workers = [*own, Worker("compose", self._compose, self._end), demand]
        self._sinks = [
            SinkLoop(
                sink,
                output,
                self._stage,
                self._demand,
                self.metrics,
                self._clock,
                self.stop_event,
                on_first=self._first.set,
                on_end=self._sink_ended,
            )
            for sink in sinks
        ]

    @property
    def fault(self) -> str | None:
        """What is wrong right now, for people to read."""
        return self._model_fault or getattr(self._source, "fault", None) or self._sink_fault()

    @property
    def shown(self) -> Composite:
        """What sinks show now: a composite or the card. For any thread."""
        return self._stage.now()

    @property
    def away(self) -> str | None:
        """What is shown because the user is away; None while they are there."""
        return self._stage.away

    @property
    def on_demand(self) -> str | None:
        """How it is known that somebody watches; None where it is not, and the source always runs."""
        return self._demand.how

    @property
    def idle(self) -> bool:
        """Whether nobody watches, and the source is released."""
        return self._demand.idle

    @property
    def dropped(self) -> dict[str, int]:
        """Frames by the place that dropped them."""
        missed = self.metrics.counted("missed ticks")
        return {"matting": self._captured.dropped, "compose": self._matted.dropped, "output": missed}

    @property
    def records(self) -> bool:
        """Whether one of the sinks is a recording."""
        return any(loop.records for loop in self._sinks)

    @property
    def stopped_recording(self) -> bool:
        """Whether a recording has given up, or has ended."""
        return any(loop.records and loop.ended for loop in self._sinks)

    @property
    def sink_names(self) -> list[str]:
        """The sinks that are open."""
        return [loop.sink.name for loop in self._sinks if loop.opened.is_set()]

    @property
    def encoders(self) -> list[str]:
        """What the files among the sinks are written with."""
        return [encoder for loop in self._sinks if (encoder := getattr(loop.sink, "encoder", ""))]

    def start(self) -> None:
        """Open the sinks, then start capturing. Raises the first sink's SinkError, with everything closed again."""
        if self.state is not State.NEW:
            raise RuntimeError("a session is started once")
        self.state = State.STARTING
        for loop in self._sinks:
            if not loop.on_main_thread:
                loop.worker.start()
        try:
            for loop in self._sinks:
                loop.wait_open(self._limits.open_s)
        except BaseException:
            self.close()
            raise
        for worker in self._workers:
            worker.start()
        self.state = State.RUNNING

    def wait_first_frame(self, timeout_s: float) -> bool:
        """Wait until a sink was given the first composite; returns whether that happened."""
        return self._first.wait(timeout_s)

    def run(self, duration_s: float | None = None) -> None:
        """Stay until stopped, until ``duration_s`` is over, or until the source ends; then close.

        A window is driven from here, in the caller's thread. Raises the first error of a worker.
        """
        timer = threading.Timer(duration_s, self.stop_event.set) if duration_s is not None else None
        if timer is not None:
            timer.name, timer.daemon = "cyclorama-duration", True
            timer.start()
        try:
            windows = [loop for loop in self._sinks if loop.on_main_thread]
            for loop in windows:
                loop.show()
            while not wait(self.stop_event, TAKE_S):
                pass
        finally:
            if timer is not None:
                timer.cancel()
            self.close()
        self._raise()

    def close(self) -> None:
        """Stop all threads and release source, sinks and slots. Returns within about a second from any state, and as
        soon as recordings are finished."""
        if self.state is State.CLOSED:
            return
        self.state = State.STOPPING
        self.stop_event.set()
        self._captured.close()
        self._matted.close()
        begin_s = time.monotonic()
        patience = [(worker, SHUTDOWN_S) for worker in self._workers]
        patience += [(loop.worker, FINISH_S if loop.records else SHUTDOWN_S) for loop in self._sinks]
        for worker, wait_s in patience:
            if not worker.join(begin_s + wait_s - time.monotonic()):
                log.warning("the %s thread does not answer and is left behind", worker.name)
        self._source.close()
        self.state = State.CLOSED

    def _raise(self) -> None:
        errors = [w.error for w in (*self._workers, *(loop.worker for loop in self._sinks)) if w.error is not None]
        errors += [loop.error for loop in self._sinks if loop.error is not None]
        for error in errors:
            raise error

    def _end(self) -> None:
        self.stop_event.set()
        self._captured.close()
        self._matted.close()

    def _captured_end(self) -> None:
        """The source ended: let the last frame through before all stops."""
        if self._workers[0].error is None and not self.stop_event.is_set():
            self.stop_event.wait(0.2)
        self._end()

    def _capture(self) -> None:
        """Feed frames while somebody watches and the user is there. Their numbers go on rising, also where a source
        begins anew; after a gap the engine does too."""
        next_seq, gap = 0, False
        while (period := self._demand.wait_period(self.stop_event, TAKE_S)) is not None:
            first = next_seq
            for frame in self._source.frames(period):
                numbered = replace(frame, seq=first + frame.seq)
                next_seq = numbered.seq + 1
                if not self._stage.wants_frames:
                    gap = True
                    self._stage.pass_over()
                    continue
                if gap:
                    self._restart_seq, gap = numbered.seq, False
                with self.metrics.timer("prepare"):
                    prepared = self._prepare(numbered)
                self._captured.put(prepared)
            if not period.is_set():
                return  # the source has ended
            gap = True
            release = getattr(self._source, "release", None)
            if release is not None:
                release()
                give_back()

    def _matting(self) -> None:
        while not self._captured.closed:
            frame = self._captured.take(TAKE_S)
            if frame is None:
                continue
            if self._restart_seq is not None and frame.seq >= self._restart_seq:
                self._restart_seq, self._failing_since = None, None
                self._reset_engine()
            matte = None
            if self._engine is not None:
                with self.metrics.timer("matting"):
                    matte = self._tried(self._engine.coarse, frame)
                if matte is None:
                    self._reset_engine()
            self._matted.put((frame, matte))

    def _compose(self) -> None:
        while not self._matted.closed:
            pair = self._matted.take(TAKE_S)
            if pair is None:
                continue
            frame, matte = pair
            if self._engine is not None and matte is not None:
                with self.metrics.timer("edges"):
                    matte = self._tried(self._engine.refine, frame, matte)
                if matte is not None:
                    self._failing_since, self._model_fault = None, None
            with self.metrics.timer("compose"):
                composite = self._compositor.compose(frame, matte)
            self.metrics.matte_age = composite.matte_age
            self._stage.publish(composite)

    def _tried(self, step: Callable[..., Matte], *of: object) -> Matte | None:
        """What a step of the engine gives; None where it fails. Raises once it has done nothing else for too long."""
        try:
            return step(*of)
        except ModelError as error:
            now_ns = self._clock.now_ns()
            since_ns = self._failing_since = self._failing_since or now_ns
            self._model_fault = str(error)
            self.metrics.count("model failures")
            if now_ns - since_ns > self._limits.model_failing_s * 1e9:
                raise
            return None

    def _sink_fault(self) -> str | None:
        errors = (loop.error or loop.worker.error for loop in self._sinks)
        return next((str(error) for error in errors if error is not None), None)

    def _sink_ended(self, error: CycloramaError | None) -> None:
        """A sink gave up; the session goes on while another is left. What ends the session is raised in the end."""
        for loop in self._sinks:
            if loop.ended:
                self._demand.without(loop.sink)
        if all(loop.ended for loop in self._sinks):
            self._end()
        elif error is not None and self.state is State.RUNNING:
            log.warning("%s", error)
