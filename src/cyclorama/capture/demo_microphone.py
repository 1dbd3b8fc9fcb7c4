"""A synthetic microphone: a short beep every second."""

from __future__ import annotations

import numpy as np
from typing_extensions import override

from cyclorama.capture.microphone import Meter, Microphone
from cyclorama.core.clock import Clock
from cyclorama.core.sound import SoundBlock, SoundSource

RATE = 48_000
BLOCK = RATE // 50
BEEP_S, HERTZ, LEVEL = 0.05, 1000.0, 0.3


class DemoMicrophone(Microphone):
    """Beeps at every whole second after its opening; its sound is there as soon as it has been made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._start_ns = clock.now_ns()

    @property
    @override
    def name(self) -> str:
        """What the user would call it."""
        return "demo"

    @property
    @override
    def level(self) -> float:
        """The highest peak of the last third of a second."""
        meter = Meter()
        newest = self.blocks_until(self._clock.now_ns())
        for number in range(max(0, newest - 15), newest):
            meter.put(self.block(number))
        return meter.level

    @override
    def listen(self) -> SoundSource:
        """All sound from now on."""
        return _DemoListener(self, self._clock)

    def blocks_until(self, now_ns: int) -> int:
        """How many blocks have been made."""
        return (now_ns - self._start_ns) * RATE // (1_000_000_000 * BLOCK)

    def block(self, number: int) -> SoundBlock:
        """Block ``number``."""
        first = number * BLOCK
        times_s = (first + np.arange(BLOCK)) / RATE
        beep = np.where(times_s % 1.0 < BEEP_S, LEVEL * np.sin(2 * np.pi * HERTZ * times_s), 0.0)
        return SoundBlock(beep.astype(np.float32)[:, None], self._start_ns + first * 1_000_000_000 // RATE)

    @override
    def close(self) -> None:
        """Nothing to release."""


class _DemoListener:
    rate = RATE
    channels = 1

    def __init__(self, microphone: DemoMicrophone, clock: Clock) -> None:
        self._microphone = microphone
        self._clock = clock
        self._next = microphone.blocks_until(clock.now_ns())

    def read(self) -> list[SoundBlock]:
        first, self._next = self._next, self._microphone.blocks_until(self._clock.now_ns())
        return [self._microphone.block(number) for number in range(first, self._next)]
