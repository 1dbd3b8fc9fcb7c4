"""When the empty room is looked at: when somebody asks for it, in given seconds of a clip, or when nobody is there."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from cyclorama.core.frames import U8
from cyclorama.matting.engine.room.collect import LEAST_FRAMES, Collector
from cyclorama.matting.engine.room.plate import Plate
from cyclorama.settings.values import Trim

log = logging.getLogger(__name__)

CAPTURE_S = 2.0
"""How long a capture looks at the room."""
ENDED = "the pictures ended before the given seconds did: give seconds that the clip has"
"""Why there is no plate of a clip that is too short."""
ALONE_S = 1.0
"""The room is learned by itself once nobody has been seen for this long."""


class Capture:
    """A capture that somebody waits for. Made by any thread, ended by the matting thread."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self.refusal = ""
        """Once it has ended: why the room could not be learned; empty: it is known."""

    def end(self, refusal: str) -> None:
        """End it."""
        self.refusal = refusal
        self._ended.set()

    def ended(self, patience_s: float) -> bool:
        """Wait for the end, at most ``patience_s``; whether it has come."""
        return self._ended.wait(patience_s)


def tell(refusal: str) -> None:
    """Say that the room of a clip is not used, or no longer."""
    if refusal:
        log.warning("the empty room is not used: %s", refusal)


def tell_nobody(refusal: str) -> None:
    """Nobody has asked."""


@dataclass(slots=True)
class _Look:
    """A look at the room up to ``end_s``. ``alone``: it ends when somebody is seen. ``least``: frames that it takes in,
    however late they come."""

    end_s: float
    on_end: Callable[[str], None]
    alone: bool = False
    least: int = LEAST_FRAMES
    collector: Collector = field(default_factory=Collector)

    def wants(self, time_s: float) -> bool:
        """Whether a frame of ``time_s`` belongs to it."""
        return time_s < self.end_s or self.collector.frames < self.least


class Captures:
    """Makes plates. Used by one thread, but for ``ask``."""

    def __init__(self, *, by_itself: bool, span: Trim | None) -> None:
        """``by_itself``: whenever nobody is there. ``span``: the seconds from the first frame on that show the room."""
        self.by_itself = by_itself
        self._span = span
        self._asked: Capture | None = None
        self._look: _Look | None = None
        self._first_s: float | None = None

    @property
    def wanted(self) -> bool:
        """Whether the next frame has to be seen."""
        return self.by_itself or (self._asked or self._look or self._span) is not None

    def ask(self) -> Capture:
        """Look at the room from the next frame on. For any thread."""
        self._asked = asked = Capture()
        return asked

    def see(self, now: U8, time_s: float, learn: Callable[[Plate], None], *, occupied: bool) -> None:
        """Take in a frame on the plate's grid. ``learn``: called with the plate where a look ends with this frame,
        before anybody is told. ``occupied``: somebody is there."""
        self._begin(time_s, occupied=occupied)
        look = self._look
        if look is None:
            return
        if look.wants(time_s):
            look.collector.add(now, occupied=occupied)
            return
        self._look = None
        refusal = look.collector.refusal
        if not refusal:
            learn(look.collector.plate())
        look.on_end(refusal)

    def _begin(self, time_s: float, *, occupied: bool) -> None:
        """Begin or end a look, as this frame demands."""
        if self._first_s is None:
            self._first_s = time_s
        if (asked := self._asked) is not None:
            self._asked, self._look = None, _Look(time_s + CAPTURE_S, asked.end)
        span = self._span
        if span is not None and span.end_s is not None and time_s >= self._first_s + span.start_s:
            self._span, self._look = None, _Look(self._first_s + span.end_s, tell, least=0)
        if self._look is None and self.by_itself and not occupied:
            self._look = _Look(time_s + ALONE_S, tell_nobody, alone=True)
        elif self._look is not None and self._look.alone and occupied:
            self._look = None

    def reset(self, why: str) -> None:
        """End a look: what was being looked at is gone."""
        self._end(f"{why}: try again")

    def close(self) -> None:
        """End a look, and tell whoever gave a span that has not begun: no more frames come."""
        if self._span is not None:
            self._span = None
            tell(ENDED)
        self._end(ENDED)

    def _end(self, refusal: str) -> None:
        look, self._look = self._look, None
        if look is not None:
            look.on_end(refusal)
