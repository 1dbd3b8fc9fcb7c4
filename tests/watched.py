"""A decoded recording of a studio that flashes and clicks at the same moments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

RATE = 48_000
CUT_S = 0.01
"""A click that is there so soon may have begun before the recording did."""


@dataclass(frozen=True)
class Watched:
    """When a file flashes and clicks, in seconds; its pictures' times; its sound's absolute level, as float32 (N,)."""

    flashes: np.ndarray
    clicks: np.ndarray
    times: np.ndarray
    sound: np.ndarray

    @property
    def off_ms(self) -> np.ndarray:
        """How much later each flash's click is."""
        return np.array([1000 * (self.clicks[np.abs(self.clicks - flash).argmin()] - flash) for flash in self.flashes])

    @property
    def sound_s(self) -> float:
        """The length of the sound."""
        return self.sound.size / RATE


def watch(path: Path) -> Watched:
    """Decode all of ``path``; without sound where it has none."""
    with av.open(str(path)) as container:
        frames = [(frame.time, frame.to_ndarray(format="gray").mean() > 128) for frame in container.decode(video=0)]
        has_sound = bool(container.streams.audio)
    times, light = np.array([time for time, _ in frames]), np.array([lit for _, lit in frames], int)
    flashes = times[np.flatnonzero(np.diff(light, prepend=0) > 0)]
    if not has_sound:
        return Watched(flashes, np.zeros(0), times, np.zeros(0, np.float32))
    with av.open(str(path)) as container:
        blocks = [(frame.time, frame.to_ndarray()) for frame in container.decode(audio=0)]
    sound = np.concatenate([np.abs(samples).max(axis=0) for _, samples in blocks]).astype(np.float32)
    loud = np.flatnonzero(sound > 0.1)
    begins = loud[np.flatnonzero(np.diff(loud, prepend=-RATE) > RATE // 10)]
    begins = begins[begins > CUT_S * RATE]
    return Watched(flashes, blocks[0][0] + begins / RATE, times, sound)
