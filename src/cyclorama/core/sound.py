"""Sound of a recording: blocks of samples with the time of their capture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cyclorama.core.frames import F32


@dataclass(frozen=True, slots=True, eq=False)
class SoundBlock:
    """Consecutive samples of one microphone.

    ``samples``: float32 (N, C) in [-1, 1]. ``captured_ns``: capture time of the first sample, monotonic
    clock, as exact as the system reports it. ``after_gap``: samples were lost before it.
    """

    samples: F32
    captured_ns: int
    after_gap: bool = False


class SoundSource(Protocol):
    """Port of a sound source. Used by one thread."""

    @property
    def rate(self) -> int:
        """Nominal sample rate in Hz."""

    @property
    def channels(self) -> int:
        """1 or 2."""

    def read(self) -> list[SoundBlock]:
        """All blocks since the last call, oldest first. Never blocks; empty for a dead microphone."""
