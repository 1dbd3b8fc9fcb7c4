"""Changes of settings in a running session: open the parts that a change needs, then swap them in."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from cyclorama.core.errors import SettingsError
from cyclorama.pipeline.runtime.parts import PartsFactory, SessionParts
from cyclorama.pipeline.runtime.parts_in_use import PartsInUse, discard
from cyclorama.settings.change import change_settings, find_setting
from cyclorama.settings.values import Settings


class Changes:
    """The current settings, and the factory for new parts. One change at a time; for any thread."""

    def __init__(self, settings: Settings, factory: PartsFactory) -> None:
        """``settings``: those that the current parts were opened by."""
        self._settings = settings
        self._factory = factory
        self._lock = threading.Lock()

    @property
    def settings(self) -> Settings:
        """The current settings."""
        return self._settings

    def make(self, changes: Mapping[str, object], in_use: PartsInUse, take: Callable[[SessionParts], None]) -> Settings:
        """Open the parts that ``changes`` need and pass them to ``take``; returns the new settings. Raises
        SettingsError, CaptureError, ModelError, and what ``take`` raises; then nothing new stays open."""
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
                discard(new, old)
                raise
            self._settings = after
            return after


def _check_live(keys: Iterable[str]) -> None:
    fixed = [key for key in keys if not find_setting(key).live]
    if fixed:
        them = "it needs" if len(fixed) == 1 else "they need"
        raise SettingsError(f"{' and '.join(fixed)} cannot change while a session runs: {them} a restart")
