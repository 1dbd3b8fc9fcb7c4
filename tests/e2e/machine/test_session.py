"""Whole sessions on a real kernel, by what others receive: frames are numbered, and the room is searched for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.machine, pytest.mark.timeout(700)]

COLOURS_BGR = {"background": (0x20, 0x30, 0x80), "yellow": (0, 190, 190), "cyan": (190, 190, 0)}
WRITERS = ("first", "restarted", "after a kill")


@pytest.fixture(scope="module")
def seen(inside: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = inside("guest_session.py")
    print({name: f"{scenario['took s']} s" for name, scenario in found.items()})
    return found


def everything_received(seen: dict[str, Any]) -> list[dict[str, Any]]:
    on_demand = seen["6 on demand"]
    return [*(seen[name] for name in ("1 ffmpeg", "3 consumer first", "4 unplugged")), *on_demand["came"],
            on_demand["the one left"]]  # fmt: skip


def test_nobody_ever_receives_the_room(seen: dict[str, Any]) -> None:
    for received in everything_received(seen):
        assert received["pictures"] > 10
        assert received["room"] == 0


def test_colours_are_within_four_levels(seen: dict[str, Any]) -> None:
    for received in everything_received(seen):
        assert set(received["colours"]) == set(COLOURS_BGR)
        for name, colour in received["colours"].items():
            assert all(abs(got - sent) <= 4 for got, sent in zip(colour, COLOURS_BGR[name], strict=True)), received


def test_ffmpeg_gets_the_size_the_rate_and_the_order(seen: dict[str, Any]) -> None:
    received = seen["1 ffmpeg"]
    assert received["format"] == "YU12:320x180@10"
    assert received["ordered"]
    assert received["said"] == ""
    assert 8 < received["fps"] < 13, "emulation is too slow for more: the exact rate is measured outside"
    assert received["latency ms"][0] < 1000


def test_a_consumer_measures_the_rate_that_was_set(seen: dict[str, Any]) -> None:
    """Every beat comes, but for those that an emulation that stood still has missed and told of."""
    measured = seen["1 rate"]
    assert measured["seconds"] > 29
    assert abs(measured["beat"] - 30) <= 0.1, measured
    assert min(abs(fps - 30) for fps in measured["fps of 5 s"]) <= 0.5, measured


def test_consumers_outlive_writers(seen: dict[str, Any]) -> None:
    received = seen["3 consumer first"]
    for kind in WRITERS:
        assert received[f"{kind}: ordered"], received
        assert received[f"{kind}: begins with"] == [None], "the card first"


def test_unplugged_it_is_the_card_and_plugged_in_again_the_picture(seen: dict[str, Any]) -> None:
    received = seen["4 unplugged"]
    assert received["card after s"] < 3
    assert "/dev/video0" in received["fault"]
    assert received["picture after s"] < 15
    assert received["fault after"] is None
    assert received["ordered"]


def test_events_are_subscribed_and_read_as_the_kernel_has_them(seen: dict[str, Any]) -> None:
    first, again = seen["events"]["queued"]
    assert len(first) == len(again) == 1, "the state is told at each subscription"
    assert first[0] & 1, "that the value has changed"
    assert seen["events"]["refused"] == "EINVAL"


def test_with_nobody_watching_the_camera_is_released(seen: dict[str, Any]) -> None:
    lived = seen["6 on demand"]
    assert lived["how"] == "by who holds it open"
    assert lived["released after s"] < 3
    assert lived["idle cpu"] < lived["busy cpu"] / 2
    for came in lived["came"]:
        assert came["released after s"] < 3


def test_who_comes_gets_the_card_at_once_and_then_the_picture(seen: dict[str, Any]) -> None:
    for came in seen["6 on demand"]["came"]:
        assert came["begins with"] is None
        assert came["card after s"] < 0.5
        assert came["picture after s"] < 1
        assert came["ordered"]


def test_it_stays_on_for_the_one_of_two_who_is_left(seen: dict[str, Any]) -> None:
    lived = seen["6 on demand"]
    assert not lived["idle with one of two left"]
    assert lived["the one left"]["went on"]


def test_a_program_that_only_lists_cameras_does_not_switch_it_on(seen: dict[str, Any]) -> None:
    assert seen["6 on demand"]["idle with wireplumber"]
