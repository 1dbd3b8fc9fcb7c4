"""Which backgrounds a request may name: those that need no file, our own, and those that were uploaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from cyclorama.background.builtin import list_builtin
from cyclorama.background.spec import KEYWORDS, shows_room
from cyclorama.core.errors import SettingsError
from cyclorama.core.suggest import did_you_mean
from cyclorama.stills.headshot.preset import load_studio

Lookup = Callable[[str], Path | None]
"""The file of an uploaded background by its id; None for an unknown one."""


def no_uploads(name: str) -> None:
    """No background was uploaded."""


class BackgroundNames:
    """Turns a background that a request names into one that the engine opens. A path is none: a page may not choose
    files of this machine."""

    def __init__(self, lookup: Lookup = no_uploads) -> None:
        self._lookup = lookup

    def resolve(self, name: str, *, studio: bool = False) -> str:
        """The value of ``--background`` for ``name``. ``studio``: backdrops of headshots are allowed too. Raises
        SettingsError."""
        word = name.partition(":")[0].strip().lower()
        if shows_room(name):
            raise SettingsError("background none would show the room: choose another background")
        backdrops = tuple(load_studio()) if studio else ()
        if word in KEYWORDS or name in (*list_builtin(), *backdrops):
            return name
        uploaded = self._lookup(name)
        if uploaded is not None:
            return str(uploaded)
        known = (*(word for word in KEYWORDS if word != "none"), *backdrops, *list_builtin())
        raise SettingsError(
            f"there is no background {name[:80]!r} here: {did_you_mean(name, known)}; upload a file of yours first"
        )
