"""Track which parts make the next frame, and when replaced parts can be closed."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from cyclorama.capture.base import Source
from cyclorama.pipeline.runtime.parts import Piece, SessionParts

log = logging.getLogger(__name__)

WAKE_S = 0.1


class PartsInUse:
    """Hands out parts to the capture thread, frame by frame, and closes replaced parts once no frame uses them.

    Frames pass the stages in order. So once the last stage has a frame of newer parts, no stage has one of older parts.
    Parts that were never handed out are closed at once.
    """

    def __init__(self, parts: SessionParts) -> None:
        self._now = self._handed_out = parts
        self._waiting: deque[tuple[SessionParts, tuple[Piece, ...]]] = deque()
        """Pieces to close once the last stage has a frame of these parts, or of later ones."""
        self._last_seen: SessionParts | None = None
        self._due: list[Piece] = []
        self._changed = threading.Condition()

    @property
    def now(self) -> SessionParts:
        """The parts for the next frame."""
        return self._now

    def hand_out(self) -> SessionParts:
        """The parts for this frame. Called in the capture thread."""
        with self._changed:
            self._handed_out = self._now
            return self._now

    def replace(self, parts: SessionParts) -> None:
        """Use ``parts`` from the next frame on. Pieces that they do not share are closed now, or once no frame uses
        them."""
        with self._changed:
            dropped = without(self._now.pieces, parts.pieces)
            unused = without(dropped, self._handed_out.pieces)
            later: tuple[Piece, ...] = ()
            if self._now is not self._handed_out and self._waiting:  # never handed out: no frame uses them
                _, later = self._waiting.pop()
            self._waiting.append((parts, (*later, *without(dropped, unused))))
            self._now = parts
        close(unused)

    def reached_end(self, parts: SessionParts) -> None:
        """Note that the last stage has a frame of ``parts``. Called in that stage's thread; closes nothing itself."""
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
        """Close unused pieces until ``stop`` is set. Runs in its own thread, because closing may block."""
        while not stop.is_set():
            with self._changed:
                self._changed.wait_for(lambda: self._due, WAKE_S)
                due, self._due = self._due, []
            close(due)

    def close(self) -> None:
        """Close everything. Called after all stages have ended."""
        with self._changed:
            late = [piece for _, pieces in self._waiting for piece in pieces]
            due, self._due = [*self._due, *late, *self._now.pieces], []
            self._waiting.clear()
        close(due)


def without(pieces: Iterable[Piece], others: Iterable[Piece]) -> tuple[Piece, ...]:
    """The ``pieces`` that are not in ``others``, in order."""
    known = {id(other) for other in others}
    return tuple(piece for piece in pieces if id(piece) not in known)


def close(pieces: Iterable[Piece]) -> None:
    """Close all pieces in order, even if one of them raises."""
    for piece in pieces:
        try:
            piece.close()
        except Exception as error:
            log.warning("a part that was in use could not be closed: %s", error)


class Holder(Protocol):
    """A source and what was opened with it."""

    @property
    def source(self) -> Source:
        """The source."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The rest, in the order of closing."""


def discard(new: Holder, old: Holder) -> None:
    """Close what ``new`` does not share with ``old``."""
    close(without((*new.pieces, new.source), (*old.pieces, old.source)))
