"""Reopening, over sources that fail on command and a clock that does not wait."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.capture.watchdog import FIRST_DELAY_S, LONGEST_DELAY_S, STEADY_S, Reopening
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame, SizeWH

NEVER = threading.Event()


class FakeClock:
    """Time that passes only where it is waited for."""

    def __init__(self) -> None:
        self.time_ns = 0
        self.waits_s: list[float] = []

    def now_ns(self) -> int:
        return self.time_ns

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        self.waits_s.append((deadline_ns - self.time_ns) / 1e9)
        self.time_ns = max(self.time_ns, deadline_ns)
        return stop.is_set()


class FakeSource(Source):
    """Gives ``count`` frames a second apart, then fails with ``error``, or ends where there is none."""

    info = SourceInfo("", (1, 1), None, live=True)

    def __init__(self, count: int, error: str = "", *, size_wh: SizeWH = (8, 4), clock: FakeClock) -> None:
        self.info = SourceInfo("fake", size_wh, Fraction(30), live=True, mode=f"mode {size_wh[0]}")
        self.closed = 0
        self._count, self._error, self._clock = count, error, clock

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        for seq in range(self._count):
            self._clock.time_ns += 1_000_000_000
            yield Frame(np.zeros((self.info.size_wh[1], self.info.size_wh[0], 3), np.uint8), seq, self._clock.now_ns())
        if self._error:
            raise CaptureError(self._error)

    def close(self) -> None:
        self.closed += 1

    def __enter__(self) -> FakeSource:
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


def factory(*outcomes: FakeSource | Exception) -> Callable[[], FakeSource]:
    left = list(outcomes)

    def make() -> FakeSource:
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return make


def test_the_first_failure_is_raised_at_once(clock: FakeClock) -> None:
    with pytest.raises(CaptureError, match="no camera"):
        Reopening(factory(CaptureError("no camera")), clock=clock)
    assert clock.waits_s == []


def test_it_comes_back_with_rising_seq_and_says_what_was_wrong(clock: FakeClock) -> None:
    lost = FakeSource(2, "camera /dev/video0 is gone", clock=clock)
    back = FakeSource(3, size_wh=(16, 8), clock=clock)
    with Reopening(factory(lost, CaptureError("no camera 0"), back), clock=clock) as source:
        assert source.info.mode == "mode 8"
        assert source.fault is None
        frames = source.frames(NEVER)
        seen = [next(frames) for _ in range(2)]
        assert source.fault is None
        seen += list(frames)
        assert source.fault is None
        assert source.info.mode == "mode 16"
    assert [frame.seq for frame in seen] == [0, 1, 2, 3, 4]
    assert [frame.size_wh for frame in seen] == [(8, 4)] * 2 + [(16, 8)] * 3
    assert [frame.captured_ns for frame in seen] == sorted(frame.captured_ns for frame in seen)
    assert lost.closed == back.closed == 1


def test_the_fault_stands_while_it_tries(clock: FakeClock) -> None:
    stop, faults = threading.Event(), []
    failures = [CaptureError(f"attempt {number}") for number in range(9)]
    source = Reopening(factory(FakeSource(1, "camera is gone", clock=clock), *failures), clock=clock)
    waits: list[float] = []

    def wait_until(deadline_ns: int, stop: threading.Event) -> bool:
        faults.append(source.fault)
        waits.append((deadline_ns - clock.time_ns) / 1e9)
        if len(waits) == 6:
            stop.set()
        return stop.is_set()

    clock.wait_until = wait_until  # type: ignore[method-assign]
    assert len(list(source.frames(stop))) == 1
    assert faults[:2] == ["camera is gone; trying again", "attempt 0; trying again"]
    assert waits[0] == FIRST_DELAY_S
    assert all(b == min(2 * a, LONGEST_DELAY_S) for a, b in itertools.pairwise(waits))
    assert waits[-1] == LONGEST_DELAY_S


def test_a_source_that_was_steady_is_tried_soon_again(clock: FakeClock) -> None:
    shaky = [FakeSource(1, "x", clock=clock) for _ in range(3)]
    steady = FakeSource(int(STEADY_S) + 2, "x", clock=clock)
    list(Reopening(factory(*shaky, steady, FakeSource(0, clock=clock)), clock=clock).frames(NEVER))
    assert clock.waits_s == [0.25, 0.5, 1.0, 0.25]


def test_an_end_is_an_end(clock: FakeClock) -> None:
    with Reopening(factory(FakeSource(3, clock=clock)), clock=clock) as source:
        assert len(list(source.frames(NEVER))) == 3


def test_what_is_no_fault_of_the_device_is_not_hidden(clock: FakeClock) -> None:
    source = Reopening(factory(FakeSource(1, "x", clock=clock), ZeroDivisionError()), clock=clock)
    with pytest.raises(ZeroDivisionError):
        list(source.frames(NEVER))


@pytest.mark.parametrize("how", ["stop", "close"])
def test_nobody_waits_for_an_opening_that_hangs(clock: FakeClock, how: str) -> None:
    opening, go_on = threading.Event(), threading.Event()
    late = FakeSource(1, clock=clock)
    outcomes = [FakeSource(1, "x", clock=clock)]

    def make() -> FakeSource:
        if outcomes:
            return outcomes.pop()
        opening.set()
        go_on.wait(5)
        return late

    source, stop = Reopening(make, clock=clock), threading.Event()
    taker = threading.Thread(target=lambda: list(source.frames(stop)))
    taker.start()
    assert opening.wait(2)
    begin = time.monotonic()
    stop.set() if how == "stop" else source.close()
    taker.join(2)
    assert time.monotonic() - begin < 0.3
    go_on.set()
    while not late.closed and time.monotonic() - begin < 2:
        time.sleep(0.01)
    assert late.closed, "what was opened too late is closed again"


def test_a_camera_that_opens_while_it_is_closed_is_let_go(clock: FakeClock) -> None:
    """Its light would stay on after the call."""
    late = FakeSource(5, clock=clock)
    outcomes = [FakeSource(1, "x", clock=clock)]

    def make() -> FakeSource:
        if outcomes:
            return outcomes.pop()
        source.close()  # by the session's owner, just before the driver answers
        return late

    source = Reopening(make, clock=clock)
    assert len(list(source.frames(NEVER))) == 1, "no picture after the end"
    assert late.closed == 1


def test_released_it_is_closed_and_the_next_call_opens_it_again_at_once(clock: FakeClock) -> None:
    first, second = FakeSource(2, clock=clock), FakeSource(3, size_wh=(16, 8), clock=clock)
    source = Reopening(factory(first, second), clock=clock)
    assert len(list(source.frames(NEVER))) == 2
    source._fault = "it was lost; trying again"
    source.release()
    assert (first.closed, source.fault) == (1, None)
    assert [frame.seq for frame in source.frames(NEVER)] == [0, 1, 2]
    assert (source.info.size_wh, clock.waits_s) == ((16, 8), [])
    source.close()
    assert second.closed == 1
