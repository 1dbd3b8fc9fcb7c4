"""The control socket: what it answers, whom it refuses, and clients that do what they should not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cyclorama.control import server
from cyclorama.control.client import ControlClient
from cyclorama.control.endpoint import Endpoint, TcpEndpoint, claim
from cyclorama.control.server import CONNECTIONS, LONGEST_LINE, ControlServer
from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SettingsError, SinkError

PATIENCE_S = 20.0


@pytest.fixture
def started(folder: Path, kind: type[Endpoint]) -> Iterator[Callable[[Any], Endpoint]]:
    """Starts a server for the commands given."""
    with ExitStack() as stack:

        def start(controls: Any) -> Endpoint:
            endpoint, listener = claim("live", folder)
            stack.enter_context(ControlServer(endpoint, listener, controls))
            return endpoint

        yield start


@contextmanager
def raw(endpoint: Endpoint) -> Iterator[tuple[socket.socket, Any]]:
    """A connection, and its lines."""
    with endpoint.connect() as connection, connection.makefile("rb") as lines:
        connection.settimeout(PATIENCE_S)
        yield connection, lines


def wait(condition: Callable[[], object]) -> None:
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "it never came"
        time.sleep(0.005)


def serving() -> int:
    """Threads that serve a client."""
    return sum(thread.name == "cyclorama-ctl" for thread in threading.enumerate())


def status(words: str = "smooth") -> Any:
    return SimpleNamespace(plain=lambda: {"words": words})


def raising(error: BaseException) -> Callable[..., Any]:
    def call(*given: object, **named: object) -> Any:
        raise error

    return call


def test_a_command_is_given_on_and_its_answer_back(started: Any, noted: Any) -> None:
    controls = noted(background={"background": "office"}, snapshot="/tmp/ä b\n.png")
    with ControlClient(started(controls)) as client:
        assert client.ask("background", ["office"]) == {"background": "office"}
        assert client.ask("snapshot", ["/tmp/ä b\n.png"]) == {"file": "/tmp/ä b\n.png"}
        assert client.ask("snapshot", ["/tmp/\udcff.png"]) == {"file": "/tmp/ä b\n.png"}
    assert [call[:2] for call in controls.calls] == [
        ("background", ("office",)),
        ("snapshot", (Path("/tmp/ä b\n.png"),)),
        ("snapshot", (Path("/tmp/\udcff.png"),)),  # a name in another encoding
    ]


@pytest.mark.parametrize("kind_of", [SettingsError, CaptureError, ModelError, SinkError, CycloramaError])
def test_what_a_command_raises_is_raised_again(started: Any, noted: Any, kind_of: type[CycloramaError]) -> None:
    with ControlClient(started(noted(mirror=raising(kind_of("no, because"))))) as client:
        for _ in range(2):
            with pytest.raises(kind_of, match="no, because") as raised:
                client.ask("mirror")
            assert type(raised.value) is kind_of


def test_a_bug_is_told_and_logged_and_the_socket_goes_on(
    started: Any, noted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with ControlClient(started(noted(mirror=raising(ZeroDivisionError("oh")), stop=None))) as client:
        with pytest.raises(CycloramaError, match="unexpected ZeroDivisionError: oh"):
            client.ask("mirror")
        assert client.ask("stop") == {"stopping": True}
    assert "control command failed" in caplog.text
    caplog.clear()


WRONG = [
    b"hello",
    b"",
    b"null",
    b"[]",
    b"3",
    b'"status"',
    b"{}",
    b'{"verb": 3}',
    b'{"verb": null, "arguments": []}',
    b'{"verb": ["status"]}',
    b'{"verb": "status", "arguments": "x"}',
    b'{"verb": "status", "arguments": {"0": "x"}}',
    b'{"verb": "status", "arguments": null}',
    b'{"verb": "zoom", "arguments": [2]}',
    b'{"verb": "background", "arguments": ["a\\u0000b"]}',
    b'{"verb": "background", "arguments": ["\\ud800"]}',
    b"[" * 20_000,
    b'{"verb": "status"',
    b"\xff\xfe",
    b'{"verb": "zoom", "arguments": [' + b"9" * 6000 + b"]}",
]


@pytest.mark.parametrize("line", WRONG, ids=lambda line: repr(line[:40]))
def test_what_is_no_command_is_refused_and_the_next_one_taken(started: Any, noted: Any, line: bytes) -> None:
    controls = noted()
    with raw(started(controls)) as (connection, lines):
        connection.sendall(line + b'\n{"verb": "stop"}\n')
        refused, answered = json.loads(lines.readline()), json.loads(lines.readline())
    assert not refused["ok"] and refused["exit_code"] == 2 and "\n" not in refused["error"]
    assert answered == {"ok": True, "answer": {"stopping": True}}
    assert [name for name, *_ in controls.calls] == ["stop"]


def test_unknown_verbs_and_a_wrong_number_of_arguments_are_told(started: Any, noted: Any) -> None:
    with ControlClient(started(noted())) as client:
        with pytest.raises(SettingsError, match="there is no control command 'mirorr': did you mean mirror"):
            client.ask("mirorr")
        with pytest.raises(SettingsError, match="set takes KEY VALUE"):
            client.ask("set", ["zoom"])
        with pytest.raises(SettingsError, match="status takes no argument"):
            client.ask("status", ["x"])
        with pytest.raises(SettingsError, match="no control command 'watch'"):
            client.ask("watch", ["x"])


def test_a_line_without_end_is_refused_at_its_bound(started: Any, noted: Any) -> None:
    with raw(started(noted())) as (connection, lines):
        with pytest.raises(OSError):  # it is left long before all is sent
            for _ in range(160):
                connection.sendall(b"x" * LONGEST_LINE)
        with_answer = lines.readline()
    assert not with_answer or str(LONGEST_LINE) in json.loads(with_answer)["error"]
    wait(lambda: not serving())


def test_half_a_line_and_silence_hold_nobody_up(started: Any, noted: Any) -> None:
    endpoint = started(noted())
    with raw(endpoint) as (half, _), raw(endpoint), ControlClient(endpoint) as client:
        half.sendall(b'{"verb": "st')
        assert client.ask("stop") == {"stopping": True}
        half.sendall(b'op"}\n')
    wait(lambda: not serving())


def test_who_is_silent_too_long_is_left(started: Any, noted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "IDLE_S", 0.05)
    with raw(started(noted())) as (_, lines):
        assert lines.readline() == b""


def test_who_never_reads_is_left(started: Any, noted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SEND_S", 0.1)
    monkeypatch.setattr(server, "WATCH_S", 0.0)
    controls = noted(state=status("x" * 100_000))
    with raw(started(controls)) as (connection, _):
        connection.sendall(b'{"verb": "watch"}\n')
        wait(lambda: any(name == "state" for name, *_ in controls.calls))
        wait(lambda: not serving())


def test_more_clients_than_it_takes_are_refused_and_come_in_later(started: Any, noted: Any) -> None:
    endpoint = started(noted(stop=None))
    with ExitStack() as stack:
        clients = [stack.enter_context(ControlClient(endpoint)) for _ in range(CONNECTIONS)]
        wait(lambda: serving() == CONNECTIONS)
        for _ in range(3):
            with ControlClient(endpoint) as late, pytest.raises(SettingsError, match=r"too many programs|has ended"):
                late.ask("stop")
        assert clients[0].ask("stop") == clients[-1].ask("stop") == {"stopping": True}
    wait(lambda: not serving())
    with ControlClient(endpoint) as late:
        assert late.ask("stop") == {"stopping": True}


def test_a_thousand_connections_are_bounded(started: Any, noted: Any) -> None:
    endpoint = started(noted(stop=None))
    most = 0
    for _ in range(10 if endpoint.token is None else 2):  # a port's full queue costs a second
        with ExitStack() as stack:
            opened = 0
            while opened < 100:
                try:
                    stack.enter_context(endpoint.connect())
                    opened += 1
                except BlockingIOError:  # its queue is full just now
                    time.sleep(0.001)
            most = max(most, serving())
    assert most <= CONNECTIONS
    wait(lambda: not serving())
    with ControlClient(endpoint) as client:
        assert client.ask("stop") == {"stopping": True}


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), RuntimeError("can't start new thread")])
def test_a_connection_that_cannot_be_taken_ends_nothing(
    started: Any, noted: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(server, "AGAIN_S", 0.01)
    endpoint = started(noted(stop=None))
    with monkeypatch.context() as patch:
        tried = threading.Event()

        def refuse(self: ControlServer, connection: socket.socket) -> None:
            tried.set()
            raise error

        patch.setattr(ControlServer, "_admit", refuse)
        endpoint.connect().close()
        assert tried.wait(PATIENCE_S)
    with ControlClient(endpoint) as client:
        assert client.ask("stop") == {"stopping": True}


def test_the_state_comes_again_and_again(started: Any, noted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "WATCH_S", 0.01)
    words = iter(f"{number}" for number in range(10**6))
    with ControlClient(started(noted(state=lambda: status(next(words))))) as client:
        seen = [state["words"] for state, _ in zip(client.watch(), range(3), strict=False)]
    assert seen == ["0", "1", "2"]


def test_a_session_that_ends_ends_its_watchers(folder: Path, kind: type[Endpoint], noted: Any) -> None:
    endpoint, listener = claim("live", folder)
    control = ControlServer(endpoint, listener, noted(state=status()))
    with ControlClient(endpoint) as client:
        states = client.watch()
        assert next(states) == {"words": "smooth"}
        control.close()
        assert list(states) == []
        with pytest.raises(SettingsError, match="the session has ended"):
            client.ask("status")
    assert not endpoint.file.exists() and not serving()
    with pytest.raises(SettingsError, match="does not answer"):
        ControlClient(endpoint)
    control.close()


def test_a_command_at_work_is_answered_at_the_end(folder: Path, kind: type[Endpoint], noted: Any) -> None:
    """The one that ends the session, above all."""
    asked, ending, answers = threading.Event(), threading.Event(), []

    def stop() -> None:
        asked.set()
        ending.wait(PATIENCE_S)
        time.sleep(0.1)

    endpoint, listener = claim("live", folder)
    control = ControlServer(endpoint, listener, noted(stop=stop))
    with ControlClient(endpoint) as client, raw(endpoint):
        asking = threading.Thread(target=lambda: answers.append(client.ask("stop")))
        asking.start()
        assert asked.wait(PATIENCE_S)
        ending.set()
        control.close()
        asking.join(PATIENCE_S)
    assert answers == [{"stopping": True}]


def test_a_command_that_hangs_does_not_hold_up_the_end(
    folder: Path, kind: type[Endpoint], noted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LEAVE_S", 0.1)
    asked, go_on = threading.Event(), threading.Event()

    def hang() -> None:
        asked.set()
        go_on.wait(PATIENCE_S)

    endpoint, listener = claim("live", folder)
    control = ControlServer(endpoint, listener, noted(stop=hang))
    with raw(endpoint) as (connection, lines):
        connection.sendall(b'{"verb": "stop"}\n')
        assert asked.wait(PATIENCE_S)
        control.close()
        assert lines.readline() == b"" and not go_on.is_set()
    go_on.set()
    wait(lambda: not serving())


@pytest.mark.parametrize("token", [b"", b"wrong", b"x" * 10_000, "ä".encode()])
def test_without_the_token_nothing_is_answered(
    folder: Path, noted: Any, monkeypatch: pytest.MonkeyPatch, token: bytes
) -> None:
    monkeypatch.setattr("cyclorama.control.endpoint.KIND", TcpEndpoint)
    controls = noted()
    endpoint, listener = claim("live", folder)
    address = listener.getsockname()
    with ControlServer(endpoint, listener, controls), socket.create_connection(address, PATIENCE_S) as connection:
        try:
            connection.sendall(token + b'\n{"verb": "stop"}\n')
            assert connection.recv(100) == b""
        except ConnectionError:
            pass
        assert endpoint.token is not None
        with ControlClient(endpoint) as client:
            assert client.ask("background", ["blur"]) == {}
    assert [name for name, *_ in controls.calls] == ["background"]


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only Linux's root can be another user")
def test_another_user_is_refused_even_where_the_modes_would_let_him(folder: Path, noted: Any) -> None:
    controls = noted()
    endpoint, listener = claim("live", folder)
    code = (
        "import os, socket, sys\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "connection = socket.socket(socket.AF_UNIX)\n"
        'try:\n connection.connect(sys.argv[1])\n connection.sendall(b\'{"verb": "stop"}\\n\')\n'
        " print(connection.recv(100))\nexcept OSError as error: print(type(error).__name__)"
    )

    def other() -> str:
        asked = [sys.executable, "-c", code, str(endpoint.file)]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()

    with ControlServer(endpoint, listener, controls):
        assert other() == "PermissionError", "the folder is closed"
        folder.chmod(0o755)
        assert other() == "PermissionError", "the socket is closed"
        endpoint.file.chmod(0o777)
        assert other() in ("b''", "ConnectionResetError", "BrokenPipeError"), "the kernel says who it is"
    assert controls.calls == []
