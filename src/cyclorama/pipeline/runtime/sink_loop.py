"""The loop that feeds one sink, in its own thread or, for a window, in the main thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from cyclorama.core.clock import Clock
from cyclorama.core.errors import CaptureError, CycloramaError, SettingsError, SinkError
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.on_demand import IDLE_FPS, OnDemand
from cyclorama.pipeline.runtime.pacing import EachComposite, Pacer
from cyclorama.pipeline.runtime.phase_lock import PhaseLock
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.pipeline.runtime.worker import Worker
from cyclorama.sinks.base import OutputFormat, Sink

log = logging.getLogger(__name__)

MOST_MISSED = 0.02
"""Of a recording's pictures: fewer are not worth a word."""
DRIVER_PICTURES = 8
"""Buffers that v4l2loopback keeps (max_buffers). A new viewer may get any of them, so all must soon hold the card."""


@dataclass(frozen=True, slots=True)
class SinkContext:
    """What the sinks of a session share. ``on_first``: called after each new composite that a sink got. ``on_end``:
    called when a sink has ended, with its error if any. ``on_key``: called with each key pressed in a sink's window; it
    must not block."""

    stage: ProgramOutput
    demand: OnDemand
    metrics: Metrics
    clock: Clock
    stop: threading.Event
    on_first: Callable[[], None] = lambda: None
    on_end: Callable[[CycloramaError | None], None] = lambda error: None
    on_key: Callable[[str], None] = lambda key: None


def check_layout(sink: Sink, layout: Layout) -> None:
    """Raise SettingsError if ``sink`` cannot carry ``layout``, which the background decides."""
    if layout not in sink.layouts:
        able = ", ".join(sorted(item.value for item in sink.layouts))
        raise SettingsError(f"{sink.name} cannot carry this background ({layout.value} pictures; it takes {able})")


class SinkLoop:
    """Writes the program output to one sink on every tick. A failing sink ends alone: a full disk must not end the
    call."""

    def __init__(self, sink: Sink, output: OutputFormat, context: SinkContext) -> None:
        self.sink = sink
        self.error: CycloramaError | None = None
        self.ended = False
        self.opened = threading.Event()
        self.worker = Worker(f"sink-{sink.name}", self.show, lambda: None)
        self._output = output
        self._context = context
        self._last_shown = self._last_tick = -1
        self._over = threading.Event()

    @property
    def records(self) -> bool:
        """Whether the sink is a recording, which gets each composite."""
        return self.sink.wants_each

    def wait_open(self, timeout_s: float) -> None:
        """Wait until the sink is open or the session stops. Raises its SinkError."""
        deadline = time.monotonic() + timeout_s
        while not self.sink.main_thread and not self.opened.wait(0.01):
            if self.error is not None:
                raise self.error
            if self.worker.error is not None:
                raise self.worker.error
            if self._context.stop.is_set() and not self.ended:  # an ended loop sets its error next
                return
            if time.monotonic() > deadline:
                raise SinkError(
                    f"{self.sink.name} did not open within {timeout_s:g} s: is another program blocking it?"
                )

    def end(self) -> None:
        """Close the sink soon, while the session continues. For any thread."""
        self._over.set()

    def show(self) -> None:
        """Open the sink and write the program output on every tick until the session stops."""
        try:
            with self.sink:
                self._beat()
        except (SinkError, CaptureError) as error:
            self.error = error
        finally:
            self.ended = True
            self._context.on_end(self.error)

    def _beat(self) -> None:
        self.sink.open(self._output)
        self.opened.set()
        pacer = self._pacer()
        try:
            self._follow(pacer)
        finally:
            if isinstance(pacer, EachComposite):
                self._tell_missed(pacer.missed)

    def _tell_missed(self, missed: int) -> None:
        """Say how much of a recording its encoder was too slow for."""
        for _ in range(missed):
            self._context.metrics.count("not recorded")
        if missed > MOST_MISSED * max(0, self._last_tick):
            log.warning(
                "%s: pictures that could not be encoded in time, and are missing: %d; those before stand longer",
                self.sink.name,
                missed,
            )

    def _follow(self, pacer: Pacer | EachComposite) -> None:
        last_tick, idle_for = -1, 0
        seldom = max(1, round(self._output.fps / IDLE_FPS))
        while (tick := pacer.wait(self._context.stop)) is not None:
            if self.sink.closed or self._over.is_set():
                return
            for _ in range(tick - last_tick - 1):
                self._context.metrics.count("missed ticks")
            last_tick = self._last_tick = tick
            idle_for = idle_for + 1 if self._context.demand.idle else 0
            if idle_for <= DRIVER_PICTURES or tick % seldom == 0:
                self._write(self._context.stage.now(), tick)
        self.sink.conclude(self._context.clock.now_ns())

    def _pacer(self) -> Pacer | EachComposite:
        """Each sink follows the source for itself: all see the same times of publication."""
        stage, fps = self._context.stage, self._output.fps
        if self.records:
            return EachComposite(stage)
        phase_lock = None if self.sink.exact_rate else PhaseLock(fps, stage.published_since)
        return Pacer(fps, self._context.clock, phase_lock)

    def _write(self, composite: Composite, tick: int) -> None:
        """Write one composite at the time of ``tick``, and count it."""
        fps = self._output.fps
        timed = replace(composite, pts=tick, time_base=1 / fps) if self._output.time_base else composite
        with self._context.metrics.timer("sink"):
            self.sink.write(timed)
        for key in self.sink.take_keys():
            self._context.on_key(key)
        if composite.kind is CompositeKind.CARD:
            if self._context.stage.away is None and not self._context.demand.idle:
                self._context.metrics.count("cards")
        elif composite.seq != self._last_shown:
            self._last_shown = composite.seq
            self._context.metrics.shown(composite.seq, composite.captured_ns)
            self._context.on_first()
