"""The times of blocks of sound: from what is said of them to what they were."""

from __future__ import annotations

import numpy as np
import pytest

from cyclorama.core.sound import SoundBlock
from cyclorama.sinks.clip.sample_clock import SampleClock

RATE, BLOCK = 48_000, 960
START_NS = 10**12


def block(time_s: float, *, after_gap: bool = False) -> SoundBlock:
    return SoundBlock(np.zeros((BLOCK, 1), np.float32), START_NS + round(time_s * 1e9), after_gap)


def errors_ms(clock: SampleClock, true_s: np.ndarray, said_s: np.ndarray) -> np.ndarray:
    found = [(clock.begin_ns(block(said)) - START_NS) / 1e9 for said in said_s]
    return 1000 * (np.array(found) - true_s)


@pytest.mark.parametrize("ppm", [0, 200, -200])
def test_jitter_is_smoothed_and_a_card_that_is_off_is_followed(ppm: float) -> None:
    true = np.arange(3000) * BLOCK / (RATE * (1 + ppm * 1e-6))
    said = true + np.random.default_rng(3).uniform(-0.01, 0.01, true.size)
    off = errors_ms(SampleClock(RATE), true, said)
    assert np.abs(off[250:]).max() < 2.5, "of a jitter of 10 ms, after 5 s"
    assert np.abs(np.diff(off[250:])).max() < 0.2, "what is heard of it: nothing"


def test_a_gap_that_is_told_is_followed_at_once() -> None:
    clock = SampleClock(RATE)
    for index in range(100):
        clock.begin_ns(block(index * 0.02))
    assert clock.begin_ns(block(2.3, after_gap=True)) == START_NS + 2_300_000_000


def test_a_gap_that_nobody_tells_of_is_found() -> None:
    true = np.concatenate([np.arange(100) * 0.02, 2.2 + np.arange(100) * 0.02])
    off = errors_ms(SampleClock(RATE), true, true)
    assert np.abs(off[:100]).max() < 0.001
    assert np.abs(off[130:]).max() < 0.001, "within 0.6 s"


def test_a_busy_moment_is_no_gap() -> None:
    true = np.arange(200) * 0.02
    said = true.copy()
    said[100:120] = true[120]  # delivered all at once, late
    off = errors_ms(SampleClock(RATE), true, said)
    assert np.abs(off).max() < 3
