"""The command itself on a real kernel: the real network, devices by their label, a portrait picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.machine, pytest.mark.timeout(700)]

BARS_BGR = [
    (190, 190, 190), (0, 190, 190), (190, 190, 0), (0, 190, 0),
    (190, 0, 190), (0, 0, 190), (190, 0, 0), (0, 0, 0),
]  # fmt: skip
"""vivid's first test pattern, from left to right."""


@pytest.fixture(scope="module")
def seen(inside: Callable[[str], Any]) -> dict[str, Any]:
    found: dict[str, Any] = inside("guest_live.py")
    print({name: f"{scenario['took s']} s" for name, scenario in found.items()})
    return found


@pytest.mark.parametrize("call", ["network", "portrait"])
def test_it_ends_as_ctrl_c_ends_it_and_has_said_what_runs(seen: dict[str, Any], call: str) -> None:
    ended = seen[call]
    assert ended["exit code"] == 130, ended["said"]
    assert ended["on_demand"] == "by who holds it open"
    assert "camera off while nobody watches (by who holds it open)" in ended["said"]


def test_with_the_network_nobody_receives_the_room(seen: dict[str, Any]) -> None:
    """Where emulation is too slow for it to keep up, that is the card, at a steady rate."""
    received = seen["network"]
    assert received["model"] == "selfie"
    assert received["pictures"] >= 100
    assert received["format"] == "YU12:320x180@5"
    assert received["room"] == 0
    assert all(abs(a - b) <= 4 for a, b in zip(received["colours"]["background"], (0x20, 0x30, 0x80), strict=True))
    assert 4 < received["fps"] < 6


def test_away_and_back_by_a_signal(seen: dict[str, Any]) -> None:
    received = seen["network"]
    assert received["away after s"] < 3
    assert received["stayed away"]
    assert received["back after s"] < 15, "at once, or by the card where emulation is too slow for the network"


def test_turned_by_a_quarter_the_left_is_above(seen: dict[str, Any]) -> None:
    received = seen["portrait"]
    assert received["format"] == "YU12:180x320@5"
    for got, drawn in zip(received["bars"], BARS_BGR, strict=True):
        assert all(abs(a - b) <= 4 for a, b in zip(got, drawn, strict=True)), received["bars"]
