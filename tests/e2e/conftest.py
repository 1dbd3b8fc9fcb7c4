"""The command as a user runs it: a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from doubles.forked import Forks, forks

MAIN = [sys.executable, "-m", "cyclorama.cli.app"]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    def failed(self, code: int, *says: str) -> None:
        """Check that it ended with ``code`` and one line that names all of ``says``, and no traceback."""
        assert self.code == code, (self.code, self.err)
        lines = [line for line in self.err.splitlines() if line.startswith("cyclorama: error: ")]
        assert len(lines) == 1, self.err
        assert "Traceback" not in self.err
        for text in says:
            assert text in lines[0], lines[0]


def environment(**more: str) -> dict[str, str]:
    """This process's, without settings."""
    kept = ("CYCLORAMA_RUNTIME_DIR",)
    return {
        name: value for name, value in os.environ.items() if name in kept or not name.startswith("CYCLORAMA_")
    } | more


@pytest.fixture(scope="session")
def forked() -> Iterator[Forks | None]:
    """Runs command lines as forks of one program; None where processes cannot be forked safely."""
    if not sys.platform.startswith("linux"):
        yield None
        return
    with forks(environment()) as found:
        yield found


@pytest.fixture
def cyclorama(tmp_path: Path, forked: Forks | None) -> Callable[..., Done]:
    """Run a command line in an empty folder (``tmp_path`` itself)."""

    def run(*arguments: str | Path, timeout_s: float = 100, prefix: Sequence[str] = (), **more: str) -> Done:
        words = [str(argument) for argument in arguments]
        if forked is not None and not prefix:
            return Done(*forked.run(words, tmp_path, environment(**more), timeout_s))
        done = subprocess.run(
            [*prefix, *MAIN, *words],
            cwd=tmp_path,
            env=environment(**more),
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    return run
