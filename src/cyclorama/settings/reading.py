"""Texts and numbers, from what options, variables, TOML, JSON and Python hold."""

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
    """A number or its text, no bool. Raises ValueError."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            raise ValueError(f"{value!r} is not a number") from None
    if isinstance(value, Real) and not isinstance(value, bool):
        return float(value)
    raise ValueError(f"{value!r} is not a number")


def as_whole(value: Any) -> int:
    """A whole number or its text. Raises ValueError."""
    number = as_number(value)
    if not number.is_integer():
        raise ValueError(f"{value!r} is not a whole number")
    return int(number)


def plain(value: object) -> str:
    """``value`` for a message: sides with an x, numbers without needless digits."""
    if isinstance(value, float):
        return f"{value:g}"
    return "x".join(map(str, value)) if isinstance(value, tuple) else repr(value)
