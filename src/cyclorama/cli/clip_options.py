"""Parse the options that only clips have. Every error names the option and shows its format."""

from __future__ import annotations

import re

from cyclorama.core.errors import SettingsError
from cyclorama.settings.values import WHOLE, Trim

TIME = r"(?:\d+(?::\d+){0,2}(?:\.\d+)?)"


def read_trim(text: str | None) -> Trim:
    """Parse ``START-END`` in seconds, m:s or h:m:s; each end is optional. None: the whole clip. Raises
    SettingsError."""
    if text is None:
        return WHOLE
    match = re.fullmatch(rf"\s*({TIME})?\s*-\s*({TIME})?\s*", text)
    if match is None or not (match[1] or match[2]):
        raise SettingsError(
            f"--trim: {text!r} is no part of a clip: write START-END, seconds or h:m:s, as in 5-12.5, 1:30-2:00 or 90-"
        )
    start_s, end_s = _seconds(match[1] or "0"), _seconds(match[2]) if match[2] else None
    if end_s is not None and end_s <= start_s:
        raise SettingsError(f"--trim: {text!r} ends before it begins: write START-END, as in 5-12.5")
    return Trim(start_s, end_s)


def _seconds(text: str) -> float:
    total = 0.0
    for part in text.split(":"):
        total = 60 * total + float(part)
    return total
