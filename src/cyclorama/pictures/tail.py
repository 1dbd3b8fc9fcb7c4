"""Photos that lack their last bytes, as after a copy that ended early: whether every pixel is there all the same.

JPEG (ITU-T T.81) ends with the marker EOI, PNG (ISO/IEC 15948) with a checksum and the chunk IEND: none of these holds
a pixel. Viewers show such files. What lacks pixels is not mended, but for a last row of blocks.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image

MOST_ROWS = 18
"""One row of a JPEG's blocks whose colour is halved, which is interpolated over two rows more."""
MOST_SHARE = 0.02
"""Of all pixels."""
EOI = b"\xff\xd9"
SCAN = b"\xff\xda"
"""The start of coded pixels, in which the byte 0xFF is always followed by 0 or a restart marker."""
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
END = b"IEND\xae\x42\x60\x82"
"""PNG's last chunk and its checksum."""
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By PNG's colour type."""


def mended(source: Path | bytes) -> bytes | None:
    """The file with an end, where that and no more than a few pixels are missing; None for every other file."""
    data = source if isinstance(source, bytes) else source.read_bytes()
    if data.startswith(PNG_MAGIC) and data.rfind(END) < 0:
        return _png(data)
    if data.startswith(b"\xff\xd8\xff") and data.rfind(EOI) < data.rfind(SCAN):
        return _jpeg(data)
    return None


def _jpeg(data: bytes) -> bytes | None:
    """Decode with two different continuations: where both give the same pixels, those were in the file."""
    if not _has_all_scans(data):
        return None
    body = data.removesuffix(b"\xff")
    ended = body + EOI
    first, second = _pixels(ended), _pixels(body + _nonsense(body) + EOI)
    if first is None or second is None or first.shape != second.shape:
        return None
    differs = (first != second).reshape(*first.shape[:2], -1).any(axis=2)
    rows = np.flatnonzero(differs.any(axis=1))
    whole = not rows.size or (rows[0] >= len(differs) - MOST_ROWS and differs.mean() <= MOST_SHARE)
    return ended if whole else None


def _has_all_scans(data: bytes) -> bool:
    """Whether the scans of a progressive file, its last one begun, hold all bits of all coefficients (T.81, G.1)."""
    frame = data.rfind(b"\xff\xc2", 0, data.rfind(SCAN))
    if frame < 0 or frame + 9 >= len(data):
        return True
    open_bits = {(data[at], k) for at in range(frame + 10, frame + 10 + 3 * data[frame + 9], 3) for k in range(64)}
    at = data.find(SCAN, frame)
    while at >= 0 and at + 5 + 2 * data[at + 4] + 3 <= len(data):
        tail = at + 5 + 2 * data[at + 4]
        if data[tail + 2] & 15 == 0:  # down to the last bit
            coefficients = range(data[tail], data[tail + 1] + 1)
            open_bits -= {(data[each], k) for each in range(at + 5, tail, 2) for k in coefficients}
        at = data.find(SCAN, at + 2)
    return not open_bits


def _nonsense(body: bytes) -> bytes:
    """Coded bits that mean something else than none, also after the next restart markers."""
    last = max((body.rfind(bytes((0xFF, 0xD0 + number))), number) for number in range(8))
    follows = last[1] + 1 if last[0] >= 0 else 0
    return b"".join(b"\xa5\x5a\x3c" * 8 + bytes((0xFF, 0xD0 + (follows + step) % 8)) for step in range(8))


def _pixels(data: bytes) -> np.ndarray | None:
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG", "MPO"]) as image:
            return np.asarray(image)
    except Exception:  # a decoder that reads nonsense raises anything
        return None


def _png(data: bytes) -> bytes | None:
    """The chunks before the pixels, the pixels packed anew, and the end; a few missing ones repeat the row above."""
    head, packed = _png_parts(data)
    if len(head) < 33:
        return None
    width, height, depth, kind, _, _, interlaced = struct.unpack(">IIBBBBB", head[16:29])
    row = 1 + (width * depth * CHANNELS.get(kind, 4) + 7) // 8
    whole = _interlaced_bytes(width, height, depth * CHANNELS.get(kind, 4)) if interlaced else row * height
    try:
        rows = zlib.decompressobj().decompress(packed, whole)
    except zlib.error:
        return None
    lost = whole - len(rows)
    if lost and (interlaced or lost > MOST_SHARE * whole or lost > MOST_ROWS * row):
        return None
    above = b"\x02" + bytes(row - 1)  # filter 2: as the row above
    begun = len(rows) % row
    rows = rows[: len(rows) - begun] + above * (-(-lost // row)) if lost else rows
    return head + _chunk(b"IDAT", zlib.compress(rows, 1)) + _chunk(b"IEND", b"")


def _png_parts(data: bytes) -> tuple[bytes, bytes]:
    """All up to the first IDAT, and the contents of all IDAT, the last of them perhaps incomplete."""
    at, head, packed = len(PNG_MAGIC), b"", b""
    while at + 8 <= len(data):
        (length,), kind = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        if kind == b"IDAT":
            head = head or data[:at]
            packed += data[at + 8 : at + 8 + length]
        at += length + 12
    return head, packed


def _interlaced_bytes(width: int, height: int, bits: int) -> int:
    """The bytes of all seven passes (Adam7), each row with its filter."""
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
    total = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        total += rows * (1 + (columns * bits + 7) // 8) if columns > 0 and rows > 0 else 0
    return total


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
