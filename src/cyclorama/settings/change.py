"""Derive new settings from existing ones, by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cyclorama.core.errors import SettingsError
from cyclorama.core.suggest import did_you_mean
from cyclorama.settings.table import SETTINGS, Setting
from cyclorama.settings.values import Settings


def change_settings(settings: Settings, **changes: object) -> Settings:
    """A copy of ``settings`` with other values: ``change_settings(settings, zoom=2, background="office")``.

    A value is typed, or text in the format of its option. Raises SettingsError, which names the key; then no value is
    changed.
    """
    values = {}
    for key, value in changes.items():
        row = find_setting(key)
        try:
            values[key] = row.read(value)
        except ValueError as error:
            raise SettingsError(f"the setting {key} cannot be used: {error}") from None
    return with_values(settings, values)


def find_setting(key: str) -> Setting:
    """The row of ``key`` in the table. Raises SettingsError for an unknown key, and suggests the nearest one."""
    row = SETTINGS.get(key)
    if row is None:
        raise SettingsError(f"there is no setting {key}: {did_you_mean(key, SETTINGS)}")
    return row


def with_values(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """A copy of ``settings`` with typed ``values`` by key. Raises SettingsError for an invalid combination."""
    fields: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = SETTINGS[key].path.rpartition(".")
        fields.setdefault(section, {})[name] = value
    own = fields.pop("", {})
    sections = {name: replace(getattr(settings, name), **changed) for name, changed in fields.items()}
    return replace(settings, **sections, **own)
