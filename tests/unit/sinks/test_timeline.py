"""Which moments are recorded, and the frames they become."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.sinks.timeline import SLACK, FramePlaces, Timeline

SECOND = 10**9
Moments = st.lists(st.integers(1, 10**12), min_size=1, max_size=8, unique=True).map(sorted)


def toggled(moments: list[int]) -> Timeline:
    """Run at the first, paused at the second, and so on."""
    timeline = Timeline()
    timeline.run(moments[0])
    for moment in moments[1:]:
        timeline.toggle(moment)
    return timeline


def test_nothing_is_recorded_before_the_start() -> None:
    timeline = Timeline()
    timeline.toggle(5)
    timeline.pause(6)
    assert (timeline.started, timeline.running, timeline.length_ns(9)) == (False, False, 0)
    assert timeline.place(7) is None
    assert timeline.cut(0, 100) == []


def test_a_pause_leaves_no_gap() -> None:
    timeline = toggled([100, 200, 1000])
    assert [timeline.place(at) for at in (99, 100, 199, 200, 999, 1000, 1001)] == [None, 0, 99, None, None, 100, 101]
    assert timeline.cut(150, 1050) == [(150, 200, 50), (1000, 1050, 100)]
    assert timeline.length_ns(1050) == 150


@given(Moments, st.integers(0, 10**12), st.integers(0, 10**11))
def test_a_span_is_cut_where_moments_are_placed(moments: list[int], begin: int, length: int) -> None:
    timeline = toggled(moments)
    parts = timeline.cut(begin, begin + length)
    for low, high, at in parts:
        assert begin <= low < high <= begin + length
        assert timeline.place(low) == at
        assert timeline.place(high - 1) == at + high - 1 - low
    ends = [at + high - low for low, high, at in parts]
    assert [at for _, _, at in parts[1:]] == ends[:-1], "joined without a gap"


@given(Moments, st.lists(st.integers(0, 10**12), max_size=20))
def test_frames_rise_and_lie_near_their_moments(moments: list[int], captured: list[int]) -> None:
    timeline, fps = toggled(moments), Fraction(30)
    places = FramePlaces(timeline, fps)
    last = -1
    for moment in sorted(captured):
        number = places.place(moment)
        if number is None:
            continue
        placed = timeline.place(moment)
        assert placed is not None and places.begin_ns is not None
        assert number > last
        assert abs(number - float((placed - places.begin_ns) * fps / SECOND)) <= SLACK + 1e-6
        last = number


def test_a_camera_that_jitters_skips_no_frame_and_repeats_none() -> None:
    timeline = Timeline()
    timeline.run(0)
    places = FramePlaces(timeline, Fraction(30))
    jitter = np.random.default_rng(1).uniform(-0.008, 0.008, 900)
    captured = [round((index / 30 + 0.0167 + off) * SECOND) for index, off in enumerate(jitter)]
    assert [places.place(at) for at in captured] == list(range(900))


def test_fewer_frames_than_the_camera_has_are_taken_at_their_own_times() -> None:
    timeline = Timeline()
    timeline.run(0)
    places = FramePlaces(timeline, Fraction(10))
    found = [places.place(round(index / 30 * SECOND) + 1) for index in range(90)]
    assert (places.a_second, places.step) == (30, 3)
    assert [place for place in found if place is not None] == list(range(0, 90, 3))
    assert found[::3] == list(range(0, 90, 3))


def test_the_same_picture_is_not_recorded_twice_and_a_slow_camera_leaves_places_empty() -> None:
    timeline = Timeline()
    timeline.run(0)
    places = FramePlaces(timeline, Fraction(30))
    assert [places.place(at * SECOND // 1000) for at in (10, 10, 110, 110, 210)] == [0, None, 3, None, 6]
