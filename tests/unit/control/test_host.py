"""What lets a session be controlled: keys, the socket and the settings file, from its begin to its end."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from cyclorama.control import host as host_module
from cyclorama.control import reload
from cyclorama.control.client import ControlClient, find_session
from cyclorama.control.endpoint import Endpoint, list_sessions
from cyclorama.control.host import PENDING_KEYS, Host, SettingsSource
from cyclorama.core.errors import SettingsError
from cyclorama.settings.sources import load_settings
from doubles.controlled import controlled
from doubles.live_stage import wait


@pytest.fixture
def place(folder: Path, kind: type[Endpoint], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CYCLORAMA_RUNTIME_DIR", str(folder))
    return folder


def test_a_session_is_found_from_begin_to_close(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    with controlled(monkeypatch) as (stage, controls):
        with Host("live", stopped.set) as host:
            assert list_sessions() == [] and host.controls is None
            host.begin(controls._running)
            with ControlClient(find_session("live")) as client:
                assert client.ask("background", ["color:teal"]) == {"background": "color:teal"}
                stage.wait(lambda: stage.shows((128, 128, 0)))
                assert client.ask("status")["name"] == "live"
                assert client.ask("stop") == {"stopping": True} and stopped.is_set()
        assert list_sessions() == []


def test_where_there_can_be_no_socket_keys_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CYCLORAMA_RUNTIME_DIR", str(tmp_path / "file"))
    told: list[str] = []
    with controlled(monkeypatch) as (_, controls), Host("live", lambda: None, tell=told.append) as host:
        host.begin(controls._running)
        host.press("m")
        wait(lambda: told)
    assert told == ["mirrored"]
    assert caplog.text.count("no control socket in") == 1


def test_keys_before_the_session_runs_mean_nothing_but_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = threading.Event()
    told: list[str] = []
    with Host("record", stopped.set, stopping_keys="q\r\n", tell=told.append) as host:
        for key in "nmr?":
            host.press(key)
        host.toggle()
        assert not stopped.is_set()
        host.press("Q")
        assert stopped.is_set()
    assert not told


def test_more_keys_than_it_takes_are_dropped_and_the_end_is_not(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_work, go_on, stopped = threading.Event(), threading.Event(), threading.Event()
    pressed: list[str] = []

    def slow(key: str, controls: Any) -> str:
        pressed.append(key)
        at_work.set()
        go_on.wait(10)
        return ""

    monkeypatch.setattr(host_module, "press", slow)
    with controlled(monkeypatch) as (_, controls), Host("record", stopped.set, stopping_keys="q") as host:
        host.begin(controls._running)
        host.press("n")
        assert at_work.wait(10)
        for _ in range(100):
            host.press("n")
        host.press("q")
        assert stopped.is_set(), "while another one is at work and the queue is full"
        go_on.set()
        wait(lambda: len(pressed) == 1 + PENDING_KEYS)
    assert len(pressed) == 1 + PENDING_KEYS


def test_a_key_that_fails_is_told_and_the_next_one_works(
    place: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[str] = []
    with controlled(monkeypatch) as (_, controls), Host("live", lambda: None, tell=told.append) as host:
        host.begin(controls._running)
        host.press("p")
        wait(lambda: told)
        monkeypatch.setattr(controls, "snapshot", lambda: 1 / 0)
        assert host.controls is not None
        monkeypatch.setattr(host.controls, "snapshot", lambda: 1 / 0)
        host.press("s")
        wait(lambda: len(told) == 2)
        host.press("m")
        wait(lambda: len(told) == 3)
    assert told == [
        "nothing is being recorded: start a recording first",
        "unexpected ZeroDivisionError: division by zero",
        "mirrored",
    ]
    assert "key 's' failed" in caplog.text
    caplog.clear()


def test_a_saved_file_changes_the_session(place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reload, "LOOK_S", 0.01)
    file = tmp_path / "cyclorama.toml"
    told: list[str] = []

    def load() -> Any:
        return load_settings({}, environ={}, folders=[tmp_path])

    source = SettingsSource(load(), lambda: file if file.exists() else None, load)
    with (
        controlled(monkeypatch) as (stage, controls),
        Host("live", lambda: None, source=source, tell=told.append) as host,
    ):
        host.begin(controls._running)
        file.write_text('background = "color:teal"\n')
        stage.wait(lambda: stage.shows((128, 128, 0)))
        wait(lambda: told)
    assert told == ["changed: background color:teal"]


def test_a_file_that_breaks_while_the_session_starts_does_not_end_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reload, "LOOK_S", 0.01)
    told: list[str] = []

    def load() -> Any:
        raise SettingsError("a mistake")

    with controlled(monkeypatch) as (_, controls):
        source = SettingsSource(controls.settings, lambda: Path(__file__), load)
        with Host("live", lambda: None, source=source, tell=told.append) as host:
            host.begin(controls._running)
            wait(lambda: told)
    assert told == ["the saved settings change nothing: a mistake"]
