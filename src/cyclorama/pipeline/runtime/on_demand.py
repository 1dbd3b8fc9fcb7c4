"""Run the source while somebody watches a sink, and release it while nobody does."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cyclorama.core.clock import Clock
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.sinks.base import Sink

LOOK_S = 0.1
"""Interval of the check for viewers, in seconds."""
LINGER_S = 1.5
"""Seconds that the source keeps running without viewers: call programs close and reopen the camera when a setting
changes."""
IDLE_FPS = 5
"""Frame rate of the card while nobody watches: a new viewer gets a picture at once, at almost no CPU cost."""


class OnDemand:
    """Divides a session into periods in which the source runs. Between them the program output shows the card.

    A sink that cannot tell whether it is watched counts as watched: then one period lasts until the end.
    """

    def __init__(self, sinks: Sequence[Sink], stage: ProgramOutput, clock: Clock) -> None:
        """``sinks``: those whose viewers count; empty = the source always runs."""
        self._sinks = tuple(sinks)
        self._looking = 0
        self._lock = threading.Lock()
        self._stage = stage
        self._clock = clock
        self._needed_ns = clock.now_ns()
        self._how: str | None = None
        self._running = threading.Event()
        self._running.set()
        self._period = threading.Event()

    @property
    def idle(self) -> bool:
        """Whether nobody watches and the source is released."""
        return not self._running.is_set()

    @property
    def how(self) -> str | None:
        """How viewers are detected, for people to read; None if they cannot be and the source always runs."""
        known = [sink.knows_viewers or "" for sink in self._sinks]
        if known and all(known):  # sinks know this only while open: keep the last answer
            self._how = ", ".join(dict.fromkeys(known))
        return self._how

    def without(self, sink: Sink) -> None:
        """Ignore ``sink`` from now on, because it has ended. For any thread."""
        with self._lock:
            self._sinks = tuple(other for other in self._sinks if other is not sink)

    def also(self, sink: Sink) -> None:
        """Count the viewers of ``sink`` too, which was added. For any thread."""
        with self._lock:
            self._sinks = (*self._sinks, sink)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Inside the block somebody watches without a sink: in the panel. For any thread."""
        with self._lock:
            self._looking += 1
        try:
            yield
        finally:
            with self._lock:
                self._looking -= 1

    def run(self, stop: threading.Event) -> None:
        """Begin and end periods until ``stop`` is set. Runs in its own thread once the sinks are open."""
        try:
            while not stop.wait(LOOK_S):
                if self.how is not None:
                    self.look()
        finally:
            self._period.set()

    def look(self) -> None:
        """Check the viewers, and begin or end a period if due."""
        now_ns = self._clock.now_ns()
        if self._looking or any(sink.watched() is not False for sink in self._sinks):
            self._needed_ns = now_ns
        if self.idle and self._needed_ns == now_ns:
            self._stage.show_from(now_ns)
            self._period = threading.Event()
            self._running.set()
        elif not self.idle and now_ns - self._needed_ns > LINGER_S * 1e9:
            self._stage.show_card()
            self._running.clear()
            self._period.set()

    def begin_anew(self) -> None:
        """End the current period, if any, and begin a new one with another source."""
        over, self._period = self._period, threading.Event()
        over.set()

    def wait_period(self, stop: threading.Event, wake_s: float) -> threading.Event | None:
        """Wait for a period and return the event that ends it; None once ``stop`` is set."""
        while not stop.is_set():
            if self._running.wait(wake_s):
                return self._period
        return None
