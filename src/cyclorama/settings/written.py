"""Settings as values for JSON, by key."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from cyclorama.settings.kinds import Texts
from cyclorama.settings.table import SETTINGS, Setting
from cyclorama.settings.values import Settings

Written = bool | float | str | list[str] | None
"""A flag, a number, a text in the format of the setting's option, a list of texts, or None for "not set"."""


def written(row: Setting, value: object) -> Written:
    """A typed value of ``row`` as JSON has it; ``row.read`` is the way back."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float) and row.kind.text(value) != "auto":
        return value
    if isinstance(row.kind, Texts):
        return [*value] if isinstance(value, tuple) else [str(value)]
    return row.kind.text(value)


def value_of(settings: Settings, row: Setting) -> object:
    """The typed value that ``settings`` have for ``row``."""
    return attrgetter(row.path)(settings)


def written_settings(settings: Settings, keys: Iterable[str] = SETTINGS) -> dict[str, Written]:
    """The values of ``keys``, in the order of the table."""
    wanted = set(keys)
    return {key: written(row, value_of(settings, row)) for key, row in SETTINGS.items() if key in wanted}


def differences(before: Settings, after: Settings) -> dict[str, object]:
    """The typed values of ``after`` that differ from ``before``, by key."""
    pairs = ((key, value_of(before, row), value_of(after, row)) for key, row in SETTINGS.items())
    return {key: new for key, old, new in pairs if new != old}
