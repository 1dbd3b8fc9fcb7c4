"""Signals at any moment, from the first millisecond on, and the end of the terminal: nothing is lost, no traceback."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import av
import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc tells which signals a process ignores"),
]
MAIN = [sys.executable, "-m", "cyclorama"]
DEMO = ("--source", "demo", "--size", "320x180")
SWITCHES = (signal.SIGUSR1, signal.SIGUSR2)
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STARTING_S = [step * 0.015 for step in range(24)]
RECORDING_S = [0.1 * 30 ** (step / 17) for step in range(18)]
"""Moments after the start of a command: while the libraries are imported, and until a recording of a second ends."""


def environment() -> dict[str, str]:
    kept = ("CYCLORAMA_RUNTIME_DIR",)
    return {name: value for name, value in os.environ.items() if name in kept or not name.startswith("CYCLORAMA_")}


def is_guarded(process: subprocess.Popen[str]) -> bool:
    """Whether the program's own first line has run: it ignores SIGUSR1. Before, the interpreter has the word."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return False
    lines = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return bool(int(lines.get("SigIgn", "0"), 16) >> (signal.SIGUSR1 - 1) & 1)


@dataclass(frozen=True)
class Ended:
    """How a command ended that got a signal, and whether it had come to its first line then."""

    guarded: bool
    code: int
    err: str


def signalled(folder: Path, delay_s: float, number: signal.Signals, *arguments: str) -> Ended:
    process = subprocess.Popen(
        [*MAIN, *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(delay_s)
    guarded = is_guarded(process)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    return Ended(guarded, process.returncode, err)


def seconds(path: Path) -> float:
    """Of picture that really decodes."""
    with av.open(str(path)) as container:
        *_, last = container.decode(video=0)
    return float(last.time)


def moments(number: signal.Signals, among: Sequence[signal.Signals], all_s: Sequence[float]) -> Sequence[float]:
    """This signal's share of all moments in ``all_s``, from the first to the last: every moment gets one of them."""
    return all_s[among.index(number) :: len(among)]


@pytest.mark.parametrize("number", SWITCHES, ids=lambda each: each.name)
def test_what_means_others_disturbs_no_command_that_starts(tmp_path: Path, number: signal.Signals) -> None:
    runs = [signalled(tmp_path, each, number, "models", "list") for each in moments(number, SWITCHES, STARTING_S)]
    bench = ("bench", "--size", "320x180", "--seconds", "1")
    runs += [signalled(tmp_path, each, number, *bench) for each in moments(number, SWITCHES, (0.1, 0.3, 0.6, 1))]
    assert {run.code for run in runs if run.guarded} == {0}, runs
    assert {run.code for run in runs if not run.guarded} <= {0, -number}, "the interpreter's own start"
    assert sum(run.guarded for run in runs) >= 5
    assert [run.err for run in runs if run.err] == []


@pytest.mark.parametrize("number", ENDING, ids=lambda each: each.name)
def test_what_ends_ends_a_command_that_starts_in_one_line(tmp_path: Path, number: signal.Signals) -> None:
    runs = [signalled(tmp_path, each, number, "models", "list") for each in moments(number, ENDING, STARTING_S)]
    guarded = [run for run in runs if run.guarded]
    assert len(guarded) >= 3
    assert {run.code for run in guarded} <= {0, 130}, runs
    assert {run.err for run in guarded} <= {"", "cyclorama: interrupted\n"}


@pytest.mark.parametrize("number", ENDING, ids=lambda each: each.name)
def test_a_recording_that_starts_is_whole_or_is_not_there(tmp_path: Path, number: signal.Signals) -> None:
    delays_s = moments(number, ENDING, RECORDING_S)

    def record(index: int) -> Ended:
        folder = tmp_path / str(index)
        folder.mkdir()
        wanted = ("record", "talk.mp4", *DEMO, "--mic", "demo", "--countdown", "0", "--duration", "1", "-q")
        return signalled(folder, delays_s[index], number, *wanted)

    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(record, range(len(delays_s))))
    assert {run.code for run in runs if run.guarded} <= {0, 130}, runs
    assert "Traceback" not in "".join(run.err for run in runs if run.guarded)
    left = list(tmp_path.glob("*/*"))
    assert {path.name for path in left} <= {"talk.mp4"}
    assert all(seconds(path) >= 0 for path in left)


@dataclass
class InTerminal:
    """A command on a terminal of its own."""

    process: subprocess.Popen[bytes]
    ours: int

    def close(self) -> None:
        """Close the window: the system sends SIGHUP, and nothing can be read or written any more."""
        os.close(self.ours)
        self.ours = -1


def take_terminal() -> None:
    """In the new process: the terminal is its own, and so is what SIGHUP does, also where the tests run under nohup."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def in_terminal(folder: Path, *arguments: str) -> InTerminal:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*MAIN, *arguments],
        cwd=folder,
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_terminal,
    )
    os.close(theirs)
    return InTerminal(process, ours)


@pytest.fixture
def terminals() -> Iterator[list[InTerminal]]:
    started: list[InTerminal] = []
    yield started
    for each in started:
        each.process.kill()
        each.process.wait()
        if each.ours >= 0:
            os.close(each.ours)


def wait_recorded(stats: Path, wanted_s: float) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert time.monotonic() < deadline, "it does not record"
        lines = stats.read_text().splitlines() if stats.exists() else []
        try:
            if lines and json.loads(lines[-1])["recording"]["seconds"] >= wanted_s:
                return
        except ValueError:
            pass  # the line is being written
        time.sleep(0.02)


@pytest.mark.parametrize(
    "command",
    [
        ("record", "talk.mp4", *DEMO, "--mic", "demo", "--countdown", "0"),
        ("live", *DEMO, "--to", "talk.mp4", "--mic", "demo"),
    ],
    ids=lambda command: command[0],
)
def test_a_closed_terminal_ends_a_recording_which_plays_to_its_last_second(
    tmp_path: Path, terminals: list[InTerminal], command: tuple[str, ...]
) -> None:
    terminal = in_terminal(tmp_path, *command, "--stats", "s.jsonl")
    terminals.append(terminal)
    wait_recorded(tmp_path / "s.jsonl", 2)
    terminal.close()
    assert terminal.process.wait(30) == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.jsonl", "talk.mp4"]
    recorded = json.loads((tmp_path / "s.jsonl").read_text().splitlines()[-1])["recording"]["seconds"]
    assert seconds(tmp_path / "talk.mp4") > max(2, recorded) - 1


def test_a_closed_terminal_ends_a_conversion_and_leaves_nothing_half_done(
    tmp_path: Path, terminals: list[InTerminal]
) -> None:
    long = ("live", *DEMO, "--to", "long.mp4", "--background", "none", "--duration", "4", "-q")
    subprocess.run([*MAIN, *long], cwd=tmp_path, env=environment(), check=True)
    terminal = in_terminal(tmp_path, "convert", "long.mp4", "out.mp4")
    terminals.append(terminal)
    deadline = time.monotonic() + 30
    while not list(tmp_path.glob("out.part*")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    terminal.close()
    assert terminal.process.wait(30) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["long.mp4"]


def test_the_end_of_the_terminal_does_not_force_however_often_it_comes(tmp_path: Path) -> None:
    wanted = ("record", "talk.mp4", *DEMO, "--mic", "demo", "--countdown", "0", "--stats", "s.jsonl", "-q")
    process = subprocess.Popen([*MAIN, *wanted], cwd=tmp_path, env=environment())
    wait_recorded(tmp_path / "s.jsonl", 1)
    for number in (signal.SIGHUP, signal.SIGHUP, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
    assert process.wait(30) == 130
    assert seconds(tmp_path / "talk.mp4") > 0.5


def test_under_nohup_the_end_of_the_terminal_is_ignored(tmp_path: Path) -> None:
    wanted = ("record", "talk.mp4", *DEMO, "--mic", "demo", "--countdown", "0", "--stats", "s.jsonl", "--duration", "3")
    process = subprocess.Popen(["nohup", *MAIN, *wanted], cwd=tmp_path, env=environment(), stdout=subprocess.DEVNULL)
    wait_recorded(tmp_path / "s.jsonl", 1)
    process.send_signal(signal.SIGHUP)
    assert process.wait(30) == 0
    assert seconds(tmp_path / "talk.mp4") > 2
