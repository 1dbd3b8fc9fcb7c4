"""Single keys of a terminal, and the terminal afterwards."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

import pytest

from cyclorama.cli.keys import on_keys

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
