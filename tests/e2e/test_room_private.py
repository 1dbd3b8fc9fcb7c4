"""The empty room that is remembered is never written to disk: a session and a conversion, traced."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from doubles.room_clip import write_empty_room
from e2e import traced

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="strace is Linux's"),
]
SESSION = """
import sys, time
import cyclorama
with cyclorama.live(source=sys.argv[1], to="null", background="color:teal", model="selfie") as session:
    end = time.monotonic() + 30
    while session.status.room.since is None and time.monotonic() < end:
        time.sleep(0.1)
    print(session.status.room.words)
    session.change(mirror=True)
    time.sleep(0.5)
    print(session.status.room.words)
"""


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Two seconds of an empty room."""
    path = tmp_path / "room.mkv"
    write_empty_room(path, (320, 180), 2)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Of a user who has just moved in."""
    if not traced.can_trace():
        (pytest.fail if os.environ.get("CYCLORAMA_E2E") == "1" else pytest.skip)("needs strace and the right to trace")
    return tmp_path / "home"


def written(home: Path, *command: str) -> tuple[Any, set[Path]]:
    """What a command writes, but folders."""
    environment = {**traced.fresh_home(home), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    report = traced.trace([sys.executable, *command], home, environment, home.parent / "log")
    assert report.code == 0, report.err
    return report, {path for path in report.written if not path.is_dir()}


def test_a_session_that_knows_the_room_writes_nothing(home: Path, clip: Path) -> None:
    report, files = written(home, "-c", SESSION, str(clip))
    known, forgotten = report.out.splitlines()
    assert known.startswith("known since ") and forgotten.startswith("forgotten: ")
    assert files == set()


def test_a_conversion_with_a_room_writes_its_clip_alone(home: Path, clip: Path) -> None:
    report, files = written(
        home, "-m", "cyclorama", "convert", str(clip), "out.mkv", "--background", "matte", "--room", "0-1"
    )
    assert "the empty room is not used" not in report.err
    assert files == {home / "out.mkv", home / "out.part.mkv"}
