"""Read a saved settings file again while a session runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from cyclorama.core.errors import CycloramaError
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import Settings
from cyclorama.settings.written import differences

log = logging.getLogger(__name__)

LOOK_S = 0.5
Signature = tuple[str, int, int] | None


class Reload:
    """Looks at the settings file twice a second, and changes what its saving changed: a setting that was changed
    otherwise meanwhile keeps its value unless the file's differs from before."""

    def __init__(
        self,
        file: Callable[[], Path | None],
        load: Callable[[], Settings],
        change: Callable[..., object],
        tell: Callable[[str], None],
    ) -> None:
        """``file``: the settings file, None = there is none. ``load``: reads all sources, raises SettingsError.
        ``change``: the session's. ``tell``: says one line to the user."""
        self._file = file
        self._load = load
        self._change = change
        self._tell = tell
        self._loaded = load()
        self._seen = self._read = self._signature()

    def run(self, stop: threading.Event) -> None:
        """Look until ``stop`` is set."""
        while not stop.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Read the file if it was saved, and has not changed since the last look: an editor may still be writing."""
        before, self._seen = self._seen, self._signature()
        if self._seen == before and self._seen != self._read:
            self._read = self._seen
            self._take()

    def _take(self) -> None:
        try:
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
        path = self._file()
        try:
            found = path.stat() if path is not None else None
        except OSError:
            return None
        return None if found is None else (str(path), found.st_mtime_ns, found.st_size)


def _text(key: str, value: object) -> str:
    row = SETTINGS[key]
    return row.default_text if value is None else row.kind.text(value)
