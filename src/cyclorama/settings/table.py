"""The table of all settings, by key."""

from __future__ import annotations

from cyclorama.settings.setting import Setting, settings_of
from cyclorama.settings.values import Settings

__all__ = ["SETTINGS", "Setting", "file_keys", "of_command"]

SETTINGS: dict[str, Setting] = {row.key: row for row in settings_of(Settings)}
"""Every setting by its key, in the order of the fields of ``Settings``."""


def of_command(command: str) -> list[Setting]:
    """The settings that are options of ``command``."""
    return [row for row in SETTINGS.values() if command in row.commands]


def file_keys(command: str) -> frozenset[str]:
    """The keys that a file or a variable can set for ``command``: not those that say what its one output is like."""
    return frozenset(row.key for row in of_command(command) if command not in row.option_only)
