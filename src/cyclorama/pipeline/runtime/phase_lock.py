"""Phase-locked loop: bring a sink's ticks in step with the composites, so that each is shown soon after it is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

WINDOW_S = 3.0
"""How far back composites count. Longer, and fewer come too late; shorter, and a change is followed sooner."""
LOOKS_A_SECOND = 4
FEWEST = 8
"""Composites, and ticks, that the best phase is found from at least."""
PHASES = 48
"""Phases that are compared: 0.7 ms apart at 30 fps."""
GUARD = 0.1
"""In intervals: how long before a tick a composite must be there, beyond what the window has seen."""
REPEAT_COST = 10.0
"""A tick that repeats a picture counts as so many intervals of delay: a picture that comes too late is worse than one
that waits."""
MOVE_COST = 0.1
"""Per interval of shift: of phases that are as good as each other, the nearest is taken."""
MAX_SHIFT = 0.01
"""Of an interval, per tick: no consumer notices that."""
MAX_DRIFT = 0.005
"""Of an interval, per tick: a source that is off by more has another rate, and is not followed. NTSC's 29.97 is off by
0.001."""
DRIFT_GAIN, MAX_SURPRISE = 0.05, 0.05
"""The share of an unexpected move of the best phase that is taken for drift, and the longest such move in intervals:
a jump, as between two phases that are as good as each other, is no drift."""


class PhaseLock:
    """Steers the ticks of one sink. Used by one thread.

    Four times a second it finds the phase at which the ticks of the last seconds would have shown the youngest
    pictures, and the drift of that phase, as of a camera at 29.97 fps under ticks of 30. The ticks follow the drift and
    move to the phase by small steps. Without composites, or with a source of quite another rate, they stay as they are.
    """

    def __init__(self, fps: Fraction, published_since: Callable[[int], Sequence[int]]) -> None:
        """``fps``: nominal rate of the ticks. ``published_since``: the times in nanoseconds at which composites were
        published, from the given time on, in order."""
        self._interval = 1e9 / float(fps)
        self._most = round(WINDOW_S * fps)
        self._every = max(1, round(fps / LOOKS_A_SECOND))
        self._published_since = published_since
        self._steps = 0
        self._left: float | None = None
        """Nanoseconds from here to the best phase; None while it is not known."""
        self._drift = 0.0
        """Nanoseconds by which the best phase moves per tick."""

    def step(self, tick_ns: int) -> int:
        """Nanoseconds by which the tick after the one at ``tick_ns`` comes later than one interval. Called once per
        tick."""
        if self._steps % self._every == 0:
            self._look(tick_ns)
        self._steps += 1
        if self._left is None:
            return 0
        shift = 0.0
        if abs(self._drift) <= MAX_DRIFT * self._interval:
            shift = self._drift + _limited(self._left, MAX_SHIFT * self._interval)
        self._left += self._drift - shift
        return round(shift)

    def _look(self, tick_ns: int) -> None:
        """Find the best phase, and learn its drift from how far it is from where it was expected."""
        spacing = self._interval + self._drift
        since_ns = tick_ns - round((self._most + FEWEST) * self._interval)
        best = best_shift(self._published_since(since_ns), tick_ns, self._interval, spacing, self._most)
        if best is not None and self._left is not None:
            surprise = (best - self._left + self._interval / 2) % self._interval - self._interval / 2
            learned = DRIFT_GAIN / self._every * _limited(surprise, MAX_SURPRISE * self._interval)
            self._drift = _limited(self._drift + learned, 1.5 * MAX_DRIFT * self._interval)
        self._left = best


def best_shift(published_ns: Sequence[int], tick_ns: int, interval: float, spacing: float, most: int) -> float | None:
    """The shift of the tick at ``tick_ns``, within half an ``interval``, at which this tick and those before it,
    ``spacing`` nanoseconds apart and ``most`` of them at most, show the youngest pictures and repeat the fewest. None
    with too few composites."""
    if len(published_ns) < FEWEST:
        return None
    ready = np.asarray(published_ns, np.int64) - tick_ns + GUARD * interval
    count = min(most, int(-ready[0] / spacing) - 1)
    if count < FEWEST:
        return None
    shifts = (np.arange(PHASES) / PHASES - 0.5) * interval
    ticks = shifts[:, None] - spacing * np.arange(count + 1, 0, -1)
    shown = np.maximum(np.searchsorted(ready, ticks, side="right") - 1, 0)
    age = (ticks - ready[shown])[:, 1:].mean(axis=1)
    repeats = (np.diff(shown, axis=1) == 0).mean(axis=1)
    cost = age + REPEAT_COST * interval * repeats + MOVE_COST * np.abs(shifts)
    return float(shifts[cost.argmin()])


def _limited(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
