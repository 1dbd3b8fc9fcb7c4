"""A mark in every file that is made, by which a later run knows what of, and does not make it again.

It is the Exif tag ImageUniqueID: in the file itself, which is written whole or not at all, so that it cannot be lost or
be wrong. It tells nothing to anybody else: hashes of the photo's name, and of its size, time and the options.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from cyclorama.pictures.exif import EXIF_IFD, read_detail, rewritable

IMAGE_UNIQUE_ID = 0xA420
BEGIN = "c1c1"
"""What a camera's own number hardly begins with. The tag holds 32 digits."""
DIGITS = 14


@dataclass(frozen=True, slots=True)
class Mark:
    """``photo``: stands for the photo's name; ``state``: for what it was when this was made of it, and how it was."""

    photo: str
    state: str

    @property
    def text(self) -> str:
        """What the tag holds."""
        return BEGIN + self.photo + self.state


def mark_of(source: Path, how: str) -> Mark | None:
    """The mark of what is made of ``source`` with the options ``how``; None where there is no such file."""
    try:
        status = source.stat()
    except OSError:
        return None
    return Mark(_digest(source.name), _digest(f"{status.st_size} {status.st_mtime_ns} {how}"))


def mark_in(path: Path) -> Mark | None:
    """The mark that a file holds, of which only the head is read; None where it has none, or cannot be read."""
    text = read_detail(path, IMAGE_UNIQUE_ID)
    if not isinstance(text, str) or not text.startswith(BEGIN):
        return None
    return Mark(text[len(BEGIN) : -DIGITS], text[-DIGITS:])


def marked(exif: bytes, mark: Mark) -> bytes:
    """An Exif block with the mark in it."""
    block = rewritable(exif)
    block.get_ifd(EXIF_IFD)[IMAGE_UNIQUE_ID] = mark.text
    return block.tobytes()


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogateescape"), digest_size=DIGITS // 2).hexdigest()
