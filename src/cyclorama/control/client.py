"""Give commands to a running session."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from cyclorama.control.endpoint import Endpoint, list_sessions
from cyclorama.control.verbs import WATCH
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SettingsError, SinkError, reason
from cyclorama.core.suggest import did_you_mean

ANSWER_S = 180.0
"""A network may have to be loaded before the answer, on a busy machine."""
NO_SESSION = "no session runs: start one with cyclorama live or cyclorama panel"
_ERRORS: dict[int, type[CycloramaError]] = {
    error.exit_code: error for error in (SettingsError, CaptureError, ModelError, SinkError)
}


def find_session(name: str | None = None, folder: Path | None = None) -> Endpoint:
    """The session ``name``, or the only one that runs. Raises SettingsError if there is none, or several."""
    running = {endpoint.name: endpoint for endpoint in list_sessions(folder)}
    if name is not None and name not in running:
        raise SettingsError(f"no session {name!r} runs: {did_you_mean(name, running) if running else 'none does'}")
    if not running:
        raise SettingsError(NO_SESSION)
    if name is None and len(running) > 1:
        raise SettingsError(f"several sessions run: give --session {'|'.join(running)}")
    return running[name] if name is not None else next(iter(running.values()))


class ControlClient(Closing):
    """A connection to one session."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Connect. Raises SettingsError if the session has ended meanwhile."""
        try:
            self._socket = endpoint.connect()
        except OSError as error:
            raise SettingsError(f"the session {endpoint.name} does not answer ({reason(error)})") from error
        self._socket.settimeout(ANSWER_S)
        self._lines = self._socket.makefile("rb")

    def ask(self, verb: str, arguments: Sequence[str] = ()) -> dict[str, Any]:
        """Give one command, and wait for its answer. Raises the CycloramaError that the session answers with."""
        with suppress(ConnectionError):  # it may have refused this program, and said why, before it was asked
            self._send(verb, arguments)
        return self._answer(self._line())

    def watch(self) -> Iterator[dict[str, Any]]:
        """The state of the session, twice a second, until it ends."""
        with suppress(ConnectionError):
            self._send(WATCH, ())
        while line := self._line():
            yield self._answer(line)

    def close(self) -> None:
        """Close the connection."""
        self._lines.close()
        self._socket.close()

    def _line(self) -> bytes:
        """One line, empty at the session's end. Raises SettingsError if none comes."""
        try:
            line: bytes = self._lines.readline()
        except ConnectionError:
            return b""
        except OSError as error:
            raise SettingsError(f"the session does not answer ({reason(error)})") from error
        return line if line.endswith(b"\n") else b""

    def _send(self, verb: str, arguments: Sequence[str]) -> None:
        self._socket.sendall(json.dumps({"verb": verb, "arguments": list(arguments)}).encode() + b"\n")

    @staticmethod
    def _answer(line: bytes) -> dict[str, Any]:
        if not line:
            raise SettingsError("the session has ended")
        told = json.loads(line)
        if told["ok"]:
            answer: dict[str, Any] = told["answer"]
            return answer
        raise _ERRORS.get(told["exit_code"], CycloramaError)(told["error"])
