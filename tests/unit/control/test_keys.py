"""What the keys stand for."""

from __future__ import annotations

from typing import Any

import pytest

from cyclorama.control.keys import KEYS, press

SAYS = {
    "n": "background office",
    "b": "background office",
    "x": "background office",
    "m": "mirrored",
    "a": "away: the away picture is shown",
    "r": "recording to talk.mp4",
    "p": "paused",
    "s": "saved me.png",
    "?": "keys: n next background, ",
}
ASKS = {
    "n": ("background", ("next",), {}),
    "b": ("background", ("previous",), {}),
    "x": ("background", ("blur",), {}),
    "m": ("mirror", (), {}),
    "a": ("away", (), {}),
    "r": ("record", (), {}),
    "p": ("pause", (), {}),
    "s": ("snapshot", (), {}),
}
ANSWERS = {
    "background": {"background": "office"},
    "mirror": {"mirror": True},
    "away": True,
    "record": "talk.mp4",
    "pause": True,
    "snapshot": "me.png",
}


@pytest.mark.parametrize("key", KEYS)
def test_each_does_what_it_says_in_either_case(noted: Any, key: str) -> None:
    for pressed in {key, key.upper()}:
        controls = noted(**ANSWERS)
        assert press(pressed, controls).startswith(SAYS[key])
        assert controls.calls == ([ASKS[key]] if key in ASKS else [])


def test_space_pauses_and_others_mean_nothing(noted: Any) -> None:
    controls = noted(pause=False, mirror={"mirror": False}, away=False)
    assert [press(key, controls) for key in (" ", "m", "a")] == ["recording", "not mirrored", "back"]
    assert [press(key, noted()) for key in ("z", "\n", "", "ä", "\x1b")] == [""] * 5


def test_the_key_that_records_finishes_too(noted: Any) -> None:
    controls = noted(finish_recording="talk.mp4")
    controls.recording = True
    assert press("r", controls) == "recorded talk.mp4"


def test_help_lists_all_of_them(noted: Any) -> None:
    text = press("?", noted())
    assert all(f"{name} {key.help}" in text for name, key in KEYS.items())
