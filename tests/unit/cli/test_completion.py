"""Completion in the shell: installed, shown, and what it answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAIN = [sys.executable, "-m", "cyclorama"]


def cyclorama(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process. The shell is named: no shell need run the tests."""
    own = {"HOME": str(home), "USERPROFILE": str(home), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    env = os.environ | own | variables
    return subprocess.run([*MAIN, *arguments], env=env, capture_output=True, encoding="utf-8", check=False)


def completed(line: str, home: Path) -> list[str]:
    """What Bash is offered for the last word of ``line``."""
    words = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split(" ")) - 1), "_CYCLORAMA_COMPLETE": "complete_bash"}
    done = cyclorama(home=home, **words)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("cyclorama li", ["live"]),
        ("cyclorama re", ["record"]),
        ("cyclorama --ver", ["--version"]),
        ("cyclorama models p", ["pull"]),
        ("cyclorama live --backg", ["--background"]),
        ("cyclorama lvie --backg", []),
        ("cyclorama cutout --keep l", ["largest"]),
        ("cyclorama id-photo --sheet ", ["10x15", "a4", "letter"]),
    ],
)
def test_what_is_offered(line: str, offered: list[str], tmp_path: Path) -> None:
    assert completed(line, tmp_path) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_script_is_shown(shell: str, tmp_path: Path) -> None:
    done = cyclorama("--show-completion", shell, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "_CYCLORAMA_COMPLETE" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_it_is_installed_where_bash_reads_it(tmp_path: Path) -> None:
    done = cyclorama("--install-completion", "bash", home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    script = tmp_path / ".bash_completions" / "cyclorama.sh"
    assert "_CYCLORAMA_COMPLETE=complete_bash" in script.read_text(encoding="utf-8")
    assert script.as_posix() in (tmp_path / ".bashrc").read_text(encoding="utf-8").replace("\\", "/")
