"""When each block of sound was really captured: a sound card's samples are even, what is said of their times is not."""

from __future__ import annotations

from cyclorama.core.sound import SoundBlock

TIME_CONSTANT_S = 5.0
"""Said times that jitter by 10 ms are smoothed to a fifth of one; a card that is 200 ppm off lags by 1 ms."""
JUMP_S = 0.03
JUMP_LASTS_S = 0.5
"""A difference that stays is a gap in the sound that nobody has told of; one that passes was a busy machine."""
LOST_S = 1.0
"""A difference this large is a gap at once."""


class SampleClock:
    """Follows the times that a microphone's blocks are said to have, slowly, from the number of their samples."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._next_ns: float | None = None
        self._known_s = 0.0
        self._jumped_s = 0.0

    def begin_ns(self, block: SoundBlock) -> float:
        """When the block's first sample was captured. To be asked once for each block, in order."""
        said_ns = block.captured_ns
        length_s = len(block.samples) / self._rate
        begin_ns = said_ns if self._next_ns is None or block.after_gap else self._next_ns
        off_s = (said_ns - begin_ns) / 1e9
        self._jumped_s = self._jumped_s + length_s if abs(off_s) > JUMP_S else 0.0
        if self._next_ns is None or block.after_gap or self._jumped_s > JUMP_LASTS_S or abs(off_s) > LOST_S:
            begin_ns, self._known_s, self._jumped_s = said_ns, 0.0, 0.0
        elif not self._jumped_s:
            # a mean of all blocks at first, then the newest outweigh the older ones
            self._known_s += length_s
            begin_ns += 1e9 * off_s * min(1.0, length_s / min(self._known_s, TIME_CONSTANT_S))
        self._next_ns = begin_ns + 1e9 * length_s
        return begin_ns
