"""Parse the options that only clips have. Every error names the option and shows its format."""

from __future__ import annotations

import re

from cyclorama.core.errors import SettingsError
from cyclorama.settings.values import WHOLE, Trim

TIME = r"(?:\d+(?::\d+){0,2}(?:\.\d+)?)"


def read_trim(text: str | None) -> Trim:
    """Parse ``START-END`` in seconds, m:s or h:m:s; each end is optional. None: the whole clip. Raises
    SettingsError."""
    return WHOLE if text is None else _read_part("--trim", text, "5-12.5, 1:30-2:00 or 90-")


def read_room(text: str | None, trim: Trim) -> Trim | None:
    """Parse ``START-END``, the times in a clip that show the empty room, into seconds from the start of ``trim``. None:
    none do. Raises SettingsError, also where these times are not all converted."""
    if text is None:
        return None
    part = _read_part("--room", text, "0-1 or 1:30-1:32")
    if part.end_s is None:
        raise SettingsError(f"--room: {text!r} has no end: write START-END, as in 0-1")
    within = part.within(trim)
    if within is None:
        raise SettingsError(f"--room: {text!r} is not all within --trim: let that begin with the empty room")
    return within


def _read_part(option: str, text: str, examples: str) -> Trim:
    """Parse the value of ``option``. Raises SettingsError, with ``examples`` of the format."""
    match = re.fullmatch(rf"\s*({TIME})?\s*-\s*({TIME})?\s*", text)
    if match is None or not (match[1] or match[2]):
        raise SettingsError(
            f"{option}: {text!r} is no part of a clip: write START-END, seconds or h:m:s, as in {examples}"
        )
    start_s, end_s = _seconds(match[1] or "0"), _seconds(match[2]) if match[2] else None
    if end_s is not None and end_s <= start_s:
        raise SettingsError(
            f"{option}: {text!r} ends before it begins: write START-END, as in {examples.split(',')[0]}"
        )
    return Trim(start_s, end_s)


def _seconds(text: str) -> float:
    total = 0.0
    for part in text.split(":"):
        total = 60 * total + float(part)
    return total
