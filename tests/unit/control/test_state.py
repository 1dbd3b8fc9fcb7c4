"""The state as data, and in words."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cyclorama.control.state import SessionState, is_busy, shown_settings, words
from cyclorama.pipeline.runtime.metrics import RecordingStatus, Snapshot
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import CaptureSettings, ComposeSettings, MattingSettings, Settings

NOW = Snapshot(
    *("running", 3.0, 90, 30.0, 20.0, 30.0, {}, 0, 1, "selfie", "CPU", "float32", "demo", 0.5, None),
    captured_fps=30.0,
    recent_ms={"prepare": 1.0, "matting": 12.0, "network": 9.0, "edges": 9.0, "compose": 8.0},
)
BUSY = "your processor is busy: 12 of 30 pictures a second"
SLOW_NETWORK = "smooth; your processor is busy: the network looks at fewer pictures"


def with_stages(**recent_ms: float) -> dict[str, object]:
    return {"recent_ms": NOW.recent_ms | recent_ms}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({}, "smooth"),
        ({"fps": 27.1}, "smooth"),
        ({"matte_age": 15}, "smooth"),  # the picture stands still
        (with_stages(network=40.0), SLOW_NETWORK),
        ({"fps": 12.4}, BUSY),
        ({"fps": 12.4, "captured_fps": 12.6}, "the camera gives 12 of 30 pictures a second: more light helps"),
        ({"fps": 12.4, "captured_fps": 15.0}, BUSY),
        ({"fps": 12.4, "captured_fps": 12.4, **with_stages(edges=28.0)}, BUSY),
        ({"fps": 0.0, "captured_fps": 0.0}, "starting"),
        ({"fps": 0.0, "away": "the privacy card"}, "you are away: the privacy card is shown"),
        ({"fps": 5.0, "idle": True}, "nobody watches: the camera is off"),
        ({"fps": 5.0, "idle": True, "fault": "plug the camera in again"}, "plug the camera in again"),
    ],
    ids=str,
)
def test_how_it_runs_is_said_in_one_sentence(changes: dict[str, object], says: str) -> None:
    now = replace(NOW, **changes)  # type: ignore[arg-type]
    assert words(now, Settings(source="0"), 30.0) == says
    assert is_busy(now, 30.0) == (says == BUSY)


@pytest.mark.parametrize("source", ["demo", "https://somewhere/camera", "talk.mp4"])
def test_light_helps_a_camera_alone(source: str) -> None:
    slow = replace(NOW, fps=12.0, captured_fps=12.0)
    assert words(slow, Settings(source=source), 30.0) == "the source gives 12 of 30 pictures a second"


def test_a_network_that_looks_as_often_as_it_was_told_to_is_not_slow() -> None:
    slow = replace(NOW, **with_stages(network=40.0))  # type: ignore[arg-type]
    seldom = Settings(source="0", matting=MattingSettings(every=6))
    assert words(slow, seldom, 30.0) == "smooth"
    assert words(slow, Settings(source="0", compose=ComposeSettings(background="none")), 30.0) == "smooth"
    assert words(replace(slow, fps=10.0), Settings(source="0"), 10.0) == "smooth", "each run may take longer"


def test_the_state_is_json_all_through() -> None:
    settings = Settings(to=("null",), capture=CaptureSettings(size_wh=(64, 48)))
    now = replace(NOW, recording=RecordingStatus(1.0, target="a.mp4"))
    state = SessionState("live", "live", shown_settings(settings, "live"), now, False, "smooth", False, "b.mp4")
    plain = json.loads(json.dumps(state.plain()))
    assert plain == state.plain()
    assert plain["settings"]["size"] == "64x48" and plain["settings"]["background"] == "blur"
    assert plain["status"]["recording"]["target"] == "a.mp4" and plain["last_clip"] == "b.mp4"


@pytest.mark.parametrize("command", ["live", "record"])
def test_the_settings_of_a_command_are_those_it_takes(command: str) -> None:
    assert set(shown_settings(Settings(), command)) == {key for key, row in SETTINGS.items() if command in row.commands}
    assert ("away" in shown_settings(Settings(), command)) is (command == "live")
