"""The one way from a change of settings to other parts of a running session."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from cyclorama.core.errors import SettingsError
from cyclorama.pipeline.runtime.parts import PartsFactory, SessionParts
from cyclorama.pipeline.runtime.parts_in_use import PartsInUse, close, without
from cyclorama.settings.change import change_settings, find_setting
from cyclorama.settings.values import Settings


class Changes:
    """The settings in force, and what opens parts for others. One change is made at a time; used by any thread."""

    def __init__(self, settings: Settings, factory: PartsFactory) -> None:
        """``settings``: by which the parts in use were opened."""
        self._settings = settings
        self._factory = factory
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        """In force."""
        return self._settings

    def make(self, changes: Mapping[str, object], in_use: PartsInUse, take: Callable[[SessionParts], None]) -> Settings:
        """Open what ``changes`` need, and ``take`` it; returns the settings in force. Where that fails, nothing new is
        left open, and it is raised: SettingsError, CaptureError, ModelError, and what ``take`` raises."""
        with self._lock:
            _check_live(changes)
            before, after = self._settings, change_settings(self._settings, **changes)
            if after == before:
                return before
            old = in_use.now
            new = self._factory.reopened(old, before, after)
            try:
                take(new)
            except BaseException:
                _discard(new, old)
                raise
            self._settings = after
            return after


def _check_live(keys: Iterable[str]) -> None:
    fixed = [key for key in keys if not find_setting(key).live]
    if fixed:
        them = "it needs" if len(fixed) == 1 else "they need"
        raise SettingsError(f"{' and '.join(fixed)} cannot change while a session runs: {them} a restart")


def _discard(new: SessionParts, old: SessionParts) -> None:
    """Close what was opened in vain."""
    if new.source is not old.source:
        new.source.close()
    close(without(new.pieces, old.pieces))
