"""Encode a picture as JPEG, at the best quality within the size limits of an authority, and write it atomically."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

from cyclorama.core.frames import U8
from cyclorama.pictures.encode import Tags, encoded_picture

USUAL, BEST, WORST = 95, 100, 40
"""JPEG qualities: the default, the highest for files that are too small, the lowest for files that are too large."""
GOOD = 75
"""Quality below which fewer pixels look better than more of them."""
SUFFIXES = (".jpg", ".jpeg")
COMMENT = b"\xff\xfe"
"""The JPEG marker of a comment segment (ITU-T T.81, COM)."""
LONGEST = 65_533
"""Most bytes of text in a comment segment."""


def encode_within(pixels: U8, dpi: int, kilobytes: tuple[float, float] | None) -> tuple[bytes, int]:
    """Encode a picture, BGR uint8 (H, W, 3) in sRGB, as JPEG with ``dpi`` and no other metadata; also give its quality.

    ``kilobytes``: least and most size, 1 kB = 1000 bytes. A file that is too large at ``USUAL`` gets the highest
    quality that fits, or ``WORST`` where none fits. One that is too small gets the highest that fits, up to ``BEST``.
    What is too small then is padded with comments.
    """

    @cache
    def encoded(quality: int) -> bytes:
        return encoded_picture(pixels, ".jpg", tags=Tags.at(dpi), quality=quality)

    least, most = (limit * 1000 for limit in kilobytes or (0.0, float("inf")))
    data, quality = encoded(USUAL), USUAL
    if len(data) > most:
        data, quality = _highest_that_fits(encoded, most, WORST, USUAL)
    elif len(data) < least:
        data, quality = encoded(BEST), BEST
        if len(data) > most:
            data, quality = _highest_that_fits(encoded, most, USUAL, BEST)
    return _padded(data, math.ceil(least)), quality


def _highest_that_fits(encoded: Callable[[int], bytes], most: float, low: int, high: int) -> tuple[bytes, int]:
    """The file of the highest quality in [low, high) that has ``most`` bytes at most, or else of ``low``."""
    data = encoded(low)
    while high - low > 1:  # binary search: the quality lies in [low, high)
        middle = (low + high) // 2
        attempt = encoded(middle)
        if len(attempt) <= most:
            low, data = middle, attempt
        else:
            high = middle
    return data, low


def _padded(data: bytes, least: int) -> bytes:
    """Insert comment segments after the first segment of a JPEG until it has ``least`` bytes."""
    first_end = 4 + int.from_bytes(data[4:6], "big")
    comments = b""
    while (missing := least - len(data) - len(comments)) > 0:
        text = bytes(min(LONGEST, max(0, missing - 4)))
        comments += COMMENT + (len(text) + 2).to_bytes(2, "big") + text
    return data[:first_end] + comments + data[first_end:]
