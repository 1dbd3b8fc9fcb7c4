"""Live: one owner for the capture, matting, compositing and sink threads.

    source -> slot -> matting -> slot -> compositing -> stage -> a sink thread each, at a steady rate

Every slot holds one item and the newest wins. Sinks tick at the output rate whatever the rest does: they show the
newest composite while it is fresh, and the privacy card before the first one, and whenever the newest is too old.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from cyclorama.capture.base import Source
from cyclorama.clock import Clock, SystemClock
from cyclorama.errors import CaptureError, CycloramaError, ModelError, SinkError
from cyclorama.frames import Composite, CompositeKind, Frame, Matte
from cyclorama.pipeline.away import Away
from cyclorama.pipeline.chain import Compose, Matter
from cyclorama.pipeline.metrics import Metrics
from cyclorama.pipeline.pacing import Pacer
from cyclorama.pipeline.slot import Slot
from cyclorama.pipeline.stage import Stage
from cyclorama.pipeline.worker import Worker
from cyclorama.sinks.base import OutputFormat, Sink

log = logging.getLogger(__name__)

SHUTDOWN_S = 1.0
"""How long a thread is waited for at the end; one that hangs in a driver is left behind (a daemon) and named."""
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
    ) -> None:
        self.metrics = metrics or Metrics()
        self.state = State.NEW
        self.stop_event = stop or threading.Event()
        self._source = source
        self._engine = engine
        self._compositor = compositor
        self._output = output
        self._prepare = prepare
        self._reset_engine = reset_engine
        self._clock = clock or SystemClock()
        self._limits = limits or Limits()
        self._away = away
        self._stage = Stage(card, self._limits.fresh_s, self._clock, away)
        self._captured: Slot[Frame] = Slot()
        self._matted: Slot[tuple[Frame, Matte | None]] = Slot()
        self._model_fault: str | None = None
        self._failing_since: int | None = None
        self._first = threading.Event()
        own = [Worker("capture", self._capture, self._captured_end), Worker("matting", self._matting, self._end)]
        self._workers = [*own, Worker("compose", self._compose, self._end)]
        self._sinks = [_SinkLoop(sink, self) for sink in sinks]

    @property
    def fault(self) -> str | None:
        """What is wrong right now, for people to read."""
        return self._model_fault or getattr(self._source, "fault", None) or self._sink_fault()

    @property
    def away(self) -> str | None:
        """What is shown because the user is away; None while they are there."""
        return self._away.name if self._away is not None and self._away.on.is_set() else None

    @property
    def dropped(self) -> dict[str, int]:
        """Frames by the place that dropped them."""
        missed = self.metrics.counted("missed ticks")
        return {"matting": self._captured.dropped, "compose": self._matted.dropped, "output": missed}

    @property
    def sink_names(self) -> list[str]:
        """The sinks that are open."""
        return [loop.sink.name for loop in self._sinks if loop.opened.is_set()]

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
            while not self.stop_event.wait(TAKE_S):
                pass
        finally:
            if timer is not None:
                timer.cancel()
            self.close()
        self._raise()

    def close(self) -> None:
        """Stop all threads and release source, sinks and slots. Returns within about a second from any state."""
        if self.state is State.CLOSED:
            return
        self.state = State.STOPPING
        self.stop_event.set()
        self._captured.close()
        self._matted.close()
        deadline = time.monotonic() + SHUTDOWN_S
        for worker in (*self._workers, *(loop.worker for loop in self._sinks)):
            if not worker.join(deadline - time.monotonic()):
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
        for frame in self._source.frames(self.stop_event):
            with self.metrics.timer("prepare"):
                prepared = self._prepare(frame)
            self._captured.put(prepared)

    def _matting(self) -> None:
        while not self._captured.closed:
            frame = self._captured.take(TAKE_S)
            if frame is None:
                continue
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
        return next((str(loop.error) for loop in self._sinks if loop.error is not None), None)

    def sink_ended(self) -> None:
        """A sink gave up; the session goes on while another is left."""
        if all(loop.ended for loop in self._sinks):
            self._end()


class _SinkLoop:
    """One sink and its beat. A failing sink ends alone: a full disk must not end the call."""

    def __init__(self, sink: Sink, session: Session) -> None:
        self.sink = sink
        self.error: CycloramaError | None = None
        self.ended = False
        self.opened = threading.Event()
        self.on_main_thread = bool(getattr(sink, "main_thread", False))
        self.worker = Worker(f"sink-{sink.name}", self.show, lambda: None)
        self._session = session

    def wait_open(self, timeout_s: float) -> None:
        """Wait until the sink is open. Raises its SinkError."""
        deadline = time.monotonic() + timeout_s
        while not self.on_main_thread and not self.opened.wait(0.01):
            if self.error is not None:
                raise self.error
            if self.worker.error is not None:
                raise self.worker.error
            if time.monotonic() > deadline:
                raise SinkError(
                    f"{self.sink.name} did not open within {timeout_s:g} s: is another program blocking it?"
                )

    def show(self) -> None:
        """Open the sink and show what the stage says on every beat, until the session stops."""
        try:
            with self.sink:
                self._beat()
        except (SinkError, CaptureError) as error:
            self.error = error
            log.warning("%s", error)
        finally:
            self.ended = True
            self._session.sink_ended()

    def _beat(self) -> None:
        session, metrics, sink = self._session, self._session.metrics, self.sink
        output = session._output
        sink.open(output)
        self.opened.set()
        pacer = Pacer(output.fps, session._clock)
        last_tick, last_shown = -1, -1
        while (tick := pacer.wait(session.stop_event)) is not None:
            if getattr(sink, "closed", False):
                return
            for _ in range(tick - last_tick - 1):
                metrics.count("missed ticks")
            last_tick = tick
            composite = session._stage.now()
            new = composite.kind is not CompositeKind.CARD and composite.seq != last_shown
            timed = replace(composite, pts=tick, time_base=1 / output.fps) if output.time_base else composite
            with metrics.timer("sink"):
                sink.write(timed)
            if new:
                last_shown = composite.seq
                metrics.shown(composite.captured_ns)
                session._first.set()
            elif composite.kind is CompositeKind.CARD and session.away is None:
                metrics.count("cards")
