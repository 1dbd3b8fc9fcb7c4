"""Frames of a clip at another rate."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.capture.rate import at_rate
from cyclorama.core.frames import Frame

MS = Fraction(1, 1000)
PIXELS = np.zeros((2, 2, 3), np.uint8)


def frames(*times_ms: int) -> list[Frame]:
    return [Frame(np.full((2, 2, 3), seq, np.uint8), seq, 0, pts, MS) for seq, pts in enumerate(times_ms)]


def seconds(frame: Frame) -> Fraction:
    assert frame.pts is not None
    assert frame.time_base is not None
    return frame.pts * frame.time_base


def sources(out: list[Frame]) -> list[int]:
    """Which frame each one shows."""
    return [int(frame.pixels[0, 0, 0]) for frame in out]


def test_every_second_one_is_left_out_at_half_the_rate() -> None:
    out = list(at_rate(frames(*(20 * n for n in range(10))), Fraction(25)))
    assert len(out) == 5
    assert [seconds(frame) for frame in out] == [Fraction(n, 25) for n in range(5)]


def test_frames_are_repeated_at_twice_the_rate() -> None:
    out = list(at_rate(frames(0, 100, 200), Fraction(20)))
    assert sources(out) == [0, 0, 1, 1, 2, 2]
    assert [frame.seq for frame in out] == [0, 1, 2, 3, 4, 5]


def test_a_variable_rate_becomes_even() -> None:
    assert sources(list(at_rate(frames(0, 10, 20, 500, 900, 910), Fraction(10)))) == [2, 2, 2, 2, 2, 3, 3, 3, 3]


def test_a_first_frame_off_the_beat_keeps_its_time() -> None:
    out = list(at_rate(frames(5037, 5137), Fraction(30000, 1001)))
    assert abs(seconds(out[0]) - Fraction(5037, 1000)) < Fraction(1, 30_000)
    assert seconds(out[1]) - seconds(out[0]) == Fraction(1001, 30000)


def test_one_frame_stays_one_and_none_none() -> None:
    assert len(list(at_rate(frames(40), Fraction(5)))) == 1
    assert not list(at_rate([], Fraction(5)))


def test_a_frame_without_a_time_is_refused() -> None:
    with pytest.raises(ValueError, match="time"):
        list(at_rate([Frame(PIXELS.copy(), 0, 0)], Fraction(5)))


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=30),
    st.integers(0, 10_000),
    st.fractions(min_value=1, max_value=120, max_denominator=1001),
)
def test_even_in_order_near_and_as_long(gaps: list[int], start: int, fps: Fraction) -> None:
    times = [start + sum(gaps[:n]) for n in range(len(gaps) + 1)]
    out = list(at_rate(frames(*times), fps))
    steps = {seconds(b) - seconds(a) for a, b in pairwise(out)}
    assert steps <= {1 / fps}
    shown = sources(out)
    assert shown == sorted(shown)
    length = Fraction(times[-1] - times[0] + gaps[-1], 1000)
    assert abs(len(out) - length * fps) <= 1
    for frame, index in zip(out, shown, strict=True):
        assert Fraction(times[index], 1000) <= seconds(frame) + Fraction(1, 2) / fps + Fraction(1, 10_000)


def test_each_output_frame_lasts_one_beat_and_the_last_source_frame_its_own_duration() -> None:
    pixels = np.zeros((2, 2, 3), np.uint8)
    source = [Frame(pixels, seq, 0, pts, Fraction(1, 100), duration=50) for seq, pts in enumerate((0, 10))]
    made = list(at_rate(source, Fraction(10)))
    assert [frame.time_s for frame in made] == pytest.approx([index / 10 for index in range(6)])
    assert {frame.duration * frame.time_base for frame in made if frame.duration and frame.time_base} == {
        Fraction(1, 10)
    }
