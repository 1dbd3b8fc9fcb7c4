"""What a call in a browser sees: the camera's label and its picture, through getUserMedia."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [
    pytest.mark.machine,
    pytest.mark.timeout(400),
    pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium: apt-get install chromium"),
]


def test_chromium_offers_the_camera_and_shows_its_colours(inside: Callable[[str], Any]) -> None:
    answer = inside("guest_browser.py")
    assert answer["label"] == "cyclorama"
    assert answer["size"] == [640, 360]
    assert all(abs(got - sent) <= 4 for got, sent in zip(answer["bgr"], (40, 60, 200), strict=True))
