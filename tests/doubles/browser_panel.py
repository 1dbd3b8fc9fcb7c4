"""The panel as a process of its own, as a page sees it: its state, and the frames that it shows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.panel.web.access import Access
from doubles.panel_client import PanelClient

COMMAND = (sys.executable, "-m", "cyclorama.cli.app", "panel", "--no-browser", "--json")
PATIENCE_S = 30.0
Frame = NDArray[np.uint8]
T = TypeVar("T")


@dataclass(frozen=True)
class BrowserPanel:
    """A running panel. ``home``: the folder of its user."""

    process: subprocess.Popen[str]
    url: str
    client: PanelClient
    home: Path

    def state(self) -> dict[str, Any]:
        """What is in force."""
        return dict(self.client.get("/api/session").json())

    def frame(self) -> Frame:
        """The picture that other programs see now, BGR."""
        return decoded(self.client.ask("POST", "/api/session/snapshot").body)

    def change(self, **settings: object) -> None:
        """Change settings, as another client."""
        answer = self.client.send_json("PATCH", "/api/session", settings)
        assert answer.status == 200, answer.body

    def wait_frame(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The first picture that is as ``wanted``."""
        return until(self.frame, wanted)

    def wait_state(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state that is as ``wanted``."""
        return until(self.state, wanted)


@contextmanager
def browser_panel(home: Path, *arguments: str, environment: Mapping[str, str]) -> Iterator[BrowserPanel]:
    """Run ``cyclorama panel`` with the demo picture for a user whose folders lie in ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    names = {"DATA": "data", "STATE": "state", "CONFIG": "config", "CACHE": "cache"}
    folders = {f"XDG_{name}_HOME": str(home / below) for name, below in names.items()}
    every = {**environment, **folders, "HOME": str(home), "CYCLORAMA_MODELS_DIR": str(home / "no-models")}
    runtime = tempfile.mkdtemp(prefix="cyclorama-")  # the path of a socket has to be short
    process = subprocess.Popen(
        [*COMMAND, "--source", "demo", "--to", "null", *arguments],
        cwd=home,
        env={**every, "XDG_RUNTIME_DIR": runtime},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        printed = json.loads(process.stdout.readline())
        port = int(printed["address"].rpartition(":")[2])
        panel = BrowserPanel(process, printed["url"], PanelClient(Access(port, printed["token"])), home)
        panel.wait_state(lambda state: bool(state["running"]))
        yield panel
    finally:
        process.terminate()
        process.wait(PATIENCE_S)
        shutil.rmtree(runtime)


def decoded(data: bytes) -> Frame:
    """The pixels of a picture file."""
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)


def until(get: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """The first value that is as ``wanted``."""
    deadline = time.monotonic() + PATIENCE_S
    while not wanted(value := get()):
        assert time.monotonic() < deadline, f"it does not become so; the last: {value!r:.500}"
        time.sleep(0.05)
    return value
