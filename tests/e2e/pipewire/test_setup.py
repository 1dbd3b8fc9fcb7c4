"""`cyclorama setup` and the doctor in a real PipeWire session."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cyclorama.doctor.portal import look_for_portal
from cyclorama.setup import read_back
from cyclorama.sinks.virtual_camera.pipewire.check import look_for_pipewire
from doubles.desktop import Desktop
from e2e.conftest import MAIN

PROGRAMS = ("apt-get", "dkms", "dnf", "modprobe", "pacman", "sudo", "zypper")
"""What setup could run."""

Setup = Callable[..., dict[str, Any]]


@pytest.fixture
def setup(session: Desktop, tmp_path: Path) -> Setup:
    """Run it with its JSON; the commands that it might run are not the system's."""
    stubs = tmp_path / "bin"
    stubs.mkdir()
    for name in PROGRAMS:
        (stubs / name).write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path}/ran\nexit 1\n')
        (stubs / name).chmod(0o755)

    def run(*arguments: str) -> dict[str, Any]:
        command = [*MAIN, "setup", "--json", "--yes", "--no-service", *arguments]
        environment = {**session.environment, "PATH": f"{stubs}:{session.environment['PATH']}"}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (done.stdout, done.stderr)
        assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
        return dict(json.loads(done.stdout))

    return run


@pytest.mark.skipif(Path("/sys/module/v4l2loopback").exists(), reason="this machine has v4l2loopback")
def test_it_reads_back_what_it_writes_to_pipewires_camera(session: Desktop, setup: Setup) -> None:
    found = setup()
    assert found["checked"] == [{"camera": "Cyclorama (PipeWire)", "works": True, "problem": ""}]
    assert found["commands"] == []
    assert not any("modprobe" in file["path"] or "modules" in file["path"] for file in found["files"])
    assert any("open your call and pick Cyclorama" in note for note in found["notes"])
    assert session.cameras() == [], "it was there for the moment"


def test_a_camera_without_a_session_manager_is_told(session: Desktop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_back, "PATIENCE_S", 0.5)
    for name in ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, session.environment[name])
    assert read_back.check_pipewire().problem == ""
    session.stop_pipewire(manager_alone=True)
    try:
        problem = read_back.check_pipewire().problem
    finally:
        session.stop_pipewire()
        session.start_pipewire()
    assert problem == f"{read_back.NOTHING_CAME}: does PipeWire's session manager run (WirePlumber)?"


def test_the_doctor_sees_the_session_and_what_is_taken_from_it(
    session: Desktop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, session.environment[name])
    assert look_for_pipewire().problem == ""
    assert look_for_portal().problem == "" and int(look_for_portal().version) >= 1
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    assert look_for_portal().problem.endswith("there is no session bus")
    with tempfile.TemporaryDirectory() as elsewhere:
        monkeypatch.setenv("XDG_RUNTIME_DIR", elsewhere)
        assert look_for_pipewire().problem.endswith("no PipeWire runs for this user")
