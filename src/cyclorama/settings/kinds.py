"""The kinds of values that settings have: how each is read, checked and written.

``read`` takes the text of an option or variable, or a value from TOML, JSON or Python, and raises ValueError.
``problem`` says why a typed value cannot be used; ``text`` is the form in which an option takes it.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from cyclorama.files.names import user_path
from cyclorama.settings.reading import as_number, as_text, as_whole, plain

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
SIDE = (16, 8192)
"""Smallest and largest width and height, in pixels."""
NAMED_SIZES = {
    "480p": (854, 480),
    "720p": (1280, 720),
    "1080p": (1920, 1080),
    "1440p": (2560, 1440),
    "4k": (3840, 2160),
}


class Kind(ABC):
    """One kind of values."""

    form: ClassVar[str] = "TEXT"

    @property
    def metavar(self) -> str:
        """The form of a value in help: ``0..1``."""
        return self.form

    @property
    def choices(self) -> tuple[object, ...]:
        """All values, where they are a few words or numbers."""
        return ()

    @property
    def range(self) -> tuple[float, float] | None:
        """The least and the largest value, of numbers."""
        return None

    @abstractmethod
    def read(self, value: Any) -> Any:
        """The typed value. Raises ValueError where ``value`` does not have the form."""

    @abstractmethod
    def problem(self, value: object) -> str:
        """Why ``value`` cannot be used, as ``90.5 is not a number from 0 to 1``; empty where it can."""

    def text(self, value: Any) -> str:
        """``value`` as an option takes it."""
        return str(value)


@dataclass(frozen=True)
class Flag(Kind):
    """Yes or no."""

    form: ClassVar[str] = "yes|no"

    def read(self, value: Any) -> bool:
        """True, false, or a word for them."""
        if isinstance(value, bool):
            return value
        word = value.strip().lower() if isinstance(value, str) else ""
        if word in TRUE + FALSE:
            return word in TRUE
        raise ValueError(f"{value!r} is neither true nor false")

    def problem(self, value: object) -> str:
        """Anything but a bool is one."""
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
        """A number or its text; no bool."""
        return as_number(value)

    def problem(self, value: object) -> str:
        """Outside the range, NaN, or no number."""
        if isinstance(value, int | float) and not isinstance(value, bool) and self.low <= value <= self.high:
            return ""
        return f"{plain(value)} is not a number from {self.low:g} to {self.high:g}"

    def text(self, value: Any) -> str:
        """Without needless digits."""
        return f"{value:g}"


@dataclass(frozen=True)
class Whole(Number):
    """A whole number from ``low`` to ``high``; with ``auto``, that word stands for 0."""

    auto: bool = False

    @property
    def metavar(self) -> str:
        """``low..high``, or ``N|auto``."""
        return "N|auto" if self.auto else super().metavar

    def read(self, value: Any) -> int:
        """A whole number, its text, or ``auto``."""
        if not self.auto:
            return as_whole(value)
        try:
            return 0 if isinstance(value, str) and value.strip().lower() == "auto" else as_whole(value)
        except ValueError:
            raise ValueError(f"{value!r} is neither auto nor a whole number") from None

    def problem(self, value: object) -> str:
        """As of a number, and a fraction."""
        wrong = super().problem(value)
        return wrong or ("" if isinstance(value, int) else f"{plain(value)} is not a whole number")

    def text(self, value: Any) -> str:
        """Its digits, or ``auto``."""
        return "auto" if self.auto and value == 0 else str(value)


@dataclass(frozen=True)
class Choice(Kind):
    """One of a few words, or of a few whole numbers."""

    values: tuple[object, ...]

    @property
    def choices(self) -> tuple[object, ...]:
        """The words or numbers."""
        return self.values

    @property
    def metavar(self) -> str:
        """All of them, where they are short."""
        words = "|".join(map(str, self.values))
        return words if len(words) <= 16 else "NAME"

    def read(self, value: Any) -> object:
        """A word, or a whole number; TOML's ``false`` and ``true`` are ``off`` and ``on`` where these are choices."""
        if isinstance(self.values[0], int):
            return as_whole(value)
        if isinstance(value, bool):
            word = "on" if value else "off"
            return word if word in self.values else as_text(value)
        return as_text(value).strip().lower()

    def problem(self, value: object) -> str:
        """None of the choices."""
        if value in self.values and not isinstance(value, bool):
            return ""
        return f"{value!r} is not one of {', '.join(map(str, self.values))}"


@dataclass(frozen=True)
class Text(Kind):
    """A text that is not empty; with ``index``, a whole number stands for its digits."""

    index: bool = False

    def read(self, value: Any) -> str:
        """A text, or an index."""
        if self.index and isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        return as_text(value)

    def problem(self, value: object) -> str:
        """Empty, or no text."""
        if not isinstance(value, str):
            return f"{value!r} is no text"
        return "" if value else "it is empty"


@dataclass(frozen=True)
class Texts(Kind):
    """Several texts: a list, or one text with commas."""

    def read(self, value: Any) -> tuple[str, ...]:
        """A text with commas, or a list of texts."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(","))
        if isinstance(value, os.PathLike):
            return (as_text(value),)
        if isinstance(value, list | tuple) and all(isinstance(part, str | os.PathLike) for part in value):
            return tuple(map(as_text, value))
        raise ValueError(f"{value!r} is neither a text nor a list of texts")

    def problem(self, value: object) -> str:
        """No texts, or an empty one among them."""
        if isinstance(value, tuple) and value and all(isinstance(part, str) and part for part in value):
            return ""
        return "it names nothing to send to"

    def text(self, value: Any) -> str:
        """With commas."""
        return ",".join(value)


@dataclass(frozen=True)
class Size(Kind):
    """Width and height, in pixels."""

    form: ClassVar[str] = "SIZE"

    def read(self, value: Any) -> tuple[int, int]:
        """``WIDTHxHEIGHT``, a name as ``720p``, or a list of two numbers."""
        if isinstance(value, list | tuple) and len(value) == 2:
            return as_whole(value[0]), as_whole(value[1])
        text = value.strip().lower() if isinstance(value, str) else ""
        if text in NAMED_SIZES:
            return NAMED_SIZES[text]
        match = re.fullmatch(r"(\d{1,6})[x×](\d{1,6})", text)
        if match is None:
            raise ValueError(
                f"{value!r} is no size: write WIDTHxHEIGHT, as in 1280x720, or one of {', '.join(NAMED_SIZES)}"
            )
        return int(match[1]), int(match[2])

    def problem(self, value: object) -> str:
        """Too small, too large, or no two sides."""
        low, high = SIDE
        if (
            isinstance(value, tuple)
            and len(value) == 2
            and all(isinstance(side, int) and low <= side <= high for side in value)
        ):
            return ""
        return f"{plain(value)} is not a width and a height from {low} to {high} pixels"

    def text(self, value: Any) -> str:
        """``WIDTHxHEIGHT``."""
        return plain(value)


@dataclass(frozen=True)
class Pair(Kind):
    """Two numbers from ``low`` to ``high``."""

    low: float
    high: float
    form: ClassVar[str] = "X,Y"

    @property
    def range(self) -> tuple[float, float]:
        """``low`` and ``high``."""
        return self.low, self.high

    def read(self, value: Any) -> tuple[float, float]:
        """``X,Y``, or a list of two numbers."""
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple) or len(parts) != 2:
            raise ValueError(f"{value!r} is not two numbers: write X,Y, as in -0.5,0")
        return as_number(parts[0]), as_number(parts[1])

    def problem(self, value: object) -> str:
        """Outside the range, or no two numbers."""
        if (
            isinstance(value, tuple)
            and len(value) == 2
            and not any(Number(self.low, self.high).problem(part) for part in value)
        ):
            return ""
        return f"{value!r} is not two numbers from {self.low:g} to {self.high:g}"

    def text(self, value: Any) -> str:
        """``X,Y``."""
        return ",".join(f"{part:g}" for part in value)


@dataclass(frozen=True)
class File(Kind):
    """The path of a file; ``~`` is the user's folder."""

    form: ClassVar[str] = "FILE"

    def read(self, value: Any) -> Path:
        """A text that is not empty, or a path."""
        if isinstance(value, Path):
            return value
        text = as_text(value)
        if not text:
            raise ValueError("it is empty")
        return user_path(text)

    def problem(self, value: object) -> str:
        """Anything but a path is one."""
        return "" if isinstance(value, Path) else f"{value!r} is no path"
