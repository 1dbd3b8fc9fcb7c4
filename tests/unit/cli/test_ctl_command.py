"""What ``cyclorama ctl`` sends, what it says, and its help."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cyclorama.cli.app as app
from cyclorama.cli.commands.ctl import EXAMPLES, answer_text, run_verb, status_line
from cyclorama.control import client as client_module
from cyclorama.control.verbs import VERBS
from cyclorama.core.errors import SettingsError

NOW = {
    "fps": 29.97,
    "cpu_cores": 0.5,
    "model": "selfie",
    "provider": "CPU",
    "recording": None,
    "room": {"words": "known since 12:03", "since": 1.0, "starts_in": None, "refused": ""},
}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
    """What the session is asked."""
    asked: list[tuple[str, list[str]]] = []

    class Client:
        def __init__(self, endpoint: object) -> None:
            assert endpoint == "endpoint of live"

        def ask(self, verb: str, arguments: list[str]) -> dict[str, Any]:
            asked.append((verb, arguments))
            return {"done": True}

        def __enter__(self) -> Client:
            return self

        def __exit__(self, *error: object) -> None:
            pass

    monkeypatch.setattr(client_module, "ControlClient", Client)
    monkeypatch.setattr(client_module, "find_session", lambda name: f"endpoint of {name}")
    return asked


def test_file_names_are_sent_whole_and_words_as_they_are(
    sent: list[tuple[str, list[str]]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ich ü.png", "blur", "0.5x.jpg"):
        (tmp_path / name).touch()
    home = str(Path.home())
    for verb, given, wanted in (
        ("background", ["ich ü.png"], [f"{tmp_path}{os.sep}ich ü.png"]),
        ("background", ["blur"], ["blur"]),
        ("background", ["absent.png"], ["absent.png"]),
        ("background", ["color:navy"], ["color:navy"]),
        ("background", ["x" * 5000 + ".png"], ["x" * 5000 + ".png"]),
        ("record", ["a b.mp4"], [f"{tmp_path}{os.sep}a b.mp4"]),
        ("record", ["~/a.mp4"], [f"{home}{os.sep}a.mp4"]),
        ("record", ["~nobody-here/a.mp4"], [f"{tmp_path}{os.sep}~nobody-here{os.sep}a.mp4"]),
        ("record", ["stop"], ["stop"]),
        ("record", [], []),
        ("snapshot", ["../a.png"], [f"{tmp_path}{os.sep}..{os.sep}a.png"]),
        ("set", ["away", "ich ü.png"], ["away", f"{tmp_path}{os.sep}ich ü.png"]),
        ("set", ["zoom", "0.5"], ["zoom", "0.5"]),
    ):
        run_verb(VERBS[verb], given, "live", json=True)
        assert sent[-1] == (verb, wanted)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        (["set", "edge", "-5"], ("set", ["edge", "-5"])),
        (["set", "pan", "-0.2,0.1", "--json"], ("set", ["pan", "-0.2,0.1"])),
        (["mirror"], ("mirror", [])),
        (["mirror", "off"], ("mirror", ["off"])),
    ],
)
def test_a_negative_number_is_no_option(
    sent: list[tuple[str, list[str]]], line: list[str], asked: tuple[str, list[str]]
) -> None:
    assert app.run(["ctl", *line, "--session", "live"]) == 0
    assert sent == [asked]


def test_answers_are_said_in_words() -> None:
    assert answer_text("mirror", {"mirror": True}) == "mirror: yes"
    assert answer_text("record", {"recording": False, "file": None}) == "recording: no"
    assert (
        answer_text("profile", {"zoom": 1.5, "needs_restart": ["size", "fps"]}) == "zoom: 1.5\nneeds restart: size, fps"
    )
    assert answer_text("profile", {}) == "as it was"
    state = {"name": "live", "words": "smooth", "status": NOW, "settings": {"zoom": 1.5, "crf": None, "mirror": False}}
    assert answer_text("status", state) == (
        "live: smooth | 30.0 fps | 50 % CPU | selfie on CPU\nthe empty room: known since 12:03\n\n"
        "zoom    1.5\nmirror  no"
    )
    state["status"] = {**NOW, "room": {"words": "not known yet", "refused": "it was not captured: try again"}}
    assert "\nthe empty room: not known yet (it was not captured: try again)\n" in answer_text("status", state)


@pytest.mark.parametrize(
    ("recording", "says"),
    [
        ({"paused": False, "ended": False}, "rec 4 s a.mp4"),
        ({"paused": True, "ended": False}, "paused 4 s a.mp4"),
        ({"paused": True, "ended": True}, "recorded 4 s a.mp4"),
    ],
)
def test_a_recording_is_in_the_line_of_the_state(recording: dict[str, bool], says: str) -> None:
    state = {"words": "smooth", "status": {**NOW, "recording": {**recording, "seconds": 4.2, "target": "a.mp4"}}}
    assert status_line(state).endswith(f" | {says}")


@pytest.fixture
def helped(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def ask(*line: str) -> str:
        assert app.run([*line, "--help"]) == 0
        return capsys.readouterr().out

    return ask


def test_every_command_and_argument_is_explained(helped: Callable[..., str]) -> None:
    listed = helped("ctl")
    for verb in VERBS.values():
        assert f"  {verb.name} " in listed and verb.help in listed, "not cut short"
        text = " ".join(helped("ctl", verb.name).split())
        assert verb.help in text and "--session NAME" in text and "--json" in text
        for parameter in verb.parameters:
            assert parameter.name in text and parameter.help and parameter.help in text
    assert "until the session ends" in listed


def test_the_recipes_are_there_line_by_line(helped: Callable[..., str]) -> None:
    text = helped("ctl")
    for line in EXAMPLES.split("\n"):
        if line.startswith("  "):
            assert line.rstrip() in text
    for system in ("GNOME", "KDE", "sxhkd", "AutoHotkey", "macOS", "Stream Deck"):
        assert f"\n    {system}" in text
    assert '#b::Run "cyclorama ctl background next",, "Hide"' in text, "of version 2"
    commands = [
        line.split("cyclorama ctl ")[1].split('"')[0].split()[0]
        for line in text.splitlines()
        if "cyclorama ctl " in line
    ]
    assert set(commands) - {"[OPTIONS]"} <= {*VERBS, "watch"}


def test_a_file_in_a_folder_that_was_deleted_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sent: list[tuple[str, list[str]]]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(SettingsError, match=r"talk\.mp4 cannot be found from here: this folder was deleted"):
        run_verb(VERBS["record"], ["talk.mp4"], "live", json=False)
    run_verb(VERBS["away"], [], "live", json=False)
    assert sent == [("away", [])]
