"""The table of all settings: those of sessions by key, those of stills by command and key."""

from __future__ import annotations

from cyclorama.settings.setting import Setting, settings_of
from cyclorama.settings.stills import (
    CutOutSettings,
    HeadshotSettings,
    IdPhotoSettings,
    ProductSettings,
    StillSettings,
)
from cyclorama.settings.values import Settings

__all__ = ["SETTINGS", "STILLS", "Setting", "file_keys", "of_command"]

SETTINGS: dict[str, Setting] = {row.key: row for row in settings_of(Settings)}
"""All settings of sessions and clips by key, in the field order of ``Settings``. Files and variables can set these."""
STILLS: dict[str, type[StillSettings]] = {
    "cutout": CutOutSettings,
    "headshot": HeadshotSettings,
    "id-photo": IdPhotoSettings,
    "product": ProductSettings,
}
"""The settings of each command that makes stills."""


def of_command(command: str) -> list[Setting]:
    """The settings that are options of ``command``; a key occurs once."""
    rows = settings_of(STILLS[command]) if command in STILLS else SETTINGS.values()
    return [row for row in rows if command in row.commands]


def file_keys(command: str) -> frozenset[str]:
    """The keys that a file or variable can set for ``command``: all but those that describe its single output."""
    return frozenset(row.key for row in of_command(command) if command not in row.option_only)
