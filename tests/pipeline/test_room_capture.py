"""Capturing the empty room in a running session: the countdown, and what may go wrong."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.matting.engine.room.capture import Capture
from cyclorama.pipeline.jobs import live
from cyclorama.pipeline.jobs.live import run_live
from cyclorama.pipeline.runtime import room_capture
from cyclorama.pipeline.runtime.room_capture import capture_room
from cyclorama.settings.values import CaptureSettings, MattingSettings, Settings
from doubles.controlled import controlled


class Running:
    """A session whose capture ends with ``refusal`` as soon as it begins; None: never."""

    def __init__(self, refusal: str | None = "") -> None:
        self.stop_event = threading.Event()
        self.watched = 0
        self._refusal = refusal

    def capture_room(self) -> Capture:
        assert self.watched == 1, "the camera runs"
        capture = Capture()
        if self._refusal is not None:
            capture.end(self._refusal)
        return capture

    @contextmanager
    def looking(self) -> Iterator[None]:
        self.watched += 1
        yield
        self.watched -= 1


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_capture, "LOOK_S", 0.01)
    monkeypatch.setattr(room_capture, "SECOND_S", 0.01)


def test_it_counts_down_and_waits_for_the_room() -> None:
    told: list[int] = []
    session = Running()
    capture_room(session, 3, told.append)
    assert told == [3, 2, 1] and session.watched == 0


def test_a_refusal_is_raised_and_the_camera_let_go() -> None:
    session = Running("somebody is in the picture: leave it, and try again")
    with pytest.raises(SettingsError, match=r"^the empty room was not captured: somebody is in the picture"):
        capture_room(session, 0)


def test_the_end_of_the_session_ends_the_wait() -> None:
    for countdown_s in (0, 5):
        session = Running(None)
        session.stop_event.set()
        with pytest.raises(SettingsError, match="the session has ended"):
            capture_room(session, countdown_s)


def test_a_camera_without_pictures_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_capture, "PATIENCE_S", 0.0)
    with pytest.raises(SettingsError, match="no picture came"):
        capture_room(Running(None), 0)


@pytest.mark.parametrize("countdown_s", [-1, 61])
def test_a_countdown_has_bounds(countdown_s: int) -> None:
    with pytest.raises(SettingsError, match="from 0 to 60"):
        capture_room(Running(), countdown_s)


def test_a_live_session_tells_how_its_capture_went(monkeypatch: pytest.MonkeyPatch) -> None:
    stop = threading.Event()
    told: list[str] = []

    def tell(text: str) -> None:
        told.append(text)
        if "not captured" in text or "is known" in text:
            stop.set()

    monkeypatch.setattr(live, "STATUS_S", 0.05)
    settings = Settings(source="demo", to=("null",), capture=CaptureSettings(size_wh=(160, 90)), duration_s=20)
    run_live(replace(settings, matting=MattingSettings(room="capture")), stop=stop, tell=tell)
    assert told[0] == "leave the picture: the empty room is captured in 5 s"
    assert told[-1] == (
        "the empty room was not captured: somebody is in the picture: leave it, and try again (cyclorama ctl room)"
    )


def test_the_command_is_refused_while_the_user_is_away_or_the_room_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with controlled(monkeypatch) as (stage, controls):
        stage.gone.set()
        with pytest.raises(SettingsError, match="you are away"):
            controls.capture_room(0)
