"""The table of commands: what each makes of its arguments."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cyclorama.control.verbs import VERBS, find_verb
from cyclorama.core.errors import SettingsError

CASES: dict[str, list[tuple[list[str], tuple[str, tuple[Any, ...], dict[str, Any]]]]] = {
    "status": [([], ("state", (), {}))],
    "background": [(["next"], ("background", ("next",), {}))],
    "blur": [([], ("change", (), {"background": "blur"})), (["0.4"], ("change", (), {"background": "blur:0.4"}))],
    "model": [(["auto"], ("change", (), {"model": "auto"}))],
    "quality": [(["fast"], ("change", (), {"quality": "fast"}))],
    "mirror": [
        ([], ("mirror", (None,), {})),
        (["on"], ("mirror", (True,), {})),
        ([" OFF "], ("mirror", (False,), {})),
        (["toggle"], ("mirror", (None,), {})),
    ],
    "frame": [(["auto"], ("change", (), {"frame": "auto"}))],
    "zoom": [(["1.5"], ("change", (), {"zoom": "1.5"}))],
    "away": [([], ("away", (None,), {})), (["yes"], ("away", (True,), {}))],
    "record": [
        ([], ("record", (None,), {})),
        (["start"], ("record", (None,), {})),
        (["a.mp4"], ("record", (Path("a.mp4"),), {})),
        (["stop"], ("finish_recording", (), {})),
    ],
    "pause": [([], ("pause", (None,), {})), (["0"], ("pause", (False,), {}))],
    "snapshot": [([], ("snapshot", (None,), {})), (["a b.png"], ("snapshot", (Path("a b.png"),), {}))],
    "headshot": [
        ([], ("headshot", (None,), {"preset": "square", "background": "studio-grey"})),
        (
            ["me.jpg", "zoom", "studio-blue"],
            ("headshot", (Path("me.jpg"),), {"preset": "zoom", "background": "studio-blue"}),
        ),
    ],
    "room": [([], ("capture_room", (), {})), (["0"], ("capture_room", (0,), {}))],
    "profile": [(["work"], ("use_profile", ("work",), {}))],
    "set": [
        (["light-wrap", "0.5"], ("change", (), {"light_wrap": "0.5"})),
        (["edge", "-5"], ("change", (), {"edge": "-5"})),
    ],
    "stop": [([], ("stop", (), {}))],
}


@pytest.mark.parametrize("name", VERBS)
def test_each_does_what_it_says(noted: Any, name: str) -> None:
    for given, wanted in CASES[name]:
        controls = noted(state=SimpleNamespace(plain=lambda: {"words": "smooth"}))
        answer = VERBS[name](controls, given)
        assert controls.calls == [wanted]
        json.dumps(answer)


@pytest.mark.parametrize("name", VERBS)
def test_the_number_of_arguments_is_checked(noted: Any, name: str) -> None:
    verb = VERBS[name]
    least = sum(parameter.required for parameter in verb.parameters)
    for count in {least - 1, len(verb.parameters) + 1} - {-1}:
        with pytest.raises(SettingsError, match=f"{name} takes "):
            verb(noted(), ["x"] * count)
    assert [p.required for p in verb.parameters] == sorted((p.required for p in verb.parameters), reverse=True)


def test_record_without_an_argument_goes_the_other_way(noted: Any) -> None:
    controls = noted(finish_recording="a.mp4")
    controls.recording = True
    assert VERBS["record"](controls, []) == {"recording": False, "file": "a.mp4"}
    with_name = noted(record="b.mp4")
    with_name.recording = True
    assert VERBS["record"](with_name, ["b.mp4"]) == {"recording": True, "file": "b.mp4"}, "which refuses it"


def test_a_switch_has_few_words(noted: Any) -> None:
    for name in ("mirror", "away", "pause"):
        with pytest.raises(SettingsError, match="'maybe' is none of on, off, toggle"):
            VERBS[name](noted(), ["maybe"])


def test_an_unknown_one_is_guessed() -> None:
    assert find_verb("zoom") is VERBS["zoom"]
    with pytest.raises(SettingsError, match="did you mean background"):
        find_verb("backgroud")
