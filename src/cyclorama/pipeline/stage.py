"""What sinks show now: the newest composite while it is fresh, the privacy card otherwise."""

from __future__ import annotations

from dataclasses import replace

from cyclorama.clock import Clock
from cyclorama.frames import Composite
from cyclorama.pipeline.away import Away


class Stage:
    """The one place that decides what sinks show now. Written by the compositing thread, read by all sinks."""

    def __init__(self, card: Composite, fresh_s: float, clock: Clock, away: Away | None = None) -> None:
        self._card = card
        self._away = away
        self._fresh_ns = int(fresh_s * 1e9)
        self._clock = clock
        self._newest: Composite | None = None

    def publish(self, composite: Composite) -> None:
        """Show ``composite`` from now on."""
        self._newest = composite

    def now(self) -> Composite:
        """The newest composite while it is fresh, else the card; while the user is away what they chose for that."""
        time_ns = self._clock.now_ns()
        shown = self._live(time_ns)
        return shown if self._away is None else self._away.instead_of(shown, time_ns)

    def _live(self, time_ns: int) -> Composite:
        newest = self._newest
        if newest is None:
            return replace(self._card, captured_ns=time_ns, reason="no picture yet")
        if time_ns - newest.captured_ns > self._fresh_ns:
            return replace(self._card, captured_ns=time_ns, reason="no fresh picture")
        return newest
