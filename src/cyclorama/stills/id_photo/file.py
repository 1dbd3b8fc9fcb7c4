"""The file of a picture for a document: JPEG, as good as its authority's limits on bytes let it be."""

from __future__ import annotations

from cyclorama.core.frames import U8
from cyclorama.pictures.encode import Tags, encoded_picture

USUAL, BEST, WORST = 95, 100, 40
"""Qualities of JPEG: what is written where it fits, and how far it is changed where it does not."""
SUFFIXES = (".jpg", ".jpeg")
COMMENT = b"\xff\xfe"
"""Marker of a comment in a JPEG, which no program shows."""
LONGEST = 65_533
"""Bytes in a comment."""


def encode_within(pixels: U8, dpi: int, kilobytes: tuple[float, float] | None) -> tuple[bytes, int]:
    """A JPEG of a picture, BGR uint8 (H, W, 3) in sRGB, at ``dpi``, and its quality; nothing else is in the file.

    ``kilobytes``: least and most, 1 kB = 1000 bytes. It is as good as fits, from ``WORST`` on; one that is too small at
    ``BEST`` gets an empty comment. Where ``WORST`` does not fit, it is too large.
    """

    def encoded(quality: int) -> bytes:
        return encoded_picture(pixels, ".jpg", tags=Tags(dpi=(dpi, dpi)), quality=quality)

    data = encoded(USUAL)
    least, most = (limit * 1000 for limit in kilobytes or (0.0, float("inf")))
    if len(data) > most:
        low, high = WORST, USUAL  # the highest quality that fits lies in [low, high)
        data = encoded(low)
        while high - low > 1:
            middle = (low + high) // 2
            attempt = encoded(middle)
            if len(attempt) <= most:
                low, data = middle, attempt
            else:
                high = middle
        return data, low
    if len(data) >= least:
        return data, USUAL
    data = encoded(BEST)
    return _padded(data, round(least)), BEST


def _padded(data: bytes, least: int) -> bytes:
    """A JPEG with comments behind its first segment, so that it has ``least`` bytes."""
    behind = 4 + int.from_bytes(data[4:6], "big")
    comments = b""
    while (missing := least - len(data) - len(comments)) > 0:
        text = bytes(min(LONGEST, max(0, missing - 4)))
        comments += COMMENT + (len(text) + 2).to_bytes(2, "big") + text
    return data[:behind] + comments + data[behind:]
