"""Make settings of values by key: new ones from existing ones, and those of stills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from cyclorama.core.errors import SettingsError
from cyclorama.core.suggest import did_you_mean
from cyclorama.settings.setting import Setting, settings_of
from cyclorama.settings.stills import StillSettings
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import Settings

S = TypeVar("S", bound=StillSettings)


def change_settings(settings: Settings, **changes: object) -> Settings:
    """A copy of ``settings`` with other values: ``change_settings(settings, zoom=2, background="office")``.

    A value is typed, or text in the format of its option. Raises SettingsError, which names the key; then no value is
    changed.
    """
    values = {}
    for key, value in changes.items():
        values[key] = _read(find_setting(key), value, _by_key)
    return with_values(settings, values)


def _by_key(row: Setting) -> str:
    return f"the setting {row.key} cannot be used"


def make_still_settings(kind: type[S], values: Mapping[str, object], name: Callable[[Setting], str] = _by_key) -> S:
    """The settings of a still with ``values`` by key, typed or text in the format of their options; others have their
    defaults.

    ``name``: how errors begin. Raises SettingsError for an unknown key, and for an invalid value or combination.
    """
    rows = {row.key: row for row in settings_of(kind)}
    given = [(find_setting(key, rows), value) for key, value in values.items()]
    return kind(**{row.path: _read(row, value, name) for row, value in given})


def _read(row: Setting, value: object, name: Callable[[Setting], str]) -> Any:
    try:
        return row.read(value)
    except ValueError as error:
        raise SettingsError(f"{name(row)}: {error}") from None


def find_setting(key: str, rows: Mapping[str, Setting] = SETTINGS) -> Setting:
    """The row of ``key``. Raises SettingsError for an unknown key, and suggests the nearest one."""
    row = rows.get(key)
    if row is None:
        raise SettingsError(f"there is no setting {key}: {did_you_mean(key, rows)}")
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
