"""What may stand after --trim and --room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.cli.clip_options import read_room, read_trim
from cyclorama.core.errors import SettingsError
from cyclorama.settings.values import WHOLE, Trim


@pytest.mark.parametrize(
    ("text", "start_s", "end_s"),
    [
        ("5-12.5", 5, 12.5),
        ("1:30-2:00", 90, 120),
        ("1:02:03.5-1:10:00", 3723.5, 4200),
        ("90-", 90, None),
        ("-10", 0, 10),
        (" 3 - 4 ", 3, 4),
        (None, 0, None),
    ],
)
def test_forms(text: str | None, start_s: float, end_s: float | None) -> None:
    assert read_trim(text) == Trim(start_s, end_s)


@pytest.mark.parametrize(
    "text", ["", "-", "5", "5-3", "5-5", "a-b", "1:2:3:4-", "1-2-3", "-5-10", "1e3-", "5..-6", ":5-9"]
)
def test_anything_else_is_told_the_form(text: str) -> None:
    with pytest.raises(SettingsError, match=r"--trim: .*START-END"):
        read_trim(text)


@given(st.integers(0, 9), st.integers(0, 59), st.integers(0, 59), st.integers(1, 10_000))
def test_clock_times_are_seconds(hours: int, minutes: int, seconds: int, length: int) -> None:
    start = 3600 * hours + 60 * minutes + seconds
    assert read_trim(f"{hours}:{minutes:02}:{seconds:02}-{start + length}") == Trim(start, start + length)


def test_the_seconds_of_the_empty_room_count_from_where_the_conversion_begins() -> None:
    assert read_room(None, WHOLE) is None
    assert read_room("0-1", WHOLE) == Trim(0, 1)
    assert read_room("1:30-1:32.5", Trim(80, 100)) == Trim(10, 12.5)


@pytest.mark.parametrize(
    ("text", "trim", "why"),
    [
        ("1", WHOLE, "no part of a clip"),
        ("2-1", WHOLE, "ends before it begins"),
        ("3-", WHOLE, "has no end"),
        ("0-1", Trim(0.5, None), "not all within --trim"),
        ("9-11", Trim(0, 10), "not all within --trim"),
    ],
)
def test_a_room_that_is_not_seen_is_refused(text: str, trim: Trim, why: str) -> None:
    with pytest.raises(SettingsError, match=rf"^--room: .*{why}"):
        read_room(text, trim)
