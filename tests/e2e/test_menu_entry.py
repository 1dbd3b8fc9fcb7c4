"""The menu entry on Linux, in a home of its own: checked and started by the desktop's own programs, and taken away."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cyclorama.setup.desktop_entry import desktop_files
from cyclorama.setup.plan import carry_out, plan_setup

pytestmark = [pytest.mark.e2e, pytest.mark.needs_linux("a desktop entry")]
Run = Callable[..., Any]
MENU = ("setup", "--no-camera", "--no-service")
validates = pytest.mark.skipif(
    shutil.which("desktop-file-validate") is None, reason="desktop-file-validate (desktop-file-utils) is not installed"
)
launches = pytest.mark.skipif(shutil.which("gio") is None, reason="gio (libglib2.0-bin) is not installed")


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home of Jörg"
    home.mkdir()
    (home / "mine.txt").touch()
    return home


@pytest.mark.parametrize("data", [None, "data of mine"])
def test_there_and_away_again(cyclorama: Run, home: Path, data: str | None) -> None:
    share = home / (data or ".local/share")
    places = {"HOME": str(home), "XDG_DATA_HOME": "" if data is None else str(share)}
    done = cyclorama(*MENU, "--yes", **places)
    assert "cyclorama.desktop" in done.out and done.out.endswith("Done.\n")
    assert files(share) == [
        "applications/cyclorama.desktop",
        "icons/hicolor/48x48/apps/cyclorama.png",
        "icons/hicolor/scalable/apps/cyclorama.svg",
    ]
    ET.parse(share / "icons/hicolor/scalable/apps/cyclorama.svg")
    again = cyclorama(*MENU, **places)
    assert again.out.endswith("Nothing to do.\n")
    cyclorama("setup", "--remove", "--yes", "--no-camera", **places)
    assert files(home) == ["mine.txt"] and [path.name for path in home.iterdir()] == ["mine.txt"]


@validates
def test_the_entry_is_valid(cyclorama: Run, home: Path) -> None:
    cyclorama(*MENU, "--yes", HOME=str(home), XDG_DATA_HOME=str(home))
    entry = home / "applications" / "cyclorama.desktop"
    checked = subprocess.run(["desktop-file-validate", str(entry)], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


@launches
@pytest.mark.parametrize(
    "name", ["plain", "a b", "it's", 'say "hi"', "Jörg 🎥", "100%f", "$HOME", "`id`", "a\\b", "a=b", "a;b"]
)
def test_the_desktop_starts_it(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    program, said = folder / "cyclorama", tmp_path / "said.json"
    program.write_text(
        f"#!{sys.executable}\nimport json, os, sys\n"
        f"json.dump([sys.argv, os.getcwd()], open({str(said)!r} + '.part', 'w'))\n"
        f"os.rename({str(said)!r} + '.part', {str(said)!r})\n"
    )
    program.chmod(0o755)
    [entry, *_] = desktop_files(tmp_path, Path("/share/applications"), [str(program), "panel"], folder)
    for change in plan_setup([entry], overwrite=False):
        carry_out(change)
    subprocess.run(["gio", "launch", str(entry.path)], check=True, timeout=60, env={**os.environ, "HOME": str(folder)})
    deadline = time.monotonic() + 60
    while not said.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert json.loads(said.read_text()) == [[str(program), "panel"], str(folder)]
