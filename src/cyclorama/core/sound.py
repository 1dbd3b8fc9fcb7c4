"""What travels beside the pictures of a recording: blocks of sound, with the time at which they were captured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cyclorama.core.frames import F32


@dataclass(frozen=True, slots=True, eq=False)
class SoundBlock:
    """Some sound of one microphone.

    ``samples``: float32 (N, C) in [-1, 1]. ``captured_ns``: when the first of them was captured, on the monotonic
    clock, as exactly as the system can tell. ``after_gap``: sound was lost before it.
    """

    samples: F32
    captured_ns: int
    after_gap: bool = False


class SoundSource(Protocol):
    """What one listener hears. Used by one thread."""

    @property
    def rate(self) -> int:
        """Nominal samples a second."""

    @property
    def channels(self) -> int:
        """1 or 2."""

    def read(self) -> list[SoundBlock]:
        """All that came since the last call, oldest first. Never waits; nothing comes from a dead microphone."""
