"""Pacing of sinks: at a steady rate, or once per composite."""

from __future__ import annotations

import threading
from fractions import Fraction

from cyclorama.core.clock import Clock
from cyclorama.pipeline.runtime.phase_lock import PhaseLock
from cyclorama.pipeline.runtime.program_output import ProgramOutput

QUIET_S = 0.1


class Pacer:
    """Ticks at exact multiples of 1/fps after the start. Late ticks are skipped, not made up.

    With a ``phase_lock`` the ticks are shifted by what it says, which is little: they are as steady, and in step with
    the source.
    """

    def __init__(self, fps: Fraction, clock: Clock, phase_lock: PhaseLock | None = None) -> None:
        self._fps = fps
        self._clock = clock
        self._phase_lock = phase_lock
        self._start_ns = clock.now_ns()
        self._tick = -1

    def wait(self, stop: threading.Event) -> int | None:
        """Wait for the next tick and return its number, from 0; None once ``stop`` is set."""
        if self._phase_lock is not None and self._tick >= 0:
            self._start_ns += self._phase_lock.step(self._time_ns())
        late = int((self._clock.now_ns() - self._start_ns) * self._fps / 1_000_000_000)
        self._tick = max(self._tick + 1, late)
        return None if self._clock.wait_until(self._time_ns(), stop) else self._tick

    def _time_ns(self) -> int:
        """When the current tick is due."""
        return self._start_ns + int(self._tick * 1_000_000_000 / self._fps)


class EachComposite:
    """Ticks for recordings: one at the start, one for each published composite so that none is missed, and one every
    ``QUIET_S`` while none is published. ``missed``: how many were published while the sink was busy with another."""

    def __init__(self, stage: ProgramOutput) -> None:
        self.missed = 0
        self._stage = stage
        self._published = 0
        self._tick = -1

    def wait(self, stop: threading.Event) -> int | None:
        """Wait for the next tick and return its number, from 0; None once ``stop`` is set."""
        if self._tick >= 0:
            before, self._published = self._published, self._stage.wait_published(self._published, QUIET_S)
            self.missed += max(0, self._published - before - 1) if before else 0
        self._tick += 1
        return None if stop.is_set() else self._tick
