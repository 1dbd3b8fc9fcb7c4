"""The same sessions on a newer v4l2loopback, which tells whether somebody watches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.machine, pytest.mark.timeout(700)]


@pytest.fixture(scope="module")
def seen(inside: Callable[..., Any]) -> dict[str, Any]:
    found: dict[str, Any] = inside("guest_session.py", "newer")
    print({name: f"{scenario['took s']} s" for name, scenario in found.items()})
    return found


def test_nobody_ever_receives_the_room(seen: dict[str, Any]) -> None:
    lived = seen["6 on demand"]
    for received in (seen["1 ffmpeg"], seen["3 consumer first"], *lived["came"], lived["the one left"]):
        assert received["pictures"] > 10
        assert received["room"] == 0


def test_ffmpeg_gets_the_size_and_the_order(seen: dict[str, Any]) -> None:
    received = seen["1 ffmpeg"]
    assert received["ordered"]
    assert received["said"] == ""
    assert 8 < received["fps"] < 13


def test_consumers_outlive_writers(seen: dict[str, Any]) -> None:
    for kind in ("first", "restarted", "after a kill"):
        assert seen["3 consumer first"][f"{kind}: ordered"], seen["3 consumer first"]


def test_the_camera_is_released_and_opened_as_the_driver_tells(seen: dict[str, Any]) -> None:
    lived = seen["6 on demand"]
    assert lived["how"] == "as v4l2loopback tells"
    assert lived["released after s"] < 3
    for came in lived["came"]:
        assert came["begins with"] is None, "the card first"
        assert came["card after s"] < 0.5
        assert came["picture after s"] < 1
        assert came["released after s"] < 3
        assert came["ordered"]
    assert not lived["idle with one of two left"] and lived["the one left"]["went on"]
    assert lived["idle with wireplumber"], "it only lists cameras"
