"""The camera on a real kernel: vivid, a driver that plays webcams, and a v4l2loopback that a program feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.machine, pytest.mark.timeout(700)]

BARS_BGR = [
    (190, 190, 190), (0, 190, 190), (190, 190, 0), (0, 190, 0),
    (190, 0, 190), (0, 0, 190), (190, 0, 0), (0, 0, 0),
]  # fmt: skip
"""vivid's first test pattern: 75 % colour bars in limited range."""


@pytest.fixture(scope="module")
def seen(inside: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = inside("guest_camera.py")
    return found


def test_cameras_are_listed_with_their_modes(seen: dict[str, Any]) -> None:
    first, second = seen["devices"]
    assert (first["path"], second["path"]) == ("/dev/video0", "/dev/video1")
    assert first["name"].startswith("vivid")
    assert first["bus"] != second["bus"]
    assert first["modes"][0].startswith("YUYV: 320x180 at 60 fps, 640x360 at 40 fps")
    assert (first["held_by"], first["is_virtual"]) == ([], False)


@pytest.mark.parametrize(
    ("how", "name"), [("by index", "vivid-000"), ("by path", "vivid-001"), ("by name", "vivid-001")]
)
def test_it_is_found(seen: dict[str, Any], how: str, name: str) -> None:
    read = seen[how]
    assert read["name"].startswith(name)
    assert read["mode"] == "YUYV 640x360 at 15 fps"
    assert read["sizes"] == [[640, 360]] * len(read["seqs"])
    assert read["seqs"] == list(range(len(read["seqs"])))


def test_the_colour_bars_have_their_colours(seen: dict[str, Any]) -> None:
    for got, drawn in zip(seen["bars"], BARS_BGR, strict=True):
        assert all(abs(a - b) <= 4 for a, b in zip(got, drawn, strict=True)), seen["bars"]


def test_a_size_that_it_has_not_is_told(seen: dict[str, Any]) -> None:
    read = seen["another size"]
    assert read["mode"] == "YUYV 320x180 at 30 fps (asked for 123x45 at 30 fps)"
    assert read["sizes"][0] == read["size"] == [320, 180]


def test_what_is_not_there_is_answered_with_what_is(seen: dict[str, Any]) -> None:
    for error in (seen["missing"], seen["no such name"]):
        assert "there are /dev/video0 (vivid" in error


def test_a_busy_camera_is_said_with_who_holds_it(seen: dict[str, Any]) -> None:
    assert "is in use by v4l2-ctl (" in seen["busy"]
    assert seen["after the holder"] == ""


@pytest.mark.parametrize("event", ["unplugged", "another number"])
def test_plugged_in_again_it_goes_on_in_the_same_process(seen: dict[str, Any], event: str) -> None:
    lived = seen[event]
    assert lived["came back"]
    assert lived["rising"]
    assert lived["stopped in s"] < 2


def test_meanwhile_it_is_said_that_the_camera_is_gone(seen: dict[str, Any]) -> None:
    lived = seen["unplugged"]
    assert "camera /dev/video0 (vivid" in lived["fault"]
    assert "is gone: plug it in again; trying again" in lived["fault meanwhile"]
    assert lived["fault after"] is None


def test_the_number_was_another_one(seen: dict[str, Any]) -> None:
    assert "video0" not in seen["another number"]["nodes"]


def test_a_virtual_camera_that_stalls_and_goes_on(seen: dict[str, Any]) -> None:
    lived = seen["virtual"]
    assert "/dev/video10 (phone) gives no pictures now" in lived["no writer"]
    assert lived["read"]["mode"].startswith("MJPG 320x240 at 15 fps")
    assert all(abs(got - sent) <= 4 for got, sent in zip(lived["colour"], (40, 60, 200), strict=True))
    assert lived["stall noticed after s"] > 1
    assert "gives no picture any more; trying again" in lived["fault"]
    assert lived["came back"]
    assert lived["stopped in s"] < 2
    assert lived["closed in s"] < 3


def test_a_session_shows_the_card_meanwhile_and_then_the_picture_again(seen: dict[str, Any]) -> None:
    session = seen["session"]
    assert session["status"] == 130, session["printed"]
    stats = session["stats"]
    lost = [index for index, line in enumerate(stats) if "is gone" in (line["fault"] or "")]
    assert lost
    assert stats[lost[-1]]["cards"] > stats[lost[0] - 1]["cards"]
    assert stats[-1]["fault"] is None
    assert stats[-1]["frames"] > stats[lost[-1]]["frames"]


def test_nothing_writes_over_the_status_line(seen: dict[str, Any]) -> None:
    assert seen["noise"] == ""
