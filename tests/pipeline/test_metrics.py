"""What a session measures of itself takes no more memory the longer it runs."""

from __future__ import annotations

import sys
import time
from itertools import count

import pytest

from cyclorama.pipeline.runtime.metrics import WINDOW, Metrics, Rate, Samples


def test_the_newest_samples_are_kept() -> None:
    samples = Samples()
    assert list(samples.numbers()) == []
    for number in range(3):
        samples.append(number)
    assert list(samples.numbers()) == [0, 1, 2]
    for number in range(3, WINDOW + 10):
        samples.append(number)
    assert sorted(samples.numbers()) == list(range(10, WINDOW + 10))


def test_a_long_session_takes_no_more_memory_than_a_short_one() -> None:
    metrics = Metrics()
    seqs = count()

    def frames(number: int) -> int:
        for _ in range(number):
            metrics.add("matting", 3.25)
            metrics.shown(next(seqs), 1)
        metrics._shown._times_ns.clear()  # two seconds are over
        return sys.getallocatedblocks()

    short = frames(20)
    assert frames(WINDOW) - short < 100
    stages, latency = metrics.stages(), metrics.latency()
    assert (stages["matting"].p50_ms, stages["matting"].count) == (3.25, WINDOW)
    assert latency is not None and latency.count == WINDOW
    metrics.count("cards")
    metrics.restart()
    assert metrics.stages() == {} and metrics.latency() is None
    assert (metrics.counted("cards"), metrics.counted("frames")) == (0, 0), "what came before was warming up"


def test_the_rate_is_of_the_last_two_seconds_and_right_from_the_beginning() -> None:
    rate, second = Rate(), 10**9
    assert rate.per_second(0) == 0
    rate.add(0)
    assert rate.per_second(second // 30) == 0, "one event has no rate"
    for beat in range(1, 4):
        rate.add(beat * second // 30)
    assert rate.per_second(second // 10) == pytest.approx(30)
    for beat in range(4, 90):
        rate.add(beat * second // 30)
    assert rate.per_second(3 * second) == pytest.approx(30, rel=0.02)
    assert len(rate._times_ns) == 59, "what is older is forgotten"
    assert rate.per_second(4 * second) == pytest.approx(15, rel=0.06), "none came for a second"
    assert rate.per_second(6 * second) == 0


def test_how_fast_a_stage_is_now_is_the_median_of_its_newest_samples() -> None:
    metrics = Metrics()
    for number in range(WINDOW + 1000):
        metrics.add("network", 100.0 if number < WINDOW + 930 else 7.0)
    metrics.add("edges", 3.0)
    assert metrics.recent_ms() == {"network": 7.0, "edges": 3.0}
    assert metrics.stages()["network"].p50_ms == 100


def test_a_frame_that_two_sinks_get_counts_once() -> None:
    metrics = Metrics()
    for seq in (0, 0, 1, 2, 1, 2):
        metrics.shown(seq, time.monotonic_ns())
    latency = metrics.latency()
    assert metrics.counted("frames") == 3
    assert latency is not None and latency.count == 3
