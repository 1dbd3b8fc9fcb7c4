"""The parts that make a composite, and what a session and its threads share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cyclorama.capture.base import Source
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.frames import Composite, Frame, Matte
from cyclorama.matting.base import ModelInfo
from cyclorama.matting.engine.room.capture import Capture
from cyclorama.matting.engine.room.state import RoomState
from cyclorama.pipeline.runtime.away import Away
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.settings.values import Settings

NO_MODEL = ModelInfo("none", "none", "none", "none")
SENT_AS_IT_IS = "the room is sent as it is: choose another background first"
ROOM_OFF = "it is off: set room to auto first"
"""Why no empty room is used, for people to read."""


class Matter(Protocol):
    """The interface of the matting engine that the stages use."""

    def coarse(self, frame: Frame) -> Matte:
        """The coarse alpha of ``frame``, at the network's size. Called in the matting thread. Raises ModelError."""

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        """Refine ``matte`` to the frame's size. Called in the compositing thread. Raises ModelError."""

    def reset(self) -> None:
        """Forget all state of earlier frames. Called in the matting thread."""


class LearnsRoom(Protocol):
    """The interface of the matting engine that captures of the empty room use. For any thread."""

    @property
    def room(self) -> RoomState:
        """What is known."""

    def capture_room(self) -> Capture:
        """Begin a capture with the next frame."""


class Compose(Protocol):
    """The interface of the compositor that the stages use."""

    def compose(self, frame: Frame, matte: Matte | None) -> Composite:
        """Composite ``frame`` with ``matte`` over the background; ``matte`` None: no valid matte."""


class Piece(Protocol):
    """A resource to close; a second call of ``close`` does nothing."""

    def close(self) -> None:
        """Release the resource."""


def as_it_is(frame: Frame) -> Frame:
    """Return the frame unchanged: the default of ``prepare``."""
    return frame


def nothing() -> None:
    """Do nothing: the default of ``begin``."""


@dataclass(frozen=True, slots=True, eq=False)
class SessionParts:
    """Everything that makes a composite. Each frame uses one SessionParts from capture to composite.

    ``engine``: None only for ``--background none``, which sends the picture unchanged. ``card``: the privacy card, of
    the output's size and layout. ``prepare``: transforms a source's frame for the engine (rotation, mirror, size).
    ``begin``: called in the matting thread before the first frame of these parts. ``room``: learns the empty room; None
    where that is not used. ``room_unused``: why not, for people to read. ``model``: the network in use. ``pieces``:
    resources to close, in this order, without the source.
    """

    source: Source
    engine: Matter | None
    compositor: Compose
    card: Composite
    prepare: Callable[[Frame], Frame] = as_it_is
    away: Away | None = None
    begin: Callable[[], None] = nothing
    room: LearnsRoom | None = None
    room_unused: str = SENT_AS_IT_IS
    model: ModelInfo = NO_MODEL
    pieces: tuple[Piece, ...] = ()

    @property
    def sends_room(self) -> bool:
        """Whether the picture is sent unchanged, as the user asked."""
        return self.engine is None

    def close(self) -> None:
        """Close all parts; a second call does nothing."""
        for piece in (*self.pieces, self.source):
            piece.close()

    def continues(self, other: SessionParts) -> bool:
        """Whether the engine's state stays valid after ``other``: the same engine, source and frame transform."""
        return self.engine is other.engine and self.source is other.source and self.prepare == other.prepare


class PartsFactory(Protocol):
    """Opens parts for a change. Called by the thread that makes the change."""

    def reopened(self, parts: SessionParts, before: Settings, after: Settings) -> SessionParts:
        """``parts`` with every part that differs between ``before`` and ``after`` opened anew; the others are the same
        objects.

        New parts have been tested. Raises SettingsError, CaptureError, ModelError; then nothing new stays open.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """Time limits. ``fresh_s``: an older composite is replaced by the card. ``model_failing_s``: a network that only
    fails for this long ends the session. ``open_s``: how long a sink may take to open."""

    fresh_s: float = 1.0
    model_failing_s: float = 3.0
    open_s: float = 5.0


@dataclass(frozen=True, slots=True)
class SessionContext:
    """What a session shares with its caller. ``stop``: set by either of them. ``on_demand``: release the source while
    every sink reports no viewers. ``on_key``: called with each key pressed in a window; it must not block."""

    metrics: Metrics = field(default_factory=Metrics)
    clock: Clock = field(default_factory=SystemClock)
    limits: Limits = field(default_factory=Limits)
    stop: threading.Event = field(default_factory=threading.Event)
    on_demand: bool = False
    on_key: Callable[[str], None] = lambda key: None
