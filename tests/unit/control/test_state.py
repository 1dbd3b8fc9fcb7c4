"""The state as data, and in words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cyclorama.control.state import SessionState, shown_settings, words
from cyclorama.pipeline.runtime.metrics import RecordingStatus, Snapshot
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import CaptureSettings, Settings

NOW = Snapshot("running", 3.0, 90, 30.0, 20.0, 30.0, {}, 0, 1, "selfie", "CPU", "float32", "demo", 0.5, None)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "smooth"),
        ({"fps": 27.1}, "smooth"),
        ({"matte_age": 2}, "smooth; your processor is busy: the network looks at fewer pictures"),
        ({"fps": 12.4}, "your processor is busy: 12 of 30 pictures a second"),
        ({"fps": 0.0, "away": "the privacy card"}, "you are away: the privacy card is shown"),
        ({"fps": 5.0, "idle": True}, "nobody watches: the camera is off"),
        ({"fps": 5.0, "idle": True, "fault": "plug the camera in again"}, "plug the camera in again"),
    ],
    ids=str,
)
def test_how_it_runs_is_said_in_one_sentence(changes: dict[str, object], says: str) -> None:
    assert words(replace(NOW, **changes), 30.0) == says  # type: ignore[arg-type]


def test_the_state_is_json_all_through() -> None:
    settings = Settings(to=("null",), capture=CaptureSettings(size_wh=(64, 48)))
    now = replace(NOW, recording=RecordingStatus(1.0, target="a.mp4"))
    state = SessionState("live", "live", shown_settings(settings, "live"), now, False, "smooth", "b.mp4")
    plain = json.loads(json.dumps(state.plain()))
    assert plain == state.plain()
    assert plain["settings"]["size"] == "64x48" and plain["settings"]["background"] == "blur"
    assert plain["status"]["recording"]["target"] == "a.mp4" and plain["last_clip"] == "b.mp4"


@pytest.mark.parametrize("command", ["live", "record"])
def test_the_settings_of_a_command_are_those_it_takes(command: str) -> None:
    assert set(shown_settings(Settings(), command)) == {key for key, row in SETTINGS.items() if command in row.commands}
    assert ("away" in shown_settings(Settings(), command)) is (command == "live")
