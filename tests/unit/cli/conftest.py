"""The command line in this process, in an empty folder, with nothing of the user's around it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import cyclorama.cli.app as app

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder; no settings of the user's, no variables."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    for name in [name for name in os.environ if name.startswith("CYCLORAMA_") and name != "CYCLORAMA_RUNTIME_DIR"]:
        monkeypatch.delenv(name)
    return folder


@pytest.fixture
def cyclorama(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line; returns exit code, stdout and stderr."""

    def run(*arguments: str, debug: bool = False) -> tuple[int, str, str]:
        capsys.readouterr()
        code = app.run(list(arguments), debug=debug)
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
