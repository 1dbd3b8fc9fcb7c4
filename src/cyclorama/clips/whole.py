"""Whether a file has all the bytes that its own structure speaks of: what tells a clip that was cut short from one
whose header counts frames that were never stored, such as an AVI with dropped frames."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

ISO_TYPES = (b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"pnot", b"sidx", b"uuid")
EBML = b"\x1a\x45\xdf\xa3"
MOST_PARTS = 1_000_000
"""A walk over more parts than this is given up."""


def is_cut_short(path: Path) -> bool:
    """Whether the last part of an MP4, MOV, Matroska, WebM or AVI file reaches beyond the file's end.

    False for other formats, for parts without a size, as live recordings have, and for what cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(12)
            walk = _walk_of(head)
            length = os.fstat(file.fileno()).st_size
            return walk is not None and _end(file, walk, length) > length
    except OSError:
        return False


Part = Callable[[BinaryIO], int | None]
"""Reads a part's header where the file stands; returns the size of its contents, None where it does not say."""


def _walk_of(head: bytes) -> Part | None:
    if head[:4] == b"RIFF":
        return _riff_size
    if head[:4] == EBML:
        return _ebml_size
    return _iso_size if head[4:8] in ISO_TYPES else None


def _end(file: BinaryIO, size_of: Part, length: int) -> int:
    """Where the last part ends."""
    at = 0
    for _ in range(MOST_PARTS):
        if at >= length:
            break
        file.seek(at)
        size = size_of(file)
        if size is None:
            return 0
        at = file.tell() + size
    return at


def _riff_size(file: BinaryIO) -> int | None:
    """A RIFF chunk; OpenDML files have several (AVI RIFF file reference, OpenDML 1.02)."""
    head = file.read(8)
    if head[:4] != b"RIFF" or len(head) < 8:
        return None
    (size,) = struct.unpack("<I", head[4:])
    return size + size % 2 if 0 < size < 0xFFFFFFFF else None


def _iso_size(file: BinaryIO) -> int | None:
    """A box (ISO/IEC 14496-12, 4.2); size 0: up to the file's end, 1: 64 bits follow."""
    head = file.read(8)
    if len(head) < 8:
        return None
    (size,) = struct.unpack(">I", head[:4])
    if size == 1:
        (size,) = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))
        return size - 16 if size >= 16 else None
    return size - 8 if size >= 8 else None


def _ebml_size(file: BinaryIO) -> int | None:
    """An EBML element (RFC 8794, 4 and 5); all bits of its size set: unknown."""
    first = file.read(1)
    identifier_bytes = _vint_bytes(first)
    file.read(identifier_bytes - 1)
    first = file.read(1)
    count = _vint_bytes(first)
    if not (identifier_bytes and count):
        return None
    value = int.from_bytes(bytes([first[0] & (0xFF >> count)]) + file.read(count - 1), "big")
    return None if value == (1 << 7 * count) - 1 else value


def _vint_bytes(first: bytes) -> int:
    """How many bytes a number has, by its first one; 0 where that is none."""
    return 9 - first[0].bit_length() if first and first[0] else 0
