"""What a session measures of itself takes no more memory the longer it runs."""

from __future__ import annotations

import sys
import time
from itertools import count

from cyclorama.pipeline.runtime.metrics import WINDOW, Metrics, Samples


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
        metrics._shown.clear()  # two seconds are over
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


def test_the_rate_is_of_the_last_two_seconds() -> None:
    metrics = Metrics()
    metrics._started_ns -= 10 * 10**9
    for seq in range(50):
        metrics.shown(seq, None)
    assert 20 < metrics.frames_per_second() <= 25
    metrics._shown[0] -= 3 * 10**9
    metrics.shown(50, None)
    assert len(metrics._shown) == 50, "what is older is forgotten"


def test_a_frame_that_two_sinks_get_counts_once() -> None:
    metrics = Metrics()
    for seq in (0, 0, 1, 2, 1, 2):
        metrics.shown(seq, time.monotonic_ns())
    latency = metrics.latency()
    assert metrics.counted("frames") == 3
    assert latency is not None and latency.count == 3
