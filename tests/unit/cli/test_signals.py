"""What signals do before a command has said what they shall do, and streams whose terminal is gone."""

from __future__ import annotations

import os
import pty
import signal
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from cyclorama.cli import signals
from cyclorama.cli.interrupt import interruptible
from cyclorama.cli.main import protected
from cyclorama.cli.streams import Terminal, lasting

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")
ALL = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Every signal's handler, put back."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in ALL}
    yield
    for name, handler in before.items():
        signal.signal(getattr(signal, name), handler)


def test_switches_are_ignored_and_the_others_interrupt() -> None:
    signals.guard()
    signal.raise_signal(signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR2)
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(getattr(signal, name))


def test_what_was_ignored_at_the_start_stays_so() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals.guard()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    with interruptible() as interrupt:
        signal.raise_signal(signal.SIGHUP)
        assert not interrupt.happened
    signals.ignore_all()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN


def test_an_import_is_finished_first(monkeypatch: pytest.MonkeyPatch) -> None:
    again = threading.Event()
    monkeypatch.setattr(signals, "AGAIN_S", 0.01)
    monkeypatch.setattr(signals, "_is_importing", lambda frame: not again.is_set())
    signals.guard()
    signal.raise_signal(signal.SIGTERM)
    again.set()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(30)


def test_an_import_is_seen_from_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "asks_whether_it_is_imported.py").write_text(
        "import sys\nfrom cyclorama.cli import signals\nanswer = signals._is_importing(sys._getframe())\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert import_module("asks_whether_it_is_imported").answer is True
    assert signals._is_importing(sys._getframe()) is False


def test_the_end_of_the_terminal_asks_and_does_not_force() -> None:
    with interruptible() as interrupt:
        for name in ("SIGHUP", "SIGHUP", "SIGTERM", "SIGHUP"):
            signal.raise_signal(getattr(signal, name))
        assert interrupt.happened and interrupt.stop.is_set()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, "from now on it forces"


def test_an_interrupt_outside_of_a_command_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def run() -> None:
        signal.raise_signal(signal.SIGTERM)

    with pytest.raises(SystemExit) as left:
        protected(run)
    assert left.value.code == 130
    assert capsys.readouterr().err == "cyclorama: interrupted\n"


def test_a_terminal_that_was_closed_takes_all_and_fails_nothing() -> None:
    ours, theirs = pty.openpty()
    stream = lasting(sys.__stdout__ or sys.stdout, theirs)
    print("here", file=stream)
    assert os.read(ours, 100) == b"here\r\n"
    assert stream.isatty()
    os.close(ours)
    print("nobody", file=stream)
    stream.flush()
    os.close(theirs)


def test_other_faults_of_a_terminal_are_told() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(BrokenPipeError):
        Terminal(writing, "w").write(b"x")
