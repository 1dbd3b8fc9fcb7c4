"""The source runs while somebody watches a sink, and is released while nobody does."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from cyclorama.core.clock import Clock
from cyclorama.pipeline.runtime.program_output import ProgramOutput
from cyclorama.sinks.base import Sink

LOOK_S = 0.1
"""How soon a viewer is noticed."""
LINGER_S = 1.5
"""Calls close the camera and open it again when a setting is changed: so it stays on a little."""
IDLE_FPS = 5
"""The card's rate while nobody watches: for the first glance of whoever comes, at next to no cost."""


class OnDemand:
    """Divides a session into periods in which the source runs. While nobody watches, the stage shows the card.

    A sink that cannot say whether it is watched always is: then there is one period, which lasts until the end.
    """

    def __init__(self, sinks: Sequence[Sink], stage: ProgramOutput, clock: Clock) -> None:
        """``sinks``: whose viewers count; none = the source always runs."""
        self._sinks = tuple(sinks)
        self._stage = stage
        self._clock = clock
        self._needed_ns = clock.now_ns()
        self._how: str | None = None
        self._running = threading.Event()
        self._running.set()
        self._period = threading.Event()

    @property
    def idle(self) -> bool:
        """Whether nobody watches, and the source is to be released."""
        return not self._running.is_set()

    @property
    def how(self) -> str | None:
        """How it is known that somebody watches, for people to read; None where it is not, and the source always
        runs."""
        known = [sink.knows_viewers or "" for sink in self._sinks]
        if known and all(known):  # from their opening to their closing; what was true then stays so
            self._how = ", ".join(dict.fromkeys(known))
        return self._how

    def without(self, sink: Sink) -> None:
        """``sink`` has ended: nobody watches it any more. May be called from any thread."""
        self._sinks = tuple(other for other in self._sinks if other is not sink)

    def run(self, stop: threading.Event) -> None:
        """Begin and end periods until ``stop`` is set. To be run by a thread of its own once the sinks are open."""
        try:
            if self.how is None:
                stop.wait()
            while not stop.wait(LOOK_S):
                self.look()
        finally:
            self._period.set()

    def look(self) -> None:
        """Begin or end a period where that is due."""
        now_ns = self._clock.now_ns()
        if any(sink.watched() is not False for sink in self._sinks):
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
        """End the period that is under way, if there is one, and begin another: with another source."""
        over, self._period = self._period, threading.Event()
        over.set()

    def wait_period(self, stop: threading.Event, wake_s: float) -> threading.Event | None:
        """Wait until the source is to run; returns the event that ends that. None once ``stop`` is set."""
        while not stop.is_set():
            if self._running.wait(wake_s):
                return self._period
        return None
