"""The parts of a live session: the pipeline's parts, the privacy card and the away picture."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cyclorama.core.clock import Clock
from cyclorama.matting.base import ModelInfo
from cyclorama.pipeline.runtime.away import CARD, open_away
from cyclorama.pipeline.runtime.build import Opener, Parts
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.pipeline.runtime.parts import ROOM_OFF, SENT_AS_IT_IS, SessionParts, nothing
from cyclorama.pipeline.runtime.parts_in_use import discard
from cyclorama.settings.values import Settings


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LiveParts(SessionParts):
    """``opened``: the pipeline's parts that these were made from."""

    opened: Parts


class LiveFactory:
    """Opens live parts at the start and for each change. Used by one thread at a time."""

    def __init__(
        self, metrics: Metrics, clock: Clock, gone: threading.Event, check: Callable[[Settings], None] = lambda s: None
    ) -> None:
        """``gone``: set while the user is away. ``check``: raises SettingsError for a change to invalid combinations of
        settings, before anything is opened."""
        self._opener = Opener(metrics, clock, live=True)
        self._clock = clock
        self._gone = gone
        self._check = check

    def open(self, settings: Settings) -> LiveParts:
        """Open everything that ``settings`` name. On SettingsError, CaptureError or ModelError nothing stays open."""
        parts = self._opener.open(settings)
        try:
            return self._joined(parts, settings, None, None)
        except BaseException:
            parts.close()
            raise

    def reopened(self, parts: SessionParts, before: Settings, after: Settings) -> LiveParts:
        """See :class:`cyclorama.pipeline.runtime.parts.PartsFactory`."""
        assert isinstance(parts, LiveParts), "parts that this factory has opened"
        self._check(after)
        opened = self._opener.reopened(parts.opened, before, after)
        try:
            return self._joined(opened, after, parts, before)
        except BaseException:
            discard(opened, parts)
            raise

    def _joined(self, opened: Parts, settings: Settings, old: LiveParts | None, before: Settings | None) -> LiveParts:
        """``opened`` with card and away picture; those of ``old``, opened by the settings ``before``, are reused if
        they match."""
        kept = old is not None and old.opened.choice is opened.choice
        card = old.card if old is not None and kept else opened.compositor.card(self._clock.now_ns(), "starting", 0.0)
        away = old.away if old is not None and before is not None and before.away == settings.away else None
        if away is None or (settings.away == CARD and not kept):
            away = open_away(settings.away, card, settings.compose, self._gone)
        engine = opened.engine
        before_it = old.opened.engine if old is not None else None
        if engine is not None and before_it is not None and engine is not before_it:
            engine.replaces(before_it)
        unused = SENT_AS_IT_IS if engine is None else _room_unused(engine.info, settings)
        return LiveParts(
            source=opened.source,
            engine=engine,
            compositor=opened.compositor,
            card=card,
            prepare=opened.prepare,
            away=away,
            begin=partial(engine.adjust, settings.matting) if engine is not None else nothing,
            room=None if unused else engine,
            room_unused=unused,
            model=opened.model,
            pieces=(away, *opened.pieces),
            opened=opened,
        )


def _room_unused(model: ModelInfo, settings: Settings) -> str:
    """Why the empty room is not used, for people to read; empty where it is."""
    if settings.matting.room == "off":
        return ROOM_OFF
    return f"{model.name} finds finer outlines without it" if model.fine else ""
