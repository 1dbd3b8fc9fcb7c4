"""When frames begin and end."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from cyclorama.clips import times
from cyclorama.clips.open import open_container
from cyclorama.clips.reader import ClipReader


def frame(time: float | None, duration: int = 0) -> Any:
    ticks = None if time is None else round(time * 100)
    return SimpleNamespace(pts=ticks, dts=ticks, duration=duration, time_base=Fraction(1, 100))


def ends(frames: list[Any], frame_s: float = 0.1, origin_s: float | None = None) -> list[float]:
    return [round(each.ends_s, 4) for each in times.timed(frames, frame_s, origin_s)]


def test_each_ends_where_the_next_begins_and_the_last_after_its_own_duration() -> None:
    assert ends([frame(5.0), frame(5.1), frame(5.5, 30)]) == [0.1, 0.5, 0.8]
    assert ends([frame(0.0), frame(0.1)]) == [0.1, 0.2], "without a duration, one frame's"
    assert ends([frame(0.0, 250)]) == [2.5]
    assert ends([]) == []


def test_frames_without_a_time_follow_the_one_before() -> None:
    assert ends([frame(None, 20), frame(None, 30), frame(None)]) == [0.2, 0.5, 0.6]


def test_times_that_go_back_do_not_end_a_frame_before_it_began() -> None:
    assert ends([frame(1.0), frame(0.2), frame(1.2)]) == [0.1, 0.2, 0.3]


def test_frames_that_come_no_later_are_spread_up_to_the_next_that_does() -> None:
    assert ends([frame(at) for at in (0, 0, 0.4, 0.4, 0.4, 1)]) == [0.2, 0.4, 0.6, 0.8, 1.0, 1.1]
    assert ends([frame(0.0), frame(0.5), frame(0.3), frame(0.4)]) == [0.5, 0.6, 0.7, 0.8], "at the end, a frame each"
    same = [frame(0.0)] * 30
    assert ends(same) == pytest.approx([0.1 * index for index in range(1, 31)]), "one tick is no frame"


def test_of_presentation_and_decoding_times_the_better_ones_are_taken() -> None:
    """As in an AVI with B-frames, where the former are wrong; at the end the decoder gives no other."""
    pts, dts = [0, 10, 30, 20, 40, 60, 50, 70], [0, 10, 20, 30, 40, 50, None, None]
    frames = [frame(0.0) for _ in pts]
    for one, shown, decoded in zip(frames, pts, dts, strict=True):
        one.pts, one.dts = shown, decoded
    assert ends(frames) == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], abs=0.11)
    assert ends(frames)[3:] == [0.4, 0.5, 0.6, 0.7, 0.8]


@pytest.mark.parametrize(
    ("pts", "dts", "expected"),
    [
        ([0, 10, 50], [0, 10, 20], [0.1, 0.5, 0.6]),
        ([0, 0, 0, 0], [0, 10, 50, 70], [0.1, 0.5, 0.7, 0.8]),
    ],
)
def test_times_of_presentation_are_right_unless_they_stand_still(
    pts: list[int], dts: list[int], expected: list[float]
) -> None:
    frames = [frame(0.0) for _ in pts]
    for one, shown, decoded in zip(frames, pts, dts, strict=True):
        one.pts, one.dts = shown, decoded
    assert ends(frames) == expected


def test_from_the_middle_on_the_origin_is_given() -> None:
    assert ends([frame(7.0), frame(7.1)], origin_s=5.0) == [2.1, 2.2]


def test_what_a_file_says(make_clip: Callable[..., Path]) -> None:
    with ClipReader(make_clip("clip.mp4", 25)) as reader:
        assert (reader.fps, reader.frame_count, reader.codec, reader.is_still) == (10, 25, "h264", False)
        assert reader.duration_s == pytest.approx(2.5)
    with ClipReader(make_clip("clip.mkv", 25)) as reader:
        assert reader.frame_count == 0, "Matroska does not count"
        assert reader.duration_s == pytest.approx(2.5), "by the container"
    with open_container(make_clip("late.mp4", 5, times=[30, 31, 32, 33, 34])) as container:
        assert times.start_of(container) == 3


def test_a_tick_is_no_rate(make_clip: Callable[..., Path]) -> None:
    """Of raw DV FFmpeg says 60000 frames a second, on the average."""
    with ClipReader(make_clip("tape.dv", 3, codec="dvvideo", size_wh=(720, 576), rate=25)) as reader:
        assert reader.fps == 25


def test_the_rate_of_a_clip_whose_frames_come_unevenly_is_their_average(make_clip: Callable[..., Path]) -> None:
    """Ten frames in 2.5 seconds, of an encoder that was told ten a second."""
    with ClipReader(make_clip("uneven.mp4", 10, times=[0, 1, 2, 3, 4, 8, 12, 16, 20, 24])) as reader:
        assert reader.fps == 4


def test_how_long_a_frame_is_shown() -> None:
    assert times.frame_duration(frame(0.0, 25)) == Fraction(1, 4)
    assert times.frame_duration(frame(0.0)) is None


def test_units_of_time_that_only_a_damaged_header_names_are_none() -> None:
    for tick_s, kept in ((60, True), (61, False)):
        one = SimpleNamespace(time_base=Fraction(tick_s), duration=3)
        assert times.time_base_of(one) == (tick_s if kept else None)  # type: ignore[arg-type]
        assert times.frame_duration(one) == (3 * tick_s if kept else None)  # type: ignore[arg-type]
        length_s = times.duration_s(SimpleNamespace(duration=5_000_000), one)  # type: ignore[arg-type]
        assert length_s == (3 * tick_s if kept else 5.0), "else the container's"


def test_slides_have_a_rate(make_clip: Callable[..., Path]) -> None:
    """Three pictures, of which the last lasts for a tenth of a second as the codec says."""
    with ClipReader(make_clip("slides.mp4", 3, times=[0, 20, 40])) as reader:
        assert reader.fps == Fraction(3, 1) / Fraction(41, 10)


@pytest.mark.parametrize(
    ("end", "expected"),
    [(None, "1.1"), ("1.05", "1.1"), ("5", "5"), ("601.1", "601.1"), ("601.2", "1.1")],
)
def test_how_far_the_end_of_the_file_stretches_the_last_frame(end: str | None, expected: str) -> None:
    given = [frame(0.0), frame(1.0)]
    *_, last = times.shown(given, Fraction(1, 10), lambda: None if end is None else Fraction(end))
    assert last.end == Fraction(expected)


@pytest.mark.parametrize(("end", "expected"), [(None, "1.3"), ("1.05", "1.05"), ("1", "1.3"), ("0.9", "1.3")])
def test_a_duration_that_reaches_beyond_the_end_of_the_file_is_cut(end: str | None, expected: str) -> None:
    """MP4 stores how long after a frame the next one is decoded: of reordered frames that is another time."""
    *_, last = times.shown([frame(1.0, 30)], Fraction(1, 10), lambda: None if end is None else Fraction(end))
    assert last.end == Fraction(expected)


@pytest.mark.parametrize("name", ["still.gif", "still.mp4"])
def test_a_length_of_nothing_is_none(make_clip: Callable[..., Path], name: str) -> None:
    """As FFmpeg says of a GIF of one picture that says nothing itself; it was refused as a clip of 0.0 s."""
    if name == "still.gif":
        path = make_clip("clip.mp4").with_name(name)
        Image.new("RGB", (64, 48)).save(path)
    else:
        path = make_clip(name, 1)
    with ClipReader(path) as reader:
        assert reader.duration_s is None or reader.duration_s > 0.09


def test_few_frames_wait_for_one_that_comes_later() -> None:
    """A whole clip of frames at one time would not fit into memory."""
    taken = []
    shown = times.shown((taken.append(1) or frame(0.0) for _ in range(100)), Fraction(1, 10))
    next(shown)
    assert len(taken) == 1 + times.MOST_LATE
