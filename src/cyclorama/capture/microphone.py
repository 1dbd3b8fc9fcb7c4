"""Port: where sound comes from, and what its adapters share."""

from __future__ import annotations

from abc import abstractmethod
from collections import deque

import numpy as np

from cyclorama.core.closing import Closing
from cyclorama.core.sound import SoundBlock, SoundSource

DEFAULT = "default"
DEMO = "demo"
KEPT_BLOCKS = 1000
"""For a listener that is late: 20 seconds."""
LEVEL_BLOCKS = 15


class Microphone(Closing):
    """A microphone, opened and running. ``close`` from any thread."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the user would call it."""

    @property
    @abstractmethod
    def level(self) -> float:
        """The highest peak of the last third of a second, 0 to 1."""

    @property
    def fault(self) -> str | None:
        """What is wrong now, for people to read; None when all is well."""
        return None

    @abstractmethod
    def listen(self) -> SoundSource:
        """All sound from now on, for one listener."""


class Listener:
    """A queue of blocks: filled by the microphone's thread, emptied by the listener's."""

    def __init__(self, rate: int, channels: int) -> None:
        self.rate = rate
        self.channels = channels
        self._blocks: deque[SoundBlock] = deque(maxlen=KEPT_BLOCKS)

    def put(self, block: SoundBlock) -> None:
        """Add a block."""
        self._blocks.append(block)

    def read(self) -> list[SoundBlock]:
        """All blocks that came since the last call."""
        return [self._blocks.popleft() for _ in range(len(self._blocks))]


class Meter:
    """The level of the newest blocks."""

    def __init__(self) -> None:
        self._peaks: deque[float] = deque([0.0], maxlen=LEVEL_BLOCKS)

    def put(self, block: SoundBlock) -> None:
        """Measure a block."""
        self._peaks.append(min(1.0, float(np.abs(block.samples).max(initial=0.0))))

    @property
    def level(self) -> float:
        """The highest peak, 0 to 1."""
        return max(tuple(self._peaks))
