"""What signals do before a command has said what they shall do, and streams whose terminal is gone."""

from __future__ import annotations

import io
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from cyclorama.cli import signals
from cyclorama.cli.interrupt import interruptible, switched_by_signal
from cyclorama.cli.signals import protected
from cyclorama.cli.streams import Terminal, lasting

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")
ALL = ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2")


@pytest.fixture(autouse=True)
def own_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these tests install ends with them."""
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Every signal's handler: as a program starts with, whoever runs the tests; and put back."""
    before = {name: signal.getsignal(getattr(signal, name)) for name in ALL}
    for name in ALL:
        signal.signal(getattr(signal, name), signal.SIG_DFL)
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


def test_what_was_started_deaf_to_ctrl_c_stays_so_until_a_command_listens() -> None:
    """As a shell starts what runs behind it: Ctrl-C means others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signals.guard()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    with interruptible() as interrupt:
        signal.raise_signal(signal.SIGINT)
    assert interrupt.happened
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_at_the_end_nothing_changes_the_exit_code(name: str) -> None:
    signals.guard()
    signals.ignore_all()
    assert signal.getsignal(getattr(signal, name)) is signal.SIG_IGN


def test_a_signal_while_the_line_is_written_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Signalled(io.StringIO):
        def write(self, text: str) -> int:
            signal.raise_signal(signal.SIGTERM)
            return super().write(text)

    def run() -> None:
        raise KeyboardInterrupt

    stream = Signalled()
    monkeypatch.setattr(sys, "stderr", stream)
    with pytest.raises((SystemExit, KeyboardInterrupt)) as left:
        protected(run)
    assert isinstance(left.value, SystemExit) and left.value.code == 130
    assert stream.getvalue() == "cyclorama: interrupted\n"


def test_an_interrupt_within_an_eval_ends_with_the_exit_code_too(tmp_path: Path) -> None:
    """Libraries make their types so; of a module that is run, the interpreter would end by SIGINT then."""
    (tmp_path / "asked.py").write_text(
        "import signal; import cyclorama.cli.errors; from cyclorama.cli.signals import protected\n"
        "protected(lambda: eval('signal.raise_signal(signal.SIGTERM)', globals()))\n"
    )
    done = subprocess.run([sys.executable, "-m", "asked"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "cyclorama: interrupted\n")


def test_an_interrupt_that_cannot_be_raised_is_not_lost(tmp_path: Path) -> None:
    """In a destructor, or in compiled code that lets no exception through."""
    (tmp_path / "asked.py").write_text(
        "import signal, time; from cyclorama.cli.signals import protected\n"
        "class Held:\n"
        "    def __del__(self): signal.raise_signal(signal.SIGTERM)\n"
        "def run():\n"
        "    held = Held(); del held\n"
        "    time.sleep(60)\n"
        "protected(run)\n"
    )
    done = subprocess.run([sys.executable, "-m", "asked"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "cyclorama: interrupted\n")


def test_the_command_line_is_imported_with_the_signals_seen_to() -> None:
    program = (
        "import signal, sys; from cyclorama.cli import main\n"
        "class Watch:\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name.partition('.')[0] not in {*sys.stdlib_module_names, 'cyclorama'}:\n"
        "            guarded = signal.getsignal(signal.SIGUSR1) is signal.SIG_IGN\n"
        "            print(guarded and callable(signal.getsignal(signal.SIGTERM)))\n"
        "sys.meta_path.insert(0, Watch()); sys.argv = ['cyclorama', '--version']\n"
        "main.main()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *imported, version = done.stdout.splitlines()
    assert version.startswith("cyclorama ") and set(imported) == {"True"}


@pytest.mark.parametrize("asked", [False, True])
def test_after_a_command_the_signals_do_what_they_did_before(asked: bool) -> None:
    signals.guard()
    before = {name: signal.getsignal(getattr(signal, name)) for name in ALL}
    with interruptible(), switched_by_signal() as away:
        signal.raise_signal(signal.SIGUSR1)
        assert away.is_set()
        if asked:
            signal.raise_signal(signal.SIGTERM)
    assert {name: signal.getsignal(getattr(signal, name)) for name in ALL} == before
    signal.raise_signal(signal.SIGUSR1)  # while the recording is finished: it must not kill


@pytest.mark.parametrize("hushed", [False, True])
def test_both_streams_outlive_their_terminal(hushed: bool, tmp_path: Path) -> None:
    """``hushed``: with native code's way to stderr closed, as commands run."""
    ours, theirs = pty.openpty()
    told = tmp_path / "told"
    program = (
        "import os, signal, sys; from cyclorama.cli.streams import hush_libraries, prepare_streams\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN); prepare_streams()\n"
        + ("hush_libraries()\n" if hushed else "")
        + "print('out'); print('err', file=sys.stderr); sys.stdin.read()\n"
        f"for stream in (sys.stdout, sys.stderr): print('gone', file=stream, flush=True)\n"
        f"open({str(told)!r}, 'w').write('whole')\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=theirs, stderr=theirs)
    os.close(theirs)
    read = b""
    while read.count(b"\n") < 2:
        read += os.read(ours, 100)
    os.close(ours)
    process.communicate(timeout=30)
    assert (read, process.returncode, told.read_text()) == (b"out\r\nerr\r\n", 0, "whole")


def test_who_waits_for_the_end_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal, os.fdopen(ours, "rb", buffering=0) as screen:
        monkeypatch.setattr(sys, "stderr", terminal)
        with interruptible(slow=True) as interrupt:
            signal.raise_signal(signal.SIGHUP)
        assert interrupt.happened
        with interruptible() as interrupt:
            signal.raise_signal(signal.SIGINT)
        os.write(theirs, b"|")
        said = screen.read(200)
    assert said.count(b"Ctrl-C again stops at once") == 1, "where it takes its time alone"
