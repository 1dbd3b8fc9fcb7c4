"""What was used last: settings and backgrounds, for the next start of the panel."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclorama.background.spec import parse_background, shows_room
from cyclorama.core.errors import CycloramaError, SettingsError
from cyclorama.files.names import user_path
from cyclorama.files.state import read_note, state_folder, write_note
from cyclorama.settings.change import change_settings
from cyclorama.settings.values import Settings
from cyclorama.settings.written import written_settings

log = logging.getLogger(__name__)

KEPT = (
    "source", "size", "fps", "mirror", "rotate", "fit", "frame", "zoom", "pan", "background", "light_wrap", "away",
    "model", "quality", "smooth", "edge", "to", "audio", "mic",
)  # fmt: skip
FILES = ("source", "background", "away")
"""Those that may be a file."""
RECENT = 8


@dataclass(frozen=True, slots=True)
class LastUsed:
    """``settings``: as JSON has them, by key. ``recent``: backgrounds, the newest first."""

    settings: dict[str, Any]
    recent: list[str]


def last_file() -> Path:
    """Where it is kept; it need not exist."""
    return state_folder() / "last.json"


def read_last(file: Path | None = None) -> LastUsed | None:
    """What was used last; None before the first time, and where the file cannot be used."""
    try:
        kept = read_note(file or last_file())
        return LastUsed(dict(kept["settings"]), [str(spec) for spec in kept["recent"]])
    except (ValueError, KeyError, TypeError):
        return None


def last_settings(begin: Settings, file: Path | None = None) -> Settings:
    """``begin`` with what was used last. A value that cannot be used any more is left out."""
    last = read_last(file)
    settings = begin
    for key, value in (last.settings if last is not None else {}).items():
        if key in KEPT and value is not None and not _shows_room(key, value):
            with suppress(SettingsError):
                if key == "background":
                    parse_background(value)  # a file may be gone
                settings = change_settings(settings, **{key: value})
    return settings


def remember(settings: Settings, file: Path | None = None) -> None:
    """Keep ``settings`` for the next start; where that fails, the next start is like the one before."""
    file = file or last_file()
    before = read_last(file)
    kept = {key: value for key, value in written_settings(settings, KEPT).items() if not _shows_room(key, value)}
    kept.update({key: _from_anywhere(kept[key]) for key in FILES if key in kept})
    kept["to"] = [spec for spec in settings.to if spec.partition(":")[0] == "camera"] or None
    background = _from_anywhere(settings.compose.background)
    recent = [] if before is None else before.recent
    if not _shows_room("background", background):
        recent = [background, *(spec for spec in recent if spec != background)][:RECENT]
    try:
        write_note(file, {"settings": kept, "recent": recent})
    except (OSError, CycloramaError) as error:
        log.debug("what was used last is not kept: %s", error)


def _from_anywhere(value: Any) -> Any:
    """A file's full path, because the next start may be in another folder; anything else as it is."""
    try:
        path = user_path(value)
        return str(path.absolute()) if path.suffix and path.is_file() else value
    except (OSError, TypeError, ValueError):
        return value


def _shows_room(key: str, value: object) -> bool:
    """Whether it is never kept: who wants the room has to ask each time."""
    return key in ("background", "away") and shows_room(value)
