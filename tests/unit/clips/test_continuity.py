"""Timestamps that start anew: the picture goes on, and sound with it."""

from __future__ import annotations

from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import pytest

from cyclorama.clips.continuity import PictureClock, SoundClock

TB = Fraction(1, 100)


def packet(dts: int | None, *, pts: int | None = None, duration: int = 4, stream: int = 0) -> Any:
    shown = dts if pts is None else pts
    return SimpleNamespace(dts=dts, pts=shown, duration=duration, time_base=TB, stream_index=stream)


def picture(times: list[int], *, may_restart: bool = True) -> list[int]:
    clock, packets = PictureClock(may_restart=may_restart), [packet(at) for at in times]
    for each in packets:
        clock.mend(each)
    return [each.dts for each in packets]


def test_a_second_piece_follows_the_first() -> None:
    assert picture([140, 144, 148, 100, 104, 10, 14]) == [140, 144, 148, 152, 156, 160, 164]


def test_what_is_no_jump_stays() -> None:
    assert picture([0, 4, 8, 3, 12]) == [0, 4, 8, 3, 12], "less than a tenth of a second back"
    assert picture([0, 4, 904]) == [0, 4, 904], "a gap"


def test_a_leap_forward_is_a_new_piece_only_where_a_clock_may_restart() -> None:
    assert picture([0, 4, 5000, 5004]) == [0, 4, 8, 12]
    assert picture([0, 4, 5000, 5004], may_restart=False) == [0, 4, 5000, 5004]


def test_a_piece_with_reordering_begins_where_the_last_one_was_shown_to_its_end() -> None:
    clock = PictureClock(may_restart=True)
    packets = [packet(0, pts=8), packet(4, pts=16), packet(8, pts=12), packet(-20, pts=-12), packet(-16, pts=-4)]
    for each in packets:
        clock.mend(each)
    assert [each.pts for each in packets] == [8, 16, 12, 20, 28]
    assert clock.offsets_s == [Fraction(32, 100)]


def test_packets_without_times_are_left_alone() -> None:
    clock, none = PictureClock(may_restart=True), packet(None)
    none.pts = None
    for each in (packet(100), none, packet(0)):
        clock.mend(each)
    assert none.pts is None
    assert clock.offsets_s == [Fraction(104, 100)]


def sound(order: list[tuple[str, int]], *, has_picture: bool = True) -> list[int]:
    """Decoding times of the sound that comes out; ``order``: p(icture) or s(ound), and when."""
    leader = PictureClock(may_restart=True)
    clock = SoundClock(leader, may_restart=True, has_picture=has_picture)
    out: list[int] = []
    for kind, at in order:
        if kind == "p":
            leader.mend(packet(at))
            ready = clock.settle()
        else:
            ready = clock.mend(packet(at, stream=1))
        out += [each.dts for each in ready]
    return out + [each.dts for each in clock.settle(at_end=True)]


FIRST = [("p", 100), ("s", 100), ("p", 104), ("s", 104), ("p", 108), ("s", 108)]


@pytest.mark.parametrize(
    "second",
    [
        [("p", 0), ("s", 0), ("p", 4), ("s", 4)],
        [("s", 0), ("p", 0), ("s", 4), ("p", 4)],
        [("s", 0), ("s", 4), ("p", 0), ("p", 4)],
    ],
)
def test_sound_moves_with_the_picture_whichever_comes_first(second: list[tuple[str, int]]) -> None:
    assert sound([*FIRST, *second]) == [100, 104, 108, 112, 116]


def test_a_late_packet_of_the_first_piece_does_not_move_the_second() -> None:
    """A transport stream's last packet of sound comes after the next piece's first picture."""
    assert sound([*FIRST, ("p", 0), ("s", 112), ("s", 0), ("p", 4), ("s", 4)]) == [100, 104, 108, 112, 116]


def test_sound_that_begins_by_more_than_half_of_itself_before_the_end_of_its_last_piece_is_left_out() -> None:
    assert sound([*FIRST, ("p", 10), ("s", 7), ("s", 11)]) == [100, 104, 108, 113], "109 ends at 113, and 112 was heard"
    assert sound([*FIRST, ("p", 10), ("s", 8), ("s", 12)]) == [100, 104, 108, 110, 114]


def test_sound_that_lags_by_a_whole_piece_finds_the_offset_of_its_own() -> None:
    later = [(kind, at) for kind in ("p", "s") for at in (60, 64, 0, 4)]
    assert sound([*FIRST, *later]) == [100, 104, 108, 112, 116, 120, 124]


def test_a_track_that_begins_in_a_later_piece_is_moved_with_it() -> None:
    assert sound([("p", 100), ("p", 104), ("p", 0), ("s", 0), ("s", 4)]) == [108, 112]


def test_sound_that_still_waits_at_the_end_is_not_lost() -> None:
    assert sound([*FIRST, ("s", 50), ("s", 54)]) == [100, 104, 108, 112, 116]


def test_sound_without_a_picture_waits_for_none() -> None:
    clock = SoundClock(PictureClock(may_restart=True), may_restart=True, has_picture=False)
    assert [[each.dts for each in clock.mend(packet(at, stream=1))] for at in (50, 0, 4)] == [[50], [54], [58]]


def test_sound_that_jumps_alone_follows_itself() -> None:
    pictures = [("p", at) for at in range(112, 900, 4)]
    assert sound([*FIRST, ("s", 50), ("s", 54), *pictures]) == [100, 104, 108, 112, 116]
    assert sound([("s", 50), ("s", 54), ("s", 0), ("s", 4)], has_picture=False) == [50, 54, 58, 62]


def test_sound_that_would_be_heard_twice_or_runs_back_is_left_out() -> None:
    assert sound([("s", 0), ("s", 4), ("s", 4), ("s", 2), ("s", 8)]) == [0, 4, 8]


def test_packets_shorter_than_a_tick_may_share_one() -> None:
    """Of TrueHD in Matroska, which counts milliseconds, every sixth packet was left out."""
    clock = SoundClock(PictureClock(may_restart=False), may_restart=False)
    ready = [each.dts for at in (0, 1, 2, 2, 3, 2) for each in clock.mend(packet(at, duration=1))]
    assert ready == [0, 1, 2, 2, 3]
