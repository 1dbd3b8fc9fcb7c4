"""Typed access to a table of TOML or JSON, with errors that name the file, the entry and the key."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from cyclorama.core.errors import ModelError
from cyclorama.core.suggest import did_you_mean

T = TypeVar("T")


class Table:
    """One table. ``place``: the file and the entry, for messages. Every accessor raises ModelError."""

    def __init__(self, values: Any, place: str) -> None:
        """Take ``values`` as they were parsed. Raises ModelError where they are no table."""
        if not isinstance(values, dict):
            raise ModelError(f"{place}: it is not a table")
        self._values: Mapping[str, Any] = values
        self.place = place

    def wrong(self, key: str, what: str) -> ModelError:
        """The error that says ``what`` is wrong with ``key``."""
        return ModelError(f"{self.place}, {key}: {what}")

    def allow(self, *known: str) -> None:
        """Refuse unknown keys: a misspelled key would silently mean the default."""
        for key in self._values:
            if key not in known:
                raise self.wrong(key, f"there is no such key: {did_you_mean(key, known)}")

    def optional(self, key: str, read: Callable[[str], T]) -> T | None:
        """``read(key)``; None where the key is missing."""
        return read(key) if key in self._values else None

    def text(self, key: str) -> str:
        """A non-empty string."""
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, f"{value!r} is not a text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of at least one string."""
        value = self._get(key)
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise self.wrong(key, f"{value!r} is not a list of texts")
        return tuple(value)

    def choice(self, key: str, choices: Collection[str]) -> str:
        """One of ``choices``."""
        value = self.text(key)
        if value not in choices:
            raise self.wrong(key, f"{value!r} is not one of {', '.join(choices)}")
        return value

    def flag(self, key: str) -> bool:
        """A boolean."""
        value = self._get(key)
        if not isinstance(value, bool):
            raise self.wrong(key, f"{value!r} is neither true nor false")
        return value

    def whole(self, key: str) -> int:
        """A positive integer."""
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self.wrong(key, f"{value!r} is not a whole number above 0")
        return value

    def positive(self, key: str) -> float:
        """A finite number above 0."""
        value = self._get(key)
        if not _is_number(value) or value <= 0:
            raise self.wrong(key, f"{value!r} is not a number above 0")
        return float(value)

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """``count`` finite numbers."""
        value = self._get(key)
        fits = isinstance(value, list) and len(value) == count
        if not fits or not all(_is_number(item) for item in value):
            raise self.wrong(key, f"{value!r} is not a list of {count} numbers")
        return tuple(float(item) for item in value)

    def table(self, key: str) -> Table:
        """The table under ``key``."""
        return Table(self._get(key), f"{self.place}, {key}")

    def tables(self, key: str) -> dict[str, Table]:
        """The tables under ``key``, by name."""
        values = self._get(key)
        if not isinstance(values, dict):
            raise self.wrong(key, "it is not a table of tables")
        return {name: Table(inner, f"{self.place}: {name}") for name, inner in values.items()}

    def _get(self, key: str) -> Any:
        if key not in self._values:
            raise self.wrong(key, "it is missing")
        return self._values[key]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
