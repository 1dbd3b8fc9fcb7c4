"""The mark in every output that tells a later run which photo and options it was made of, so that it can be skipped.

The mark is the Exif tag ImageUniqueID of the output itself. Outputs are written atomically, so the mark can neither be
lost nor be wrong. It reveals nothing: it consists of hashes of the photo's name, and of its size, time and the options.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from cyclorama.pictures.exif import EXIF_IFD, read_detail, rewritable

IMAGE_UNIQUE_ID = 0xA420
BEGIN = "c1c1"
"""Prefix that tells a mark from a camera's own ImageUniqueID. The tag holds 32 digits."""
DIGITS = 14
"""Hexadecimal digits of each of the two hashes."""


@dataclass(frozen=True, slots=True)
class Mark:
    """``photo``: hash of the photo's name. ``state``: hash of its size, its modification time and the options."""

    photo: str
    state: str

    @property
    def text(self) -> str:
        """The value of the tag."""
        return BEGIN + self.photo + self.state


def mark_for(source: Path, how: str) -> Mark | None:
    """The mark for an output of ``source`` with the options ``how``; None where ``source`` is no file."""
    try:
        status = source.stat()
    except OSError:
        return None
    return Mark(_digest(source.name), _digest(f"{status.st_size} {status.st_mtime_ns} {how}"))


def read_mark(path: Path) -> Mark | None:
    """Read the mark of an output without decoding its pixels; None where it has none or cannot be read."""
    text = read_detail(path, IMAGE_UNIQUE_ID)
    if not isinstance(text, str) or not text.startswith(BEGIN):
        return None
    return Mark(text[len(BEGIN) : -DIGITS], text[-DIGITS:])


def exif_with_mark(exif: bytes, mark: Mark) -> bytes:
    """Add the mark to an Exif block; returns the new block."""
    block = rewritable(exif)
    block.get_ifd(EXIF_IFD)[IMAGE_UNIQUE_ID] = mark.text
    return block.tobytes()


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=DIGITS // 2).hexdigest()
