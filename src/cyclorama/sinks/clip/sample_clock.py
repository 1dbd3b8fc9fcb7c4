"""Estimate when each block of sound was captured: samples are evenly spaced, the reported times have jitter."""

from __future__ import annotations

from cyclorama.core.sound import SoundBlock

TIME_CONSTANT_S = 5.0
"""Smooths a jitter of 10 ms in reported times to 0.2 ms; a card that is 200 ppm off lags by 1 ms."""
JUMP_S = 0.03
JUMP_LASTS_S = 0.5
"""A difference that lasts is an unreported gap in the sound; one that passes was a busy machine."""
LOST_S = 1.0
"""A difference this large counts as a gap at once."""


class SampleClock:
    """Counts samples, and follows the reported times of a microphone's blocks slowly."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._next_ns: float | None = None
        self._known_s = 0.0
        self._jumped_s = 0.0

    def begin_ns(self, block: SoundBlock) -> float:
        """When the block's first sample was captured. Call it once for each block, in order."""
        said_ns = block.captured_ns
        length_s = len(block.samples) / self._rate
        begin_ns = said_ns if self._next_ns is None or block.after_gap else self._next_ns
        off_s = (said_ns - begin_ns) / 1e9
        self._jumped_s = self._jumped_s + length_s if abs(off_s) > JUMP_S else 0.0
        if self._next_ns is None or block.after_gap or self._jumped_s > JUMP_LASTS_S or abs(off_s) > LOST_S:
            begin_ns, self._known_s, self._jumped_s = said_ns, 0.0, 0.0
        elif not self._jumped_s:
            # the mean of all blocks at first, an exponential mean later
            self._known_s += length_s
            begin_ns += 1e9 * off_s * min(1.0, length_s / min(self._known_s, TIME_CONSTANT_S))
        self._next_ns = begin_ns + 1e9 * length_s
        return begin_ns
