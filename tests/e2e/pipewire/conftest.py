"""A PipeWire session, with `cyclorama live` in it."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from doubles.camera_page import chromium_page
from doubles.desktop import Desktop, desktop, missing, wait_for
from e2e.conftest import MAIN

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIVE = ("--source", "demo", "--size", "640x360", "--to", "camera:pipewire", "--background", "color:teal")


@pytest.fixture(scope="package")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desktop]:
    """One for all tests of this folder."""
    if os.environ.get("CYCLORAMA_E2E") != "1":
        pytest.skip("needs CYCLORAMA_E2E=1: it starts a PipeWire session")
    if lacking := missing():
        pytest.skip(lacking)
    with desktop(tmp_path_factory.mktemp("desktop")) as session:
        yield session


Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(session: Desktop, tmp_path: Path) -> Iterator[Start]:
    """Run ``cyclorama live`` until the camera is listed."""
    with ExitStack() as ended:

        def start(*more: str) -> subprocess.Popen[str]:
            command = [*MAIN, "live", *LIVE, *more]
            process = subprocess.Popen(
                command, cwd=tmp_path, env=session.environment, stderr=subprocess.PIPE, text=True
            )
            ended.callback(stop, process)
            wait_for(lambda: session.cameras() or process.poll() is not None, 60)
            assert process.poll() is None, process.stderr.read() if process.stderr else ""
            return process

        yield start


def stop(process: subprocess.Popen[str]) -> None:
    """As Ctrl-C does."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)


@pytest.fixture
def call(session: Desktop) -> Iterator[Page]:
    """A page in Chromium that can open the camera."""
    pytest.importorskip("playwright.sync_api", reason="needs Playwright for Python (pip install playwright)")
    with chromium_page(session.environment, 60_000) as page:
        yield page
