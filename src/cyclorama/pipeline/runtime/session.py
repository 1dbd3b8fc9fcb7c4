"""A live session: one owner for the capture, matting, compositing and sink threads.

    source -> slot -> matting -> slot -> compositing -> program output -> one thread per sink, at a steady rate

Every slot holds one item; a newer item replaces it. Sinks tick at the output rate, whatever the other stages do, and in
step with a source of about that rate: they show the newest composite while it is fresh, and the privacy card before
the first one and whenever the newest is too old. On demand, the source is released while nobody watches; network and
sinks stay open, and the sinks show the card.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from enum import Enum

from cyclorama.compose.card import plain_card
from cyclorama.core.clock import wait
from cyclorama.core.errors import CycloramaError, SettingsError, SinkError
from cyclorama.core.frames import U8, Composite, CompositeKind
from cyclorama.pipeline.runtime.change import Changes
from cyclorama.pipeline.runtime.on_demand import OnDemand
from cyclorama.pipeline.runtime.open_sinks import SHUTDOWN_S, OpenSinks, patience_with
from cyclorama.pipeline.runtime.parts import SessionContext, SessionParts
from cyclorama.pipeline.runtime.parts_in_use import PartsInUse
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.pipeline.runtime.sink_loop import SinkContext, SinkLoop, check_layout
from cyclorama.pipeline.runtime.stages import TAKE_S, Moment, Stages
from cyclorama.pipeline.runtime.worker import Worker, set_after
from cyclorama.settings.values import Settings
from cyclorama.sinks.base import OutputFormat, Sink

log = logging.getLogger(__name__)


class State(Enum):
    """The life cycle of a session."""

    NEW = "new"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    CLOSED = "closed"


class Session:
    """Owns every thread between a source and its sinks. Started once and stopped once, by one caller; ``change`` is for
    any thread. After ``start`` it owns its parts and closes them."""

    def __init__(
        self,
        parts: SessionParts,
        sinks: Sequence[Sink],
        output: OutputFormat,
        context: SessionContext | None = None,
        changes: Changes | None = None,
    ) -> None:
        """``changes``: the settings of ``parts`` and the factory for new ones; None: settings cannot change."""
        context = context or SessionContext()
        self.metrics = context.metrics
        self.state = State.NEW
        self.stop_event = context.stop
        self.output = output
        self._clock = context.clock
        self._limits = context.limits
        self._in_use = PartsInUse(parts)
        self._changes = changes
        self._swap = threading.Lock()
        """Held while parts are swapped, and while the session begins to end."""
        self._stage = ProgramOutput(
            parts.card, self._limits.fresh_s, self._clock, parts.away, sends_room=parts.sends_room
        )
        self._demand = OnDemand(sinks if context.on_demand else (), self._stage, self._clock)
        self._stages = Stages(self._in_use, self._stage, self._demand, context)
        self._first = threading.Event()
        self._workers = self._make_workers()
        self._shared = SinkContext(
            self._stage,
            self._demand,
            self.metrics,
            self._clock,
            self.stop_event,
            self._first.set,
            self._sink_ended,
            context.on_key,
        )
        self.sinks = OpenSinks([SinkLoop(sink, output, self._shared) for sink in sinks])

    def _make_workers(self) -> list[Worker]:
        return [
            Worker("capture", self._stages.capture, self._captured_end),
            Worker("matting", self._stages.matting, self._end),
            Worker("compose", self._stages.compose, self._end),
            Worker("demand", lambda: self._demand.run(self.stop_event), self._end),
            Worker("release", lambda: self._in_use.run(self.stop_event), self._end),
        ]

    @property
    def parts(self) -> SessionParts:
        """The parts for the next frame."""
        return self._in_use.now

    @property
    def settings(self) -> Settings:
        """The settings in force. Raises SettingsError for a session that was opened without any."""
        return self._changed_by.settings

    @property
    def fault(self) -> str | None:
        """What is wrong now, for people to read; None if nothing is."""
        return self._stages.fault or self._in_use.now.source.fault or self.sinks.fault

    @property
    def shown(self) -> Composite:
        """What sinks show now: a composite or the card. For any thread."""
        return self._stage.now()

    def picture(self) -> U8:
        """The pixels of ``shown``, but never the room: where that is sent as the user asked, the privacy card."""
        shown = self.shown
        return shown.pixels if shown.kind is not CompositeKind.RAW else plain_card(shown.size_wh)

    def moment(self) -> Moment | None:
        """The composite that sinks show now with its frame and matte; None while they show something else (the card, an
        away picture). The frame shows the room: it is for nobody but the user. For any thread."""
        shown = self._stage.now()  # first: what it was made of stays for one more composite
        moments = self._stages.moments
        return next((moment for moment in moments if moment.composite is shown), None)

    def looking(self) -> AbstractContextManager[None]:
        """Inside the block the source runs, as if somebody watched a sink. For any thread."""
        return self._demand.looking()

    @property
    def away(self) -> str | None:
        """Name of the away picture while it is shown; None otherwise."""
        return self._stage.away

    @property
    def on_demand(self) -> str | None:
        """How viewers are detected; None if they cannot be and the source always runs."""
        return self._demand.how

    @property
    def idle(self) -> bool:
        """Whether nobody watches and the source is released."""
        return self._demand.idle

    @property
    def dropped(self) -> dict[str, int]:
        """Frames by the place that dropped them."""
        missed = self.metrics.counted("missed ticks")
        return {**self._stages.dropped, "output": missed}

    def start(self) -> None:
        """Open the sinks, then start capturing. Raises the first sink's SinkError, after everything is closed again."""
        if self.state is not State.NEW:
            raise RuntimeError("a session is started once")
        self.state = State.STARTING
        self.sinks.start()
        try:
            self.sinks.wait_open(self._limits.open_s)
        except BaseException:
            self.close()
            raise
        for worker in self._workers:
            worker.start()
        self.state = State.RUNNING

    def change(self, /, **changes: object) -> Settings:
        """Change settings by name, all of them between two frames or none. Returns the new settings.

        New parts are opened and tested first, in the calling thread, while the session continues. For any thread; one
        change at a time. Raises SettingsError if a value is invalid, needs a restart, or the session has ended;
        CaptureError or ModelError if a new part does not work. After an error nothing has changed.
        """
        return self._changed_by.make(changes, self._in_use, self._take)

    @property
    def _changed_by(self) -> Changes:
        if self._changes is None:
            raise SettingsError("this session was opened with parts and without settings: nothing in it can change")
        return self._changes

    def _take(self, parts: SessionParts) -> None:
        """Use ``parts`` from the next frame on. Raises SettingsError once the session has ended."""
        with self._swap:
            self._check_runs()
            before = self._in_use.now
            if parts.source is not before.source and self._demand.idle:
                parts.source.release()
            self._stage.change(parts.card, parts.away, sends_room=parts.sends_room)
            self._in_use.replace(parts)
        if parts.source is not before.source:
            self._demand.begin_anew()
            before.source.close()

    def add(self, sink: Sink, on_end: Callable[[], None] = lambda: None) -> None:
        """Open one more sink while the session runs; the others do not notice. It must not need the main thread. For
        any thread. ``on_end``: called once, in the sink's thread, when it has been closed, for whatever reason.

        Raises SinkError if it does not open, SettingsError if it cannot show the output's layout or the session has
        ended."""
        check_layout(sink, self.output.layout)

        def end(error: CycloramaError | None) -> None:
            on_end()
            self._sink_ended(error)

        loop = SinkLoop(sink, self.output, replace(self._shared, on_end=end))
        with self._swap:
            self._check_runs()
            self.sinks.add(loop)
            loop.worker.start()
        try:
            loop.wait_open(self._limits.open_s)
            with self._swap:
                self._check_runs()
        except BaseException:
            self._forget(loop)
            loop.worker.join(SHUTDOWN_S)
            raise
        self._demand.also(sink)

    def remove(self, sink: Sink) -> None:
        """Close a sink while the session runs; a clip is finished first. With the last sink the session ends. For any
        thread. Raises the error that its last writing ended with; SinkError if it takes very long, and it stays."""
        loop = self.sinks.find(sink)
        if loop is None:
            return
        loop.end()
        if not loop.worker.join(patience_with(loop)):
            raise SinkError(f"{sink.name} is still being written: its disk is slow")
        if len(self.sinks) > 1:
            self._forget(loop)
        if (error := loop.error or loop.worker.error) is not None:
            raise error

    def _forget(self, loop: SinkLoop) -> None:
        with self._swap:
            loop.end()
            self._demand.without(loop.sink)
            self.sinks.drop(loop)

    def _check_runs(self) -> None:
        """Raise SettingsError once the session has ended. Called with ``_swap`` held."""
        if self.stop_event.is_set() or self.state in (State.STOPPING, State.CLOSED):
            raise SettingsError("the session has ended: nothing in it can change")

    def wait_first_frame(self, timeout_s: float) -> bool:
        """Wait until a sink got the first composite; returns whether that happened."""
        return self._first.wait(timeout_s)

    def run(self, duration_s: float | None = None) -> None:
        """Block until stopped, until ``duration_s`` is over, or until the source ends; then close.

        Drives a window sink in the caller's thread. Raises the first error of a worker.
        """
        try:
            with set_after(duration_s, self.stop_event):
                for window in self.sinks.windows:
                    window.show()
                while not wait(self.stop_event, TAKE_S):
                    pass
        finally:
            self.close()
        self._raise()

    def close(self) -> None:
        """Stop all threads and release source, sinks and slots. Returns within about a second from any state, or as
        soon as recordings are finished."""
        if self.state is State.CLOSED:
            return
        with self._swap:
            self.state = State.STOPPING
            self.stop_event.set()
        self._stages.close()
        begin_s = time.monotonic()
        patience = [(worker, SHUTDOWN_S) for worker in self._workers]
        for worker, wait_s in (*patience, *self.sinks.patience):
            if not worker.join(begin_s + wait_s - time.monotonic()):
                log.warning("the %s thread does not answer and is left behind", worker.name)
        self._in_use.now.source.close()
        self._in_use.close()
        self.state = State.CLOSED

    def _raise(self) -> None:
        errors = [worker.error for worker in self._workers if worker.error is not None]
        for error in (*errors, *self.sinks.errors):
            raise error

    def _end(self) -> None:
        self.stop_event.set()
        self._stages.close()

    def _captured_end(self) -> None:
        """The source ended: wait for the last frame to pass the stages, then stop."""
        if self._workers[0].error is None and not self.stop_event.is_set():
            self.stop_event.wait(0.2)
        self._end()

    def _sink_ended(self, error: CycloramaError | None) -> None:
        """A sink ended; the session continues while another one is open. ``run`` raises the error that ends the
        session."""
        for loop in self.sinks:
            if loop.ended:
                self._demand.without(loop.sink)
        if self.sinks.have_ended:
            self._end()
        elif error is not None and self.state is State.RUNNING:
            log.warning("%s", error)
