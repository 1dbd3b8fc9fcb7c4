"""What a session and its threads are given: the parts that make a composite, and what all of them share."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from cyclorama.capture.base import Source
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.frames import Composite, Frame, Matte
from cyclorama.matting.base import ModelInfo
from cyclorama.pipeline.runtime.away import Away
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.settings.values import Settings

NO_MODEL = ModelInfo("none", "none", "none", "none")


class Matter(Protocol):
    """The matting engine, as seen from here."""

    def coarse(self, frame: Frame) -> Matte:
        """The alpha of one frame, small. Called in the matting thread. Raises ModelError."""

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        """The same at the frame's size. Called in the compositing thread. Raises ModelError."""

    def reset(self) -> None:
        """Forget everything about earlier frames. Called in the matting thread."""


class Compose(Protocol):
    """The compositor, as seen from here."""

    def compose(self, frame: Frame, matte: Matte | None) -> Composite:
        """Join the three."""


class Piece(Protocol):
    """Something that was opened and has to be closed; a second call of ``close`` does nothing."""

    def close(self) -> None:
        """Release what is held."""


def as_it_is(frame: Frame) -> Frame:
    """Prepare nothing."""
    return frame


def nothing() -> None:
    """Begin with nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class SessionParts:
    """All that a composite is made by. A frame is made by one of these from its capture to its composite.

    ``engine`` None: the picture is sent unchanged, which only ``--background none`` asks for. ``card``: the privacy
    card, of the output's size and layout. ``prepare`` turns a source's frame into the engine's (rotation, mirror,
    size). ``begin`` is called in the matting thread before the first frame that these parts make. ``model``: what runs.
    ``pieces``: what was opened for them, in the order of closing, but for the source.
    """

    source: Source
    engine: Matter | None
    compositor: Compose
    card: Composite
    prepare: Callable[[Frame], Frame] = as_it_is
    away: Away | None = None
    begin: Callable[[], None] = nothing
    model: ModelInfo = NO_MODEL
    pieces: tuple[Piece, ...] = ()

    @property
    def sends_room(self) -> bool:
        """Whether the unchanged picture is sent, as the user has asked for."""
        return self.engine is None

    def close(self) -> None:
        """Close all of it; a second call does nothing."""
        for piece in (*self.pieces, self.source):
            piece.close()

    def continues(self, other: SessionParts) -> bool:
        """Whether mattes go on from ``other``: the same engine, on the same pictures."""
        return self.engine is other.engine and self.source is other.source and self.prepare == other.prepare


class PartsFactory(Protocol):
    """Opens parts for a change. Called by the thread that asks for it."""

    def reopened(self, parts: SessionParts, before: Settings, after: Settings) -> SessionParts:
        """``parts`` with everything new in which ``after`` differs from ``before``; the rest is the same objects.

        What is new has been tried. Raises SettingsError, CaptureError, ModelError, with nothing new left open.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on staleness. ``fresh_s``: a composite older than this gives way to the card. ``model_failing_s``: a
    network that has done nothing but fail for this long ends the session. ``open_s``: how long a sink may take to
    open."""

    fresh_s: float = 1.0
    model_failing_s: float = 3.0
    open_s: float = 5.0


@dataclass(frozen=True, slots=True)
class SessionContext:
    """What a session shares with its surroundings. ``stop``: set by either of them. ``on_demand``: release the source
    while every sink says that nobody watches."""

    metrics: Metrics = field(default_factory=Metrics)
    clock: Clock = field(default_factory=SystemClock)
    limits: Limits = field(default_factory=Limits)
    stop: threading.Event = field(default_factory=threading.Event)
    on_demand: bool = False
