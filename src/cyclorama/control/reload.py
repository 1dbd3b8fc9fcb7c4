"""Read a saved settings file again while a session runs."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from cyclorama.core.errors import CycloramaError, SettingsError
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import Settings
from cyclorama.settings.written import differences

LOOK_S = 0.5
Signature = tuple[str, int, int] | None


class Reload:
    """Looks at the settings file twice a second, and changes what its saving changed: a setting that was changed
    otherwise meanwhile keeps its value unless the file's differs from before. A file that is gone changes nothing."""

    def __init__(
        self,
        loaded: Settings,
        file: Callable[[], Path | None],
        load: Callable[[], Settings],
        change: Callable[..., object],
        tell: Callable[[str], None],
    ) -> None:
        """``loaded``: the settings that the session began with. ``file``: the settings file, None = there is none.
        ``load``: reads all sources, raises SettingsError. ``change``: the session's. ``tell``: says one line to the
        user."""
        self._file = file
        self._load = load
        self._change = change
        self._tell = tell
        self._loaded = loaded
        self._seen: Signature = None
        self._read: Signature = None

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop`` is set."""
        while not stop.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Read the file if it was saved, and has not changed since the last look: an editor may still be writing. The
        first time it is read anyway, because it may have been saved while the session started."""
        before, self._seen = self._seen, self._signature()
        if self._seen is not None and self._seen == before and self._seen != self._read:
            self._read = self._seen
            self._take()

    def _take(self) -> None:
        try:
            self._check_owner()
            loaded = self._load()
            changed = differences(self._loaded, loaded)
            live = {key: value for key, value in changed.items() if SETTINGS[key].live}
            self._change(**live)
        except CycloramaError as error:
            self._tell(f"the saved settings change nothing: {error}")
            return
        self._loaded = loaded
        if live:
            self._tell(f"changed: {', '.join(f'{key} {_text(key, new)}' for key, new in live.items())}")
        if later := sorted(changed.keys() - live.keys()):
            self._tell(f"{' and '.join(later)} will change at the next start")

    def _signature(self) -> Signature:
        try:
            path = self._file()
            found = path.stat() if path is not None else None
        except (OSError, SettingsError):
            return None
        return None if found is None else (str(path), found.st_mtime_ns, found.st_size)

    def _check_owner(self) -> None:
        """Raise SettingsError for a file of another user: in a folder that all may write to, a file that appears could
        ask for the room."""
        path = self._file()
        if sys.platform == "win32" or path is None:
            return
        try:
            owner = path.stat().st_uid
        except OSError as error:
            raise SettingsError(f"{path} cannot be read") from error
        if owner not in (os.geteuid(), 0):
            raise SettingsError(f"{path} belongs to another user")


def _text(key: str, value: object) -> str:
    row = SETTINGS[key]
    return row.default_text if value is None else row.kind.text(value)
