"""How long the last picture of an animated WebP is shown."""

from __future__ import annotations

import io

from cyclorama.clips.webp_chunks import DURATION_BYTES, durations_ms

LONGEST_MS = (1 << 8 * DURATION_BYTES) - 1


def lasting(data: bytes, total_ms: int) -> bytes:
    """The WebP file ``data`` with its last picture shown until ``total_ms``.

    libwebp gives the last one the mean duration of the others. Unchanged where there is no animation, or none that ends
    before.
    """
    pictures = list(durations_ms(io.BytesIO(data)))
    left_ms = total_ms - sum(length_ms for _, length_ms in pictures[:-1])
    if not pictures or left_ms <= 0:
        return data
    at = pictures[-1][0]
    return data[:at] + min(LONGEST_MS, left_ms).to_bytes(DURATION_BYTES, "little") + data[at + DURATION_BYTES :]
