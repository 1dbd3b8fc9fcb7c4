"""Which parts make the next frame, and when those before them can be closed."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable

from cyclorama.pipeline.runtime.parts import Piece, SessionParts

log = logging.getLogger(__name__)

WAKE_S = 0.1


class PartsInUse:
    """Hands parts to the capture thread, frame by frame, and closes those that no frame is made by any more.

    Frames go through the stages in order. So once the last stage has a frame of newer parts, no stage has one of
    older parts. What was never handed out is closed at once.
    """

    def __init__(self, parts: SessionParts) -> None:
        self._now = self._handed_out = parts
        self._waiting: deque[tuple[SessionParts, tuple[Piece, ...]]] = deque()
        """Pieces that can be closed once the last stage has a frame of these parts, or of later ones."""
        self._last_seen: SessionParts | None = None
        self._due: list[Piece] = []
        self._changed = threading.Condition()

    @property
    def now(self) -> SessionParts:
        """What makes the next frame."""
        return self._now

    def hand_out(self) -> SessionParts:
        """What makes this frame. Called in the capture thread."""
        with self._changed:
            self._handed_out = self._now
            return self._now

    def replace(self, parts: SessionParts) -> None:
        """Have ``parts`` make the next frame. Closes what they have no more, now or once it is out of use."""
        with self._changed:
            dropped = without(self._now.pieces, parts.pieces)
            unused = without(dropped, self._handed_out.pieces)
            later: tuple[Piece, ...] = ()
            if self._now is not self._handed_out and self._waiting:  # no frame of it will ever come
                _, later = self._waiting.pop()
            self._waiting.append((parts, (*later, *without(dropped, unused))))
            self._now = parts
        close(unused)

    def reached_end(self, parts: SessionParts) -> None:
        """The last stage has a frame of ``parts``. Called in that stage's thread; closes nothing itself."""
        if parts is self._last_seen:
            return
        self._last_seen = parts
        with self._changed:
            if not any(successor is parts for successor, _ in self._waiting):
                return
            over = None
            while over is not parts:
                over, pieces = self._waiting.popleft()
                self._due += pieces
            self._changed.notify_all()

    def run(self, stop: threading.Event) -> None:
        """Close what is out of use until ``stop`` is set. To be run by a thread of its own: closing takes its time."""
        while not stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._due, WAKE_S)
                due, self._due = self._due, []
            close(due)

    def close(self) -> None:
        """Close everything. Called once all stages have ended."""
        with self._changed:
            late = [piece for _, pieces in self._waiting for piece in pieces]
            due, self._due = [*self._due, *late, *self._now.pieces], []
            self._waiting.clear()
        close(due)


def without(pieces: Iterable[Piece], others: Iterable[Piece]) -> tuple[Piece, ...]:
    """Those of ``pieces`` that are not among ``others``, in their order."""
    known = {id(other) for other in others}
    return tuple(piece for piece in pieces if id(piece) not in known)


def close(pieces: Iterable[Piece]) -> None:
    """Close all of them, in their order, whatever one of them says."""
    for piece in pieces:
        try:
            piece.close()
        except Exception as error:
            log.warning("a part that was in use could not be closed: %s", error)
