"""The panel as a command: its start, its end, and beside a session of a terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import pytest

from cyclorama.panel.web.access import Access
from doubles.browser_panel import COMMAND, browser_panel, until
from doubles.panel_client import PanelClient
from e2e.conftest import environment

pytestmark = pytest.mark.e2e
URL = re.compile(r"panel: (http://127\.0\.0\.1:(\d+)/#token=(\S+))")
DEMO = ("--source", "demo", "--size", "320x180")


def client_of(line: str) -> PanelClient:
    found = URL.search(line)
    assert found is not None, line
    return PanelClient(Access(int(found[2]), found[3]))


def test_it_starts_with_what_was_used_last_and_never_with_the_room(tmp_path: Path) -> None:
    with browser_panel(tmp_path, environment=environment()) as panel:
        assert panel.state()["first"]
        panel.change(background="dusk", mirror=True)
        panel.change(background="none", confirm_room=True)
    with browser_panel(tmp_path, environment=environment()) as panel:
        settings = panel.state()["settings"]
        assert (panel.state()["first"], settings["mirror"]) == (False, True)
        assert settings["background"] != "none"
    with browser_panel(tmp_path, "--background", "office", environment=environment()) as panel:
        assert panel.state()["settings"]["background"] == "office", "options come first"


def test_a_second_start_opens_the_first_ones_page_and_quit_ends_it(tmp_path: Path) -> None:
    with browser_panel(tmp_path, environment=environment()) as panel:
        env = {**os.environ, **environment(), "HOME": str(tmp_path), **folders(panel.process.pid)}
        second = subprocess.run([*COMMAND], env=env, capture_output=True, text=True, timeout=60, check=False)
        assert (second.returncode, json.loads(second.stdout)["url"]) == (0, panel.url), second.stderr
        assert panel.client.ask("POST", "/api/quit").status == 204
        assert panel.process.wait(30) == 0


def folders(pid: int) -> dict[str, str]:
    """What the process ``pid`` was told of folders."""
    told = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(item.split("=", 1) for item in told if item.startswith(("XDG_", "CYCLORAMA_")))


def test_ctrl_c_finishes_a_recording_and_ends_it(tmp_path: Path) -> None:
    with browser_panel(tmp_path, environment=environment()) as panel:
        state: Any = panel.client.send_json("POST", "/api/session/recording", {"on": True}).json()
        target = Path(state["recording"]["target"])
        panel.wait_state(lambda state: state["recording"]["seconds"] > 0.5)
        panel.process.send_signal(signal.SIGINT)
        assert panel.process.wait(30) == 0
    with av.open(str(target)) as clip:
        assert sum(1 for _ in clip.decode(video=0)) > 0


@pytest.mark.parametrize("command", ["live", "record"])
def test_beside_a_session_of_a_terminal(tmp_path: Path, command: str) -> None:
    words = ["live", "--to", "null"] if command == "live" else ["record", "r.mp4", "--no-audio", "--countdown", "0"]
    env = {**os.environ, **environment(), "BROWSER": "true", "HOME": str(tmp_path)}
    process = subprocess.Popen(
        [sys.executable, "-m", "cyclorama.cli.app", *words, *DEMO, "--panel"],
        cwd=tmp_path, env=env, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        client = client_of(next(line for line in process.stderr if "panel: " in line))
        state = until(lambda: client.get("/api/session").json(), lambda state: state["running"])
        assert state["terminal"] and state["problem"] is None
        assert client.send_json("PATCH", "/api/session", {"background": "color:teal"}).status == 200
        refused = client.send_json("PATCH", "/api/session", {"size": "480p"})
        assert (refused.status, "restart" in refused.error) == (400, True)
        time.sleep(0.5)
        assert client.send_json("POST", "/api/session/stop", {}).status == 200
        process.stderr.read()
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
    if command == "record":
        with av.open(str(tmp_path / "r.mp4")) as clip:
            last = [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)][-1]
        assert abs(last[2, 2].astype(int) - (0, 128, 128)).max() < 12


def test_a_taken_port_and_a_window_are_told(tmp_path: Path) -> None:
    env = {**os.environ, **environment(), "HOME": str(tmp_path)}
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        wrong = {("--port", port): f"--port {port} cannot be used", ("--to", "preview"): "leave --to preview out"}
        for words, says in wrong.items():
            command = [*COMMAND, "--source", "demo", *words]
            done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 2 and says in done.stderr, done.stderr
