"""How long the last picture of an animated WebP is shown (WebP Container Specification, RFC 9649, section 2.7)."""

from __future__ import annotations

HEADER, CHUNK_HEADER = 12, 8
DURATION_AT = slice(12, 15)
"""Where a chunk ANMF has the duration of its picture, in milliseconds, little-endian."""
LONGEST_MS = (1 << 24) - 1


def lasting(data: bytes, total_ms: int) -> bytes:
    """The WebP file ``data`` with its last picture shown until ``total_ms``.

    libwebp gives the last one the mean duration of the others. Unchanged where there is no animation, or none that ends
    before.
    """
    changed = bytearray(data)
    at, last, begin_ms, end_ms = HEADER, None, 0, 0
    while at + CHUNK_HEADER <= len(data):
        size = int.from_bytes(data[at + 4 : at + CHUNK_HEADER], "little")
        if data[at : at + 4] == b"ANMF":
            last, begin_ms = memoryview(changed)[at + CHUNK_HEADER : at + CHUNK_HEADER + size], end_ms
            end_ms += int.from_bytes(last[DURATION_AT], "little")
        at += CHUNK_HEADER + size + size % 2
    if last is not None and total_ms > begin_ms:
        last[DURATION_AT] = min(LONGEST_MS, total_ms - begin_ms).to_bytes(3, "little")
    return bytes(changed)
