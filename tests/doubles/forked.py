"""Command lines as forks of one program that has imported the libraries already.

An interpreter that imports them takes longer than most commands whose input is tested. What looks at how a process
starts runs ``python -m cyclorama`` instead: test_process.py, test_signals.py, and test_private.py, every command.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

USED_BY_COMMANDS = (
    "ai_edge_litert.interpreter", "cyclorama.cli.app", "cyclorama.control.host",
    "cyclorama.pipeline.jobs.convert_batch", "cyclorama.pipeline.jobs.live", "cyclorama.pipeline.jobs.record",
    "cyclorama.sinks.clip.writer",
)  # fmt: skip
MOST_BYTES = 1 << 17
"""Of the words, the folder and the environment."""


class Forks:
    """The program that has imported the libraries, at the other end of a socket."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line

    def run(
        self, words: Sequence[str], folder: Path, environment: Mapping[str, str], timeout_s: float
    ) -> tuple[int, str, str]:
        """Run ``cyclorama WORDS``; returns its exit code and what it printed on stdout and stderr."""
        wanted = {"words": list(words), "folder": str(folder), "environment": dict(environment)}
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull, "rb") as nothing:  # noqa: PTH123
            streams = [each.fileno() for each in (nothing, out, err)]
            socket.send_fds(self._line, [json.dumps(wanted).encode()], streams)
            process = int(self._line.recv(100))
            self._line.settimeout(timeout_s)
            try:
                code = int(self._line.recv(100))
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                self._line.settimeout(None)
                self._line.recv(100)
                raise
            self._line.settimeout(None)
            printed = []
            for each in (out, err):
                each.seek(0)
                printed.append(each.read().decode())
        return code, printed[0], printed[1]


@contextmanager
def forks(environment: Mapping[str, str]) -> Iterator[Forks]:
    """Start the program, and end it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, __file__, str(theirs.fileno())]
    with ours, subprocess.Popen(command, env=dict(environment), pass_fds=[theirs.fileno()]) as program:
        theirs.close()
        yield Forks(ours)
        ours.close()
        program.wait(10)


def serve(line: socket.socket) -> bool:
    """Fork for each command line that is asked for. Returns True in a fork, and False once nobody asks any more."""
    while True:
        said, streams, _, _ = socket.recv_fds(line, MOST_BYTES, 3)
        if not said:
            return False
        child = os.fork()
        if child == 0:
            line.close()
            become(json.loads(said), streams)
            return True
        for each in streams:
            os.close(each)
        line.send(str(child).encode())
        line.send(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())


def become(wanted: dict[str, object], streams: list[int]) -> None:
    """In a fork: take the words, the folder, the environment and the streams, as a new process has them."""
    from cyclorama.core.telemetry import switch_off

    for place, each in enumerate(streams):
        os.dup2(each, place)
        os.close(each)
    os.chdir(wanted["folder"])
    os.environ.clear()
    os.environ.update(wanted["environment"])
    switch_off()
    sys.argv = ["cyclorama", *wanted["words"]]


if __name__ == "__main__":
    for used in USED_BY_COMMANDS:
        import_module(used)
    if serve(socket.socket(fileno=int(sys.argv[1]))):
        from cyclorama.cli import app
        from cyclorama.cli.signals import protected

        protected(app.main)
