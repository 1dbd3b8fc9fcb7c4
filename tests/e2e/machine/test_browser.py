"""What a call in a browser sees of a live session, through getUserMedia: label, size, and every picture."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

pytestmark = [
    pytest.mark.machine,
    pytest.mark.timeout(700),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium: apt-get install chromium"),
]

COLOURS_BGR = {"background": (0x20, 0x30, 0x80), "yellow": (0, 190, 190), "cyan": (190, 190, 0)}


@pytest.fixture(scope="module")
def seen(inside: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = inside("guest_browser.py")
    print(f"2 Chromium: {found['took s']} s")
    return found


def test_chromium_opens_and_closes_the_camera_three_times(seen: dict[str, Any]) -> None:
    assert [opening.get("error") for opening in seen["openings"]] == [None] * 3
    for opening in seen["openings"]:
        assert opening["label"] == "cyclorama"
        assert opening["size"] == [320, 180]


def test_every_picture_is_in_order_and_none_shows_the_room(seen: dict[str, Any]) -> None:
    for opening in seen["openings"]:
        numbers = [number for number in opening["numbers"] if number is not None]
        assert len(numbers) >= 8
        assert numbers == sorted(numbers)
        assert opening["room"] == 0


def test_colours_are_within_four_levels(seen: dict[str, Any]) -> None:
    for opening in seen["openings"]:
        for name, sent in COLOURS_BGR.items():
            assert all(abs(a - b) <= 4 for a, b in zip(opening["colours"][name], sent, strict=True)), opening["colours"]


def test_nothing_of_an_earlier_opening_comes_and_the_camera_is_off_in_between(seen: dict[str, Any]) -> None:
    """Chromium takes longer to its first picture than the camera: what comes first is the card or a new one."""
    last = -1
    for opening in seen["openings"]:
        numbers = [number for number in opening["numbers"] if number is not None]
        assert numbers[0] > last, (last, opening["numbers"])
        last = numbers[-1]
    assert seen["idle between"][:2] == [True, True]


def test_another_program_reads_the_camera_at_the_same_time(seen: dict[str, Any]) -> None:
    other = seen["other"]
    assert other["pictures"] > other["cards"]
    assert other["room"] == 0
    assert other["ordered"]


def test_the_picture_that_chromium_saw(seen: dict[str, Any], tmp_path: Path) -> None:
    """Left in pytest's folder for people to look at."""
    png = base64.b64decode(seen["openings"][-1]["png"])
    (tmp_path / "chromium.png").write_bytes(png)
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape == (180, 320, 3)
