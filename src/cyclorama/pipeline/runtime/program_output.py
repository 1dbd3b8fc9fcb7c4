"""The program output: the newest composite while it is fresh, the privacy card otherwise."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import replace

from cyclorama.core.clock import Clock
from cyclorama.core.frames import Composite, CompositeKind
from cyclorama.pipeline.runtime.away import Away

HISTORY = 512
"""Times of publication that are kept: of more than three seconds, up to 150 a second."""


class ProgramOutput:
    """The one place that decides what sinks show. Written by the compositing thread, read by all sink threads.

    Frames captured before the time given to ``show_from`` are not shown: new viewers must not see what was composited
    for viewers who left.
    """

    def __init__(
        self, card: Composite, fresh_s: float, clock: Clock, away: Away | None = None, *, sends_room: bool = False
    ) -> None:
        """``sends_room``: whether unchanged pictures may be shown, as the user asked."""
        self._card = card
        self._away = away
        self._sends_room = sends_room
        self._fresh_ns = int(fresh_s * 1e9)
        self._clock = clock
        self._newest: Composite | None = None
        self._from_ns: int | None = 0
        self._changed = threading.Condition()
        self._published = 0
        self._published_ns: deque[int] = deque(maxlen=HISTORY)

    @property
    def away(self) -> str | None:
        """Name of the away picture while it is shown; None otherwise."""
        return self._away.name if self._away is not None and self._away.shown else None

    @property
    def wants_frames(self) -> bool:
        """Whether frames should be composited: not while the user is away."""
        return self._away is None or not self._away.on.is_set()

    def change(self, card: Composite, away: Away | None, *, sends_room: bool) -> None:
        """Replace the card and the away picture. For any thread.

        ``sends_room``: whether unchanged pictures may be shown. If it becomes false, those already in the pipeline are
        not shown.
        """
        self._card, self._away, self._sends_room = card, away, sends_room

    def publish(self, composite: Composite) -> None:
        """Show ``composite`` from now on."""
        with self._changed:
            self._newest = composite
            self._published += 1
            self._published_ns.append(self._clock.now_ns())
            self._changed.notify_all()

    def pass_over(self) -> None:
        """Note a frame that is not composited, so that a recording writes the picture shown instead at its time."""
        with self._changed:
            self._published += 1
            self._changed.notify_all()

    def wait_published(self, seen: int, timeout_s: float) -> int:
        """Wait at most ``timeout_s`` until more than ``seen`` frames were published or passed over; returns their
        number."""
        with self._changed:
            self._changed.wait_for(lambda: self._published > seen, timeout_s)
            return self._published

    def published_since(self, time_ns: int) -> list[int]:
        """When composites were published, from ``time_ns`` on, in order. For any thread."""
        with self._changed:
            return [published_ns for published_ns in self._published_ns if published_ns >= time_ns]

    def show_card(self) -> None:
        """Show only the card until ``show_from``, whatever is published."""
        self._from_ns = None
        self._newest = None

    def show_from(self, time_ns: int) -> None:
        """Show composites again if their frames were captured at ``time_ns`` or later."""
        self._from_ns = time_ns

    def now(self) -> Composite:
        """The newest composite while it is fresh, else the card; while the user is away the away picture."""
        time_ns, newest, from_ns = self._clock.now_ns(), self._newest, self._from_ns
        shown = self._live(newest, from_ns, time_ns)
        away = self._away
        if away is None:
            return shown
        if from_ns is None:
            away.let_go()
        newest_ns = newest.captured_ns if newest is not None else 0
        instead = away.instead_of(shown, newest_ns, time_ns, self._fresh_ns)
        if instead.kind is CompositeKind.RAW and not self._sends_room:  # held before a change to another background
            away.let_go()
            return replace(self._card, captured_ns=time_ns, reason="away")
        return instead

    def _live(self, newest: Composite | None, from_ns: int | None, time_ns: int) -> Composite:
        if newest is None or from_ns is None or newest.captured_ns < from_ns:
            return replace(self._card, captured_ns=time_ns, reason="no picture yet")
        if newest.kind is CompositeKind.RAW and not self._sends_room:
            return replace(self._card, captured_ns=time_ns, reason="no picture yet")
        if time_ns - newest.captured_ns > self._fresh_ns:
            return replace(self._card, captured_ns=time_ns, reason="no fresh picture")
        return newest
