"""The nearest known word to one that is not known: typing errors in names, keys and commands."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The member of ``known`` that ``word`` most likely stands for; upper case and hyphens make no difference."""
    names = {_plain(name): name for name in known}
    matches = difflib.get_close_matches(_plain(word), names, n=1)
    return names[matches[0]] if matches else None


def did_you_mean(word: str, known: Iterable[str], *, prefix: str = "", otherwise: str | None = None) -> str:
    """``did you mean X?`` for the end of a message.

    Where nothing is near it is ``otherwise``, or ``known are X, Y``, or empty where nothing is known. ``prefix`` stands
    before the suggestion and is no part of the comparison.
    """
    names = list(dict.fromkeys(known))
    match = nearest(word, names)
    if match is not None:
        return f"did you mean {prefix}{match}?"
    if otherwise is not None:
        return otherwise
    return f"known are {', '.join(names)}" if names else ""


def _plain(name: object) -> str:
    return str(name).lower().replace("-", "_")
