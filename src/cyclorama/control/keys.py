"""The keys that control a session, in the terminal and in the preview window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cyclorama.control.controls import Controls


@dataclass(frozen=True, slots=True)
class Key:
    """``do``: what it does; returns one line for the user."""

    help: str
    do: Callable[[Controls], str]


def _background(controls: Controls, what: str) -> str:
    return f"background {controls.background(what)['background']}"


def _mirror(controls: Controls) -> str:
    return "mirrored" if controls.mirror()["mirror"] else "not mirrored"


def _away(controls: Controls) -> str:
    return "away: the away picture is shown" if controls.away() else "back"


def _record(controls: Controls) -> str:
    if controls.recording:
        return f"recorded {controls.finish_recording()}"
    return f"recording to {controls.record()}"


def _pause(controls: Controls) -> str:
    return "paused" if controls.pause() else "recording"


def _help(controls: Controls) -> str:
    return "keys: " + ", ".join(f"{name} {key.help}" for name, key in KEYS.items())


KEYS: dict[str, Key] = {
    "n": Key("next background", lambda controls: _background(controls, "next")),
    "b": Key("background before", lambda controls: _background(controls, "previous")),
    "x": Key("blur", lambda controls: _background(controls, "blur")),
    "m": Key("mirror", _mirror),
    "a": Key("away", _away),
    "r": Key("record", _record),
    "p": Key("pause", _pause),
    "s": Key("snapshot", lambda controls: f"saved {controls.snapshot()}"),
    "?": Key("these keys", _help),
}
"""By character."""


def press(key: str, controls: Controls) -> str:
    """Do what ``key`` stands for, upper or lower case; returns one line for the user, empty for a key without a
    meaning. Raises CycloramaError."""
    found = KEYS.get("p" if key == " " else key.lower())
    return "" if found is None else found.do(controls)
