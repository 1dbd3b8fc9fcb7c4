"""Parse texts and numbers from options, variables, TOML, JSON and Python."""

from __future__ import annotations

import os
from numbers import Real
from typing import Any


def as_text(value: Any) -> str:
    """A text, or a path's. Raises ValueError."""
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text: put it in quotes")
    return value


def as_number(value: Any) -> float:
    """Parse a number or its text; a bool is no number. Raises ValueError."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a number") from None
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise ValueError("it has too many digits") from None
    raise ValueError(f"{value!r} is not a number")


def as_whole(value: Any) -> int:
    """Parse an integer or its text. Raises ValueError."""
    number = as_number(value)
    if not number.is_integer():
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def plain(value: object) -> str:
    """Format ``value`` for a message: sizes as ``1280x720``, numbers as the shortest decimal text."""
    if isinstance(value, float):
        return f"{value:g}"
    return "x".join(map(str, value)) if isinstance(value, tuple) else repr(value)
