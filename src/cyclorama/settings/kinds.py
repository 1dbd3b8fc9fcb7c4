"""The value types of settings: how each is parsed, checked and formatted. ``picture_kinds`` has those of pictures.

``read`` parses the text of an option or variable, or a value from TOML, JSON or Python, and raises ValueError.
``problem`` says why a typed value is invalid. ``text`` formats a value as its option takes it.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cyclorama.core.suggest import nearest
from cyclorama.files.names import user_path
from cyclorama.settings.reading import as_number, as_text, as_whole, plain

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
SHORT = 20
"""Most letters of a list of choices that help shows in place of a metavar."""


class Kind(ABC):
    """A value type."""

    form: ClassVar[str] = "TEXT"
    several: ClassVar[bool] = False
    """Whether its option may be given several times."""

    @property
    def metavar(self) -> str:
        """The format of a value in help: ``0..1``."""
        return self.form

    @property
    def choices(self) -> tuple[object, ...]:
        """All values of an enumeration; empty for other types."""
        return ()

    @property
    def range(self) -> tuple[float, float] | None:
        """Minimum and maximum of a number; None for other types."""
        return None

    @abstractmethod
    def read(self, value: Any) -> Any:
        """Parse ``value``. Raises ValueError if it does not have the format."""

    @abstractmethod
    def problem(self, value: object) -> str:
        """Why ``value`` is invalid, as ``90.5 is not a number from 0 to 1``; empty if it is valid."""

    def text(self, value: Any) -> str:
        """Format ``value`` as its option takes it."""
        return str(value)


@dataclass(frozen=True)
class Flag(Kind):
    """Yes or no."""

    form: ClassVar[str] = "yes|no"

    def read(self, value: Any) -> bool:
        """Parse a bool or a word for one."""
        if isinstance(value, bool):
            return value
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in TRUE + FALSE:
            return word in TRUE
        raise ValueError(f"{value!r} is neither true nor false")

    def problem(self, value: object) -> str:
        """Rejects anything but a bool."""
        return "" if isinstance(value, bool) else f"{value!r} is neither true nor false"

    def text(self, value: Any) -> str:
        """``yes`` or ``no``."""
        return "yes" if value else "no"


@dataclass(frozen=True)
class Number(Kind):
    """A number from ``low`` to ``high``."""

    low: float
    high: float

    @property
    def range(self) -> tuple[float, float]:
        """``low`` and ``high``."""
        return self.low, self.high

    @property
    def metavar(self) -> str:
        """``low..high``."""
        return f"{self.low:g}..{self.high:g}"

    def read(self, value: Any) -> float:
        """Parse a number or its text; a bool is no number."""
        return as_number(value)

    def problem(self, value: object) -> str:
        """Rejects values outside the range, NaN, and anything but a number."""
        if isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high:
            return ""
        return f"{plain(value)} is not a number from {self.low:g} to {self.high:g}"

    def text(self, value: Any) -> str:
        """The shortest decimal text."""
        return f"{value:g}"


@dataclass(frozen=True)
class Whole(Number):
    """An integer from ``low`` to ``high``; with ``auto``, that word stands for 0."""

    auto: bool = False

    @property
    def metavar(self) -> str:
        """``low..high``, or ``N|auto``."""
        return "N|auto" if self.auto else super().metavar

    def read(self, value: Any) -> int:
        """Parse an integer, its text, or ``auto``."""
        if not self.auto:
            return as_whole(value)
        try:
            return 0 if isinstance(value, str) and value.strip().lower() == "auto" else as_whole(value)
        except ValueError:
            raise ValueError(f"{value!r} is neither auto nor a whole number") from None

    def problem(self, value: object) -> str:
        """Rejects what Number rejects, and fractions."""
        wrong = super().problem(value)
        return wrong or ("" if isinstance(value, int) else f"{plain(value)} is not a whole number")

    def text(self, value: Any) -> str:
        """The digits, or ``auto``."""
        return "auto" if self.auto and value == 0 else str(value)


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words or integers."""

    values: tuple[object, ...]

    @property
    def choices(self) -> tuple[object, ...]:
        """The words or integers."""
        return self.values

    @property
    def metavar(self) -> str:
        """All choices, if the list is short."""
        words = "|".join(map(str, self.values))
        return words if len(words) <= SHORT else "NAME"

    def read(self, value: Any) -> object:
        """Parse a word or an integer. TOML's ``false`` and ``true`` mean ``off`` and ``on`` if these are choices."""
        if isinstance(self.values[0], int):
            return as_whole(value)
        if isinstance(value, bool):
            word = "on" if value else "off"
            return word if word in self.values else as_text(value)
        return as_text(value).strip().lower()

    def problem(self, value: object) -> str:
        """Rejects anything but one of the choices."""
        if value in self.values and not isinstance(value, bool):
            return ""
        near = nearest(value, map(str, self.values)) if isinstance(value, str) else None
        said = f"{value!r} is not one of {', '.join(map(str, self.values))}"
        return said if near is None else f"{said}: did you mean {near}?"


@dataclass(frozen=True)
class Text(Kind):
    """A non-empty text; with ``index``, an integer is read as its digits."""

    index: bool = False

    def read(self, value: Any) -> str:
        """Parse a text or an index."""
        if self.index and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return as_text(value)

    def problem(self, value: object) -> str:
        """Rejects an empty text and anything but a text."""
        if not isinstance(value, str):
            return f"{value!r} is no text"
        return "" if value else "it is empty"


@dataclass(frozen=True)
class Texts(Kind):
    """Several texts: a list, or one text separated by commas."""

    several: ClassVar[bool] = True

    def read(self, value: Any) -> tuple[str, ...]:
        """Parse a text with commas, or a list of texts."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(","))
        if isinstance(value, os.PathLike):
            return (as_text(value),)
        if isinstance(value, list | tuple) and all(isinstance(part, str | os.PathLike) for part in value):
            return tuple(map(as_text, value))
        raise ValueError(f"{value!r} is neither a text nor a list of texts")

    def problem(self, value: object) -> str:
        """Rejects an empty list, empty texts, and anything but texts."""
        if isinstance(value, tuple) and value and all(isinstance(part, str) and part for part in value):
            return ""
        return "it names nothing to send to"

    def text(self, value: Any) -> str:
        """The texts, separated by commas."""
        return ",".join(value)


@dataclass(frozen=True)
class Several(Kind):
    """One or more values of another type; a value that is no list stands for a list of one."""

    each: Kind
    several: ClassVar[bool] = True

    @property
    def choices(self) -> tuple[object, ...]:
        """The choices for each value."""
        return self.each.choices

    @property
    def metavar(self) -> str:
        """The format of each value."""
        return self.each.metavar

    def read(self, value: Any) -> tuple[Any, ...]:
        """Parse a list or a single value."""
        return tuple(map(self.each.read, value if isinstance(value, list | tuple) else [value]))

    def problem(self, value: object) -> str:
        """Rejects an empty list, and what the other type rejects."""
        if not isinstance(value, tuple):
            return f"{value!r} is no list"
        return next(filter(None, map(self.each.problem, value)), "") if value else "the list is empty"

    def text(self, value: Any) -> str:
        """The values, separated by commas."""
        return ", ".join(map(self.each.text, value))


@dataclass(frozen=True)
class File(Kind):
    """A file path; ``~`` is expanded to the user's home folder."""

    form: ClassVar[str] = "FILE"

    def read(self, value: Any) -> Path:
        """Parse a non-empty text or a path."""
        if isinstance(value, Path):
            return value
        text = as_text(value)
        if not text:
            raise ValueError("it is empty")
        return user_path(text)

    def problem(self, value: object) -> str:
        """Rejects anything but a path."""
        return "" if isinstance(value, Path) else f"{value!r} is no path"
