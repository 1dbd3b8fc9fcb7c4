"""Which part of a clip is read, and whether it is all there."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from cyclorama.clips.ends import Extent
from cyclorama.core.errors import CaptureError
from cyclorama.settings.values import WHOLE, Trim


@pytest.fixture
def cut_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.clips.ends.is_cut_short", lambda path: True)


def extent(trim: Trim = WHOLE, frame_count: int = 100, whole_s: float | None = 10.0, *, exact: bool = True) -> Extent:
    return Extent(Path("talk.mp4"), frame_count, whole_s, trim, exact)


@pytest.mark.parametrize(
    ("trim", "expected"), [(WHOLE, 10.0), (Trim(4.0), 6.0), (Trim(4.0, 5.5), 1.5), (Trim(0, 60), 10.0)]
)
def test_length(trim: Trim, expected: float) -> None:
    assert extent(trim).length_s() == expected
    assert extent(trim, whole_s=None).length_s() is None


def test_nothing_lies_behind_the_end() -> None:
    with pytest.raises(CaptureError, match=r"^talk\.mp4 is 10\.0 s long: nothing lies after 10 s$"):
        extent(Trim(10.0)).length_s()
    assert extent(Trim(10.0), exact=False).length_s() is None, "a guess is no reason to refuse"


def test_how_many_frames() -> None:
    fps = Fraction(25)
    assert extent().count(10.0, fps) == 100, "the file's own count"
    assert extent(Trim(8.0)).count(2.0, fps) == 50
    assert extent(frame_count=0).count(10.0, fps) == 250
    assert extent(frame_count=0).count(None, fps) is None
    assert extent(frame_count=0).count(10.0, None) is None


def test_before_and_behind_but_for_the_rounding_of_times() -> None:
    part = extent(Trim(2.0, 3.0))
    assert [part.is_before(at_s, at_s + 0.04) for at_s in (1.9, 1.998, 1.9995, 2.0)] == [True, True, False, False]
    assert [part.is_behind(at_s) for at_s in (2.9, 2.998, 2.9995, 3.0)] == [False, False, True, True]
    assert not extent().is_behind(1e9)


def test_a_picture_that_stands_for_long_reaches_into_the_part() -> None:
    part = extent(Trim(2.0, 3.0))
    assert [part.is_before(0.5, end_s) for end_s in (1.9, 2.0005, 2.1, 9.0)] == [True, True, False, False]
    assert part.is_before(1.97, 2.5), "a usual frame is cut at its start"


@pytest.mark.usefixtures("cut_short")
def test_a_whole_clip_is_cut_short_where_packets_are_missing() -> None:
    extent().check_end(frames=98, packets=100, at_s=9.9)
    expected = r"^talk\.mp4 breaks off after 40 of 100 frames: it was cut short; fetch it again$"
    with pytest.raises(CaptureError, match=expected):
        extent().check_end(frames=40, packets=41, at_s=4.0)


def test_a_file_that_has_all_its_bytes_is_not_cut_short() -> None:
    """An AVI counts frames that were dropped, and sound may last longer than the picture."""
    extent().check_end(frames=40, packets=41, at_s=4.0)
    extent(Trim(2.0, 9.0)).check_end(frames=1, packets=1, at_s=4.0)


@pytest.mark.usefixtures("cut_short")
def test_a_clip_that_does_not_count_its_frames_is_cut_short_where_its_length_says_so() -> None:
    expected = r"^talk\.mp4 breaks off at 4\.0 s: it was cut short; fetch it again$"
    with pytest.raises(CaptureError, match=expected):
        extent(frame_count=0).check_end(frames=40, packets=41, at_s=4.0)
    with pytest.raises(CaptureError, match=r"^talk\.mp4 breaks off at 9\.9 s"):
        extent(frame_count=0).check_end(frames=97, packets=97, at_s=9.88)
    extent(frame_count=0).check_end(frames=99, packets=99, at_s=9.96)
    extent(frame_count=0, exact=False).check_end(frames=40, packets=41, at_s=4.0)
    extent(frame_count=0, whole_s=None).check_end(frames=40, packets=41, at_s=4.0)


@pytest.mark.usefixtures("cut_short")
def test_a_trimmed_clip_is_cut_short_where_its_last_frame_is_early() -> None:
    extent(Trim(2.0)).check_end(frames=1, packets=1, at_s=9.2)
    extent(Trim(2.0, 4.0)).check_end(frames=1, packets=1, at_s=3.1)
    extent(Trim(2.0), whole_s=None).check_end(frames=1, packets=1, at_s=2.0)
    for trim in (Trim(2.0), Trim(2.0, 9.5)):
        with pytest.raises(CaptureError, match=r"^talk\.mp4 breaks off at 8\.0 s: it was cut short"):
            extent(trim).check_end(frames=1, packets=1, at_s=8.0)
