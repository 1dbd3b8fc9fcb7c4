"""Map capture times to times in the file, for pictures and sound alike; pauses are left out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

SLACK = 0.6
"""In places: how far a picture may lie from its own place before one is skipped or repeated. Above a half, so that
cameras with jitter do not alternate between both."""
PLACES_A_SECOND = 30
"""The raster has about this many places at least, also at lower frame rates, so that each frame lies near its time."""


@dataclass(frozen=True, slots=True)
class _Take:
    """Recorded without a pause from ``begin_ns`` to ``end_ns`` (None = still), at ``at_ns`` in the recording."""

    begin_ns: int
    end_ns: int | None
    at_ns: int


class Timeline:
    """Takes on the monotonic clock, joined without a gap. All times in nanoseconds.

    Read by any thread. Changed by whoever has the pause key, a signal handler too: every change is one assignment.
    """

    def __init__(self) -> None:
        self._takes: tuple[_Take, ...] = ()

    @property
    def started(self) -> bool:
        """Whether anything has been recorded yet, or is now."""
        return bool(self._takes)

    @property
    def running(self) -> bool:
        """Whether what happens now is recorded."""
        return bool(self._takes) and self._takes[-1].end_ns is None

    def run(self, now_ns: int) -> None:
        """Record from now on: the start, or the end of a pause."""
        if not self.running:
            self._takes = (*self._takes, _Take(now_ns, None, self.length_ns(now_ns)))

    def pause(self, now_ns: int) -> None:
        """Record nothing from now on."""
        if self.running:
            self._takes = (*self._takes[:-1], replace(self._takes[-1], end_ns=now_ns))

    def toggle(self, now_ns: int) -> None:
        """Pause or go on; nothing before the start."""
        if self.running:
            self.pause(now_ns)
        elif self.started:
            self.run(now_ns)

    def length_ns(self, now_ns: int) -> int:
        """How much has been recorded."""
        takes = self._takes
        if not takes:
            return 0
        last = takes[-1]
        end_ns = now_ns if last.end_ns is None else last.end_ns
        return last.at_ns + max(0, end_ns - last.begin_ns)

    def place(self, time_ns: int) -> int | None:
        """Where a moment lies in the recording; None where it is not recorded."""
        for take in reversed(self._takes):
            if time_ns >= take.begin_ns:
                inside = take.end_ns is None or time_ns < take.end_ns
                return take.at_ns + time_ns - take.begin_ns if inside else None
        return None

    def cut(self, begin_ns: int, end_ns: int) -> list[tuple[int, int, int]]:
        """The recorded parts of a span: where each begins and ends on the clock, and where it lies in the recording."""
        parts = []
        for take in self._takes:
            low = max(begin_ns, take.begin_ns)
            high = end_ns if take.end_ns is None else min(end_ns, take.end_ns)
            if low < high:
                parts.append((low, high, take.at_ns + low - take.begin_ns))
        return parts


class FramePlaces:
    """Places of a steady rate, a second's worth of frames ``fps``, for pictures that come when they come.

    The first picture recorded has place 0, the next frame's would be ``step``. ``a_second``: how many places there are.
    ``begin_ns``: where place 0 lies in the recording; None before the first picture.
    """

    def __init__(self, timeline: Timeline, fps: Fraction) -> None:
        self.step = max(1, round(PLACES_A_SECOND / fps))
        self.a_second = fps * self.step
        self.begin_ns: int | None = None
        self._timeline = timeline
        self._last = -self.step
        self._captured_ns = -1

    def place(self, captured_ns: int) -> int | None:
        """The place of a picture captured then; None for one that is not recorded, was there before, or is too many.

        It lies within ``SLACK`` places of the picture's own time.
        """
        placed_ns = self._timeline.place(captured_ns)
        if placed_ns is None or captured_ns <= self._captured_ns:
            return None
        if self.begin_ns is None:
            self.begin_ns = placed_ns
        exact = float((placed_ns - self.begin_ns) * self.a_second / 1_000_000_000)
        follows = self._last + self.step
        if exact < follows - SLACK:
            return None
        self._last = follows if exact <= follows + SLACK else round(exact)
        self._captured_ns = captured_ns
        return self._last
