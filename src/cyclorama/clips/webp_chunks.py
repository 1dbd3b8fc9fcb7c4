"""The chunks of an animated WebP (WebP Container Specification, RFC 9649, section 2.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

HEADER, CHUNK_HEADER = 12, 8
DURATION_AT, DURATION_BYTES = 12, 3
"""Where a chunk ANMF has the duration of its picture, in milliseconds, little-endian."""


def durations_ms(file: BinaryIO) -> Iterator[tuple[int, int]]:
    """The place in the file of each picture's duration, and the duration there."""
    file.seek(HEADER)
    while len(head := file.read(CHUNK_HEADER)) == CHUNK_HEADER:
        begin, size = file.tell(), int.from_bytes(head[4:], "little")
        if head[:4] == b"ANMF":
            file.seek(begin + DURATION_AT)
            yield begin + DURATION_AT, int.from_bytes(file.read(DURATION_BYTES), "little")
        file.seek(begin + size + size % 2)
