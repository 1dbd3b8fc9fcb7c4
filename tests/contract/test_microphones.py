"""The port for microphones, over every implementation."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cyclorama.capture.microphone import Microphone
from cyclorama.capture.open import open_microphone
from cyclorama.core.sound import SoundBlock, SoundSource

RATE = 48_000


class FakeStream:
    """Stands in for PortAudio's stream: calls back from a thread of its own, 10 ms of a soft tone each time."""

    time = 100.0

    def __init__(self, *, callback: Any, channels: int, **settings: Any) -> None:
        self._callback, self._channels = callback, channels
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def close(self, ignore_errors: bool = True) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(0.01):
            tone = 0.2 * np.sin(np.arange(480) / 5).astype(np.float32)
            times = SimpleNamespace(inputBufferAdcTime=self.time - 0.02)
            block = np.repeat(tone[:, None], self._channels, axis=1)
            self._callback(block, 480, times, SimpleNamespace(input_overflow=False))


@pytest.fixture(params=["demo", "desk"])
def microphone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Microphone]:
    """Every microphone, running."""
    device = {"name": "Desk", "hostapi": 0, "max_input_channels": 2, "default_samplerate": float(RATE)}
    fake = SimpleNamespace(
        PortAudioError=RuntimeError,
        InputStream=FakeStream,
        default=SimpleNamespace(device=[0, -1]),
        query_devices=lambda: [device],
        check_input_settings=lambda *settings, **more: None,
    )
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    opened = open_microphone(request.param)
    yield opened
    opened.close()


def heard(source: SoundSource, seconds: float) -> list[SoundBlock]:
    """What is heard until there are so many seconds of it."""
    blocks: list[SoundBlock] = []
    deadline = time.monotonic() + 20
    while sum(len(block.samples) for block in blocks) < seconds * source.rate:
        assert time.monotonic() < deadline
        blocks += source.read()
        time.sleep(0.01)
    return blocks


def test_blocks_follow_each_other_in_time(microphone: Microphone) -> None:
    source = microphone.listen()
    assert source.channels in (1, 2)
    assert source.rate > 0
    begin_ns = time.monotonic_ns()
    blocks = heard(source, 0.2)
    times = [block.captured_ns for block in blocks]
    assert times == sorted(times)
    assert all(begin_ns - 100_000_000 < at < time.monotonic_ns() for at in times), "captured before it is heard"
    for block in blocks:
        assert block.samples.dtype == np.float32
        assert block.samples.shape[1] == source.channels
        assert np.abs(block.samples).max() <= 1


def test_every_listener_hears_what_comes_after_it(microphone: Microphone) -> None:
    first = microphone.listen()
    heard(first, 0.1)
    second = microphone.listen()
    alike = {block.captured_ns for block in heard(first, 0.2)} & {block.captured_ns for block in heard(second, 0.2)}
    assert len(alike) > 3


def test_it_has_a_name_a_level_and_no_fault(microphone: Microphone) -> None:
    heard(microphone.listen(), 0.05)
    assert microphone.name
    assert 0 <= microphone.level <= 1
    assert microphone.fault is None


def test_reading_never_waits(microphone: Microphone) -> None:
    source = microphone.listen()
    source.read()
    assert sum(len(block.samples) for block in source.read()) < source.rate


def test_closing_twice_does_nothing_more(microphone: Microphone) -> None:
    with microphone:
        pass
    microphone.close()
