"""The control socket of a session: one JSON object a line in, one a line out.

    {"verb": "background", "arguments": ["office"]}
    {"ok": true, "answer": {"background": "office"}}
    {"ok": false, "error": "there is no background ...", "exit_code": 2}

``watch`` answers with the state twice a second until either side closes.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import selectors
import socket
import threading
import time
from contextlib import suppress
from typing import Any

from cyclorama.control.controls import Controls
from cyclorama.control.endpoint import Endpoint, is_users
from cyclorama.control.verbs import WATCH, find_verb
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError, SettingsError

log = logging.getLogger(__name__)

CONNECTIONS = 16
LONGEST_LINE = 64 * 1024
LONGEST_TOKEN = 64
IDLE_S = 300.0
SEND_S = 2.0
"""A client that does not read for this long is left."""
AGAIN_S = 0.1
"""Wait this long where no connection can be taken, because there are too many open files or threads."""
LEAVE_S = 1.0
"""At the end: time for commands at work to answer."""
WATCH_S = 0.5


class ControlServer(Closing):
    """Answers the control socket from threads of its own, until ``close``."""

    def __init__(self, endpoint: Endpoint, listener: socket.socket, controls: Controls) -> None:
        """Takes over ``listener``."""
        self._endpoint = endpoint
        self._listener = listener
        self._controls = controls
        self._over = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self._lock = threading.Lock()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._thread = threading.Thread(target=self._accept, name="cyclorama-control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take no more commands, let those at work answer, leave all clients, and remove the socket."""
        if self._over.is_set():
            return
        self._over.set()
        self._endpoint.remove()
        self._wake.close()
        self._thread.join(LEAVE_S)
        with self._lock:
            left = dict(self._open)
        end_s = time.monotonic() + LEAVE_S
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            for connection in left:
                with suppress(OSError):
                    connection.shutdown(how)
            for thread in left.values():
                if thread is not threading.current_thread():
                    thread.join(max(0.1, end_s - time.monotonic()))

    def _accept(self) -> None:
        with self._listener, self._woken, selectors.DefaultSelector() as ready:
            ready.register(self._listener, selectors.EVENT_READ)
            ready.register(self._woken, selectors.EVENT_READ)
            while ready.select() and not self._over.is_set():
                try:
                    self._admit(self._listener.accept()[0])
                except (OSError, RuntimeError):  # the client has left, or there are too many open files or threads
                    self._over.wait(AGAIN_S)

    def _admit(self, connection: socket.socket) -> None:
        connection.settimeout(SEND_S)
        with self._lock:
            full = len(self._open) >= CONNECTIONS
            if not full:
                thread = threading.Thread(target=self._serve, args=(connection,), name="cyclorama-ctl", daemon=True)
                thread.start()
                self._open[connection] = thread
        if full:
            with connection, suppress(OSError):
                _send(connection, _refusal("too many programs control this session: close one"))

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, connection.makefile("rb") as lines, suppress(OSError):
                if self._is_users(connection, lines):
                    self._answer_all(connection, lines)
        finally:
            with self._lock:
                del self._open[connection]

    def _is_users(self, connection: socket.socket, lines: Any) -> bool:
        """Whether the client is this user, by the system's word or by the token."""
        if self._endpoint.token is not None:
            return hmac.compare_digest(lines.readline(LONGEST_TOKEN).strip(), self._endpoint.token.encode())
        return is_users(connection)

    def _answer_all(self, connection: socket.socket, lines: Any) -> None:
        while not self._over.is_set():
            connection.settimeout(IDLE_S)
            line = lines.readline(LONGEST_LINE)
            connection.settimeout(SEND_S)
            if not line:
                return
            if not line.endswith(b"\n"):
                _send(connection, _refusal(f"a command has at most {LONGEST_LINE} bytes, and ends with its line"))
                return
            try:
                verb, arguments = _parsed(line)
            except SettingsError as error:
                _send(connection, _refusal(str(error)))
                continue
            if verb == WATCH and not arguments:
                self._watch(connection)
                return
            _send(connection, self._answer(verb, arguments))

    def _watch(self, connection: socket.socket) -> None:
        while not self._over.is_set():
            _send(connection, self._answer("status", []))
            self._over.wait(WATCH_S)

    def _answer(self, verb: str, arguments: list[str]) -> dict[str, Any]:
        try:
            return {"ok": True, "answer": find_verb(verb)(self._controls, arguments)}
        except CycloramaError as error:
            return _refusal(str(error), error.exit_code)
        except Exception as error:
            log.exception("control command failed")
            return _refusal(f"unexpected {type(error).__name__}: {error}", 1)


def _parsed(line: bytes) -> tuple[str, list[str]]:
    """The verb and arguments of one line. Raises SettingsError."""
    try:
        asked = json.loads(line)
        verb, arguments = asked["verb"], asked.get("arguments", [])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise SettingsError('a control command is {"verb": NAME, "arguments": [TEXT, ...]} on one line') from None
    if not isinstance(verb, str) or not isinstance(arguments, list) or not all(isinstance(a, str) for a in arguments):
        raise SettingsError("verb is a text, and arguments a list of texts")
    if not all(map(_can_be_file_name, arguments)):
        raise SettingsError("an argument has characters that no text has: NUL, or half a character")
    return verb, arguments


def _can_be_file_name(text: str) -> bool:
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _refusal(text: str, exit_code: int = SettingsError.exit_code) -> dict[str, Any]:
    return {"ok": False, "error": text, "exit_code": exit_code}


def _send(connection: socket.socket, answer: dict[str, Any]) -> None:
    connection.sendall(json.dumps(answer).encode() + b"\n")
