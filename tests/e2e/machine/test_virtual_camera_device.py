"""The virtual camera on a real kernel: v4l2loopback 0.12, the version that Debian 12 and Ubuntu 22.04 have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.machine, pytest.mark.timeout(700)]

COLOUR_BGR = (40, 60, 200)


@pytest.fixture(scope="module")
def seen(inside: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = inside("guest_virtual_camera.py")
    return found


def close_to_sent(colour: list[float]) -> bool:
    return all(abs(got - sent) <= 4 for got, sent in zip(colour, COLOUR_BGR, strict=True))


def test_without_the_module_the_next_command_is_said(seen: dict[str, Any]) -> None:
    assert "sudo modprobe v4l2loopback exclusive_caps=1" in seen["no module"]


def test_it_is_found_by_path_and_by_label(seen: dict[str, Any]) -> None:
    assert seen["listed"] == [["/dev/video10", "cyclorama", ""]]
    assert seen["by label"] == seen["by path"] == ""
    assert "there are /dev/video10 (cyclorama)" in seen["unknown"]


@pytest.mark.parametrize("kind", ["colours", "colours without exclusive_caps"])
def test_a_consumer_sees_the_right_colours_session_after_session(seen: dict[str, Any], kind: str) -> None:
    assert all(close_to_sent(colour) for colour in seen[kind]), seen[kind]


def test_an_odd_size_is_not_green(seen: dict[str, Any]) -> None:
    assert close_to_sent(seen["odd size"])


def test_a_busy_device_is_said_with_who_holds_it(seen: dict[str, Any]) -> None:
    assert "in use by python" in seen["busy"]
    assert seen["busy with"] in seen["busy"]


@pytest.mark.parametrize("event", ["after a killed writer", "after ffmpeg wrote", "consumer stays, same size"])
def test_the_device_can_be_taken_again(seen: dict[str, Any], event: str) -> None:
    assert seen[event] == ""


def test_a_size_that_a_consumer_holds_on_to_is_said(seen: dict[str, Any]) -> None:
    assert "--size 320x240" in seen["consumer stays, another size"]
    assert seen["consumer gone, another size"] == ""


def test_the_free_one_of_two_is_taken(seen: dict[str, Any]) -> None:
    assert seen["second of two"] == "camera /dev/video11"
