"""Ticks in step with their source: how soon a picture is shown, how steady the ticks stay, what is repeated or lost."""

from __future__ import annotations

import threading
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from statistics import median

import numpy as np
import pytest

from cyclorama.pipeline.runtime.pacing import Pacer
from cyclorama.pipeline.runtime.phase_lock import GUARD, MAX_DRIFT, MAX_SHIFT, PhaseLock, best_shift
from doubles.held_clock import HeldClock

FPS = 30
INTERVAL_MS = 1000 / FPS
GUARD_MS = GUARD * INTERVAL_MS
NS = 1_000_000
SETTLED_MS = 12_000
UNKNOWN = -1


def camera(fps: float, seconds: float, jitter_ms: float = 0.0, begin_ms: float = 0.0) -> list[float]:
    """When its composites are published, in milliseconds; ``jitter_ms``: standard deviation."""
    at = begin_ms + np.arange(round(fps * seconds)) * 1000 / fps
    return sorted((at + np.random.default_rng(7).normal(0, jitter_ms, at.size)).tolist())


@dataclass
class Shown:
    """What ticks showed: ``ticks`` in milliseconds, ``pictures`` by number, ``waited`` of each new one."""

    ticks: list[float] = field(default_factory=list)
    pictures: list[int] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    @property
    def intervals(self) -> list[float]:
        return [after - before for before, after in pairwise(self.ticks)]

    @property
    def repeats(self) -> int:
        return sum(after == before for before, after in pairwise(self.pictures))

    @property
    def lost(self) -> int:
        return sum(max(0, after - before - 1) for before, after in pairwise(self.pictures))


def show(
    published_ms: list[float], seconds: float, from_ms: float = SETTLED_MS, *, follow: bool = True, offset: float = 0.0
) -> Shown:
    """What a sink's ticks show of these composites after ``from_ms``. ``offset``: of the first tick, in intervals."""
    clock, shown = HeldClock(), Shown()
    clock.ns = round(offset * INTERVAL_MS * NS)
    published = [round(ms * NS) for ms in published_ms]

    def published_since(time_ns: int) -> list[int]:
        return published[bisect_left(published, time_ns) : bisect_right(published, clock.ns)]

    fps, stop, seen = Fraction(FPS), threading.Event(), UNKNOWN
    pacer = Pacer(fps, clock, PhaseLock(fps, published_since) if follow else None)
    while clock.ns < seconds * 1000 * NS:
        pacer.wait(stop)
        newest = bisect_right(published, clock.ns) - 1
        if clock.ns >= from_ms * NS:
            shown.ticks.append(clock.ns / NS)
            shown.pictures.append(newest)
            if newest > seen != UNKNOWN:
                shown.waited.append((clock.ns - published[newest]) / NS)
            seen = newest
    return shown


@pytest.mark.parametrize("offset", [0.0, 0.15, 0.3, 0.45, 0.5, 0.55, 0.7, 0.85, 0.999])
def test_from_any_phase_a_steady_camera_is_shown_at_once_after_seconds(offset: float) -> None:
    shown = show(camera(30, 16, begin_ms=7), 15, from_ms=5000, offset=offset)
    assert min(shown.waited) >= 0.9 * GUARD_MS
    assert max(shown.waited) <= GUARD_MS + 1.5
    assert shown.repeats == shown.lost == 0


@pytest.mark.parametrize("fps", [29.97, 30.0, 30.03])
def test_a_camera_that_is_slightly_off_is_followed_and_no_picture_is_repeated_or_lost(fps: float) -> None:
    shown = show(camera(fps, 61), 60)
    assert max(shown.waited) < GUARD_MS + 2
    assert shown.repeats == shown.lost == 0
    assert np.mean(shown.intervals) == pytest.approx(1000 / fps, abs=0.01)
    free = show(camera(fps, 61, begin_ms=20), 60, follow=False)
    assert median(free.waited) > 3 * median(shown.waited)


@pytest.mark.parametrize("fps", [29.97, 30.0, 30.03])
def test_with_jitter_fewer_pictures_are_repeated_than_without_a_lock_and_they_wait_less(fps: float) -> None:
    """A deviation of 3 ms: what comes early waits for what may come late, and still gains a tenth of an interval."""
    published = camera(fps, 91, jitter_ms=3.0)
    locked = show(published, 90)
    free = [show(published, 90, follow=False, offset=offset) for offset in (0.0, 0.25, 0.5, 0.75)]
    assert median(locked.waited) < 12
    assert np.mean(locked.waited) < np.mean([np.mean(other.waited) for other in free]) - 0.1 * INTERVAL_MS
    assert locked.repeats <= 4 and locked.lost <= 4, "of 2340"
    assert locked.repeats < np.mean([other.repeats for other in free]) / 20


@pytest.mark.parametrize("fps", [10, 14.9, 15, 24, 25, 28, 29.5, 29.97, 30, 30.03, 30.5, 60])
def test_ticks_stay_steady_and_the_longest_gap_is_no_longer_than_without_a_lock(fps: float) -> None:
    published = camera(fps, 41, jitter_ms=1.5)
    locked, free = show(published, 40), show(published, 40, follow=False)
    widest = INTERVAL_MS * (MAX_SHIFT + MAX_DRIFT + 1e-6)
    assert max(abs(interval - INTERVAL_MS) for interval in locked.intervals) <= widest < 0.05 * INTERVAL_MS

    def longest_gap(shown: Shown) -> float:
        new = [tick for tick, (old, now) in zip(shown.ticks[1:], pairwise(shown.pictures), strict=True) if now > old]
        return max(after - before for before, after in pairwise(new))

    assert longest_gap(locked) <= longest_gap(free) * 1.02


@pytest.mark.parametrize(("fps", "most_ms"), [(60, 4.5), (59.94, 4.5), (15, 4.5), (10, 4.5), (20, 13)])
def test_a_source_of_a_multiple_or_part_of_the_rate_is_followed(fps: float, most_ms: float) -> None:
    """Of 20 fps every other picture comes between two ticks: it waits half an interval."""
    shown = show(camera(fps, 41, begin_ms=5), 40)
    assert np.mean(shown.waited) < most_ms
    expected = len(shown.ticks) * max(0, 1 - fps / FPS)
    assert shown.repeats == pytest.approx(expected, abs=2)


@pytest.mark.parametrize("fps", [24.7, 25, 26, 29, 29.5, 30.5, 31, 50])
def test_a_source_of_another_rate_is_left_alone(fps: float) -> None:
    """The mean rate stays, and so does what is shown."""
    published = camera(fps, 61, jitter_ms=1.0)
    locked, free = show(published, 60), show(published, 60, follow=False)
    assert 1000 / np.mean(locked.intervals) == pytest.approx(FPS, rel=0.004)
    assert np.mean(locked.waited) < np.mean(free.waited) + 0.05 * INTERVAL_MS
    assert locked.repeats < 1.1 * free.repeats + 3


def test_composites_at_random_times_do_no_harm() -> None:
    published = sorted(np.random.default_rng(3).uniform(0, 60_000, 1200).tolist())
    locked, free = show(published, 60), show(published, 60, follow=False)
    assert np.mean(locked.waited) < np.mean(free.waited) + 1.5
    assert locked.repeats < 1.05 * free.repeats
    assert 1000 / np.mean(locked.intervals) == pytest.approx(FPS, rel=0.004)


@pytest.mark.parametrize("fps", [28.5, 29, 30.4])
def test_a_camera_that_comes_to_its_rate_from_another_one_is_followed_within_seconds(fps: float) -> None:
    """What was learned of the other rate does not stand in the way."""
    published = camera(fps, 60, jitter_ms=1.0) + camera(29.97, 16, jitter_ms=1.0, begin_ms=60_020)
    shown = show(sorted(published), 75, from_ms=68_000)
    assert np.mean(shown.waited) < GUARD_MS + 5
    assert shown.repeats <= 1


def test_the_last_ticks_before_and_after_a_stop_are_as_steady() -> None:
    """The source stops for eight seconds, and begins again at another phase."""
    published = camera(30, 15, begin_ms=3) + camera(30, 18, begin_ms=23_020)
    stopped = show(published, 23, from_ms=19_000)
    assert {round(interval, 3) for interval in stopped.intervals} == {33.333}, "nothing to follow"
    again = show(published, 40, from_ms=28_000)
    assert max(again.waited) < GUARD_MS + 2
    assert again.repeats == 0


def test_a_sink_that_was_late_skips_ticks_as_without_a_lock_and_finds_back() -> None:
    clock, stop, fps = HeldClock(), threading.Event(), Fraction(10)
    published = list(range(0, 20_000 * NS, 100 * NS))
    lock = PhaseLock(fps, lambda since: [at for at in published if since <= at <= clock.ns])
    clock.ns = 30 * NS
    pacer = Pacer(fps, clock, lock)
    assert [pacer.wait(stop) for _ in range(100)] == list(range(100))
    assert clock.ns % (100 * NS) == pytest.approx(GUARD * 100 * NS, abs=3 * NS)
    clock.ns += 350 * NS
    assert pacer.wait(stop) == 102
    assert pacer.wait(stop) == 103
    assert clock.ns % (100 * NS) == pytest.approx(GUARD * 100 * NS, abs=3 * NS)


def test_the_best_phase_is_after_the_latest_of_composites_that_alternate() -> None:
    """Every other one needs 10 ms more: a tick between the two would repeat half of the pictures."""
    interval = 33_000_000.0
    published = [number * 33 * NS + 10 * NS * (number % 2) for number in range(100)]
    shift = best_shift(published, 99 * 33 * NS, interval, interval, 60)
    assert shift == pytest.approx(10 * NS + GUARD * interval, abs=interval / 48)


def test_a_single_late_composite_does_not_move_the_best_phase_far() -> None:
    interval = 33_000_000.0
    published = [number * 33 * NS + (15 * NS if number == 50 else 0) for number in range(100)]
    shift = best_shift(published, 99 * 33 * NS, interval, interval, 90)
    assert shift == pytest.approx(GUARD * interval, abs=interval / 48)


def test_too_few_composites_say_nothing() -> None:
    interval = 33_000_000.0
    few = [number * 33 * NS for number in range(7)]
    assert best_shift([], 0, interval, interval, 90) is None
    assert best_shift(few, 7 * 33 * NS, interval, interval, 90) is None
    assert best_shift([*few, 7 * 33 * NS], 7 * 33 * NS, interval, interval, 90) is None, "too few ticks since the first"
    assert PhaseLock(Fraction(30), lambda since: few).step(8 * 33 * NS) == 0
