"""Single keys of a terminal, and the terminal afterwards."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyclorama.cli.keys import meant, on_keys

pty = pytest.importorskip("pty", reason="terminals of POSIX")
termios = pytest.importorskip("termios", reason="terminals of POSIX")
LFLAG = 3
"""Where ``tcgetattr`` has the local modes."""


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """Standard input is a terminal: the end that a person types at, and the program's."""
    person, program = pty.openpty()
    with os.fdopen(program, closefd=False) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        yield person, program
    os.close(person)
    os.close(program)


def modes(terminal: int) -> tuple[bool, bool]:
    """Whether what is typed is shown, and whether it waits for Enter."""
    local = termios.tcgetattr(terminal)[LFLAG]
    return bool(local & termios.ECHO), bool(local & termios.ICANON)


@pytest.mark.parametrize("failing", [False, True])
def test_keys_come_without_enter_and_the_terminal_is_given_back_as_it_was(
    terminal: tuple[int, int], failing: bool
) -> None:
    person, program = terminal
    before = termios.tcgetattr(program)
    pressed: list[str] = []
    both = threading.Event()

    def press(key: str) -> None:
        pressed.append(key)
        if len(pressed) == 2:
            both.set()

    def run() -> None:
        with on_keys(press):
            assert modes(program) == (False, False)
            os.write(person, b"pq")
            assert both.wait(10)
            if failing:
                raise ZeroDivisionError

    if failing:
        with pytest.raises(ZeroDivisionError):
            run()
    else:
        run()
    assert pressed == ["p", "q"]
    assert modes(program) == (True, True)
    assert termios.tcgetattr(program) == before


def test_without_a_terminal_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with on_keys(lambda key: pytest.fail("there are no keys")):
        pass


@pytest.mark.parametrize(
    ("sent", "keys"),
    [
        ("a", "a"),
        ("\x1b[A", ""),  # arrow up, which ends in the letter of "away"
        ("\x1b[Bn", "n"),
        ("\x1b[1;5A\x1b[3~", ""),
        ("\x1bOP\x1b[[A", ""),
        ("\x1ba", ""),
        ("\x1b", ""),
        ("é?", "é?"),
        ("nnn", "nnn"),
        ("pasted words", ""),
    ],
)
def test_arrows_and_pasted_text_are_no_commands(sent: str, keys: str) -> None:
    assert meant(sent) == keys


def test_a_sequence_that_arrives_in_two_parts_is_one(terminal: tuple[int, int]) -> None:
    person, _ = terminal
    pressed: list[str] = []
    last = threading.Event()

    def press(key: str) -> None:
        pressed.append(key)
        if key == "z":
            last.set()

    with on_keys(press):
        os.write(person, b"\x1b")
        threading.Timer(0.01, os.write, (person, b"[A")).start()
        while not last.wait(0.2):
            os.write(person, b"z")
    assert set(pressed) == {"z"}


def test_in_the_background_of_a_shell_it_runs_on_and_leaves_the_keys_alone(tmp_path: Path) -> None:
    """A process there that touches the terminal is stopped by the system."""
    script = (
        "import sys, threading; from cyclorama.cli.keys import on_keys\n"
        "with on_keys(print): threading.Event().wait(0.5)\n"
        f"open({str(tmp_path / 'ended')!r}, 'w').close()"
    )
    child, shell = pty.fork()
    if not child:
        os.environ["PYTHON"] = sys.executable
        os.execvp("sh", ["sh", "-c", 'set -m; "$PYTHON" -c "$1" & wait', "sh", script])
    try:
        deadline = time.monotonic() + 30
        while not (tmp_path / "ended").exists():
            assert time.monotonic() < deadline, "it was stopped"
            time.sleep(0.02)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(shell)
