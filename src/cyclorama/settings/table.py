"""The table of all settings, by key."""

from __future__ import annotations

from cyclorama.settings.setting import Setting, settings_of
from cyclorama.settings.values import Settings

__all__ = ["SETTINGS", "Setting", "file_keys", "of_command"]

SETTINGS: dict[str, Setting] = {row.key: row for row in settings_of(Settings)}
"""All settings by key, in the field order of ``Settings``."""


def of_command(command: str) -> list[Setting]:
    """The settings that are options of ``command``."""
    return [row for row in SETTINGS.values() if command in row.commands]


def file_keys(command: str) -> frozenset[str]:
    """The keys that a file or variable can set for ``command``: all but those that describe its single output."""
    return frozenset(row.key for row in of_command(command) if command not in row.option_only)
