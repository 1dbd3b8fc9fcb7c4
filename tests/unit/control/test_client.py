"""Which session a command goes to, and sessions that do not answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cyclorama.control import client
from cyclorama.control.client import ControlClient, find_session
from cyclorama.control.endpoint import Endpoint, claim
from cyclorama.core.errors import CycloramaError, ModelError, SettingsError


@pytest.fixture
def listeners(folder: Path, kind: type[Endpoint]) -> Iterator[Callable[[str], tuple[Endpoint, socket.socket]]]:
    """Claims a name; nobody answers there."""
    with ExitStack() as stack:

        def listen(command: str) -> tuple[Endpoint, socket.socket]:
            endpoint, listener = claim(command, folder)
            return endpoint, stack.enter_context(listener)

        yield listen


def test_without_a_session_it_says_how_to_start_one(folder: Path, kind: type[Endpoint]) -> None:
    with pytest.raises(SettingsError, match="no session runs: start one with cyclorama live") as refused:
        find_session(None, folder)
    assert refused.value.exit_code == 2
    with pytest.raises(SettingsError, match="no session 'live' runs: none does"):
        find_session("live", folder)


def test_one_session_needs_no_name_and_several_do(folder: Path, listeners: Callable[[str], object]) -> None:
    listeners("live")
    assert find_session(None, folder).name == find_session("live", folder).name == "live"
    listeners("record")
    with pytest.raises(SettingsError, match=r"several sessions run: give --session live\|record"):
        find_session(None, folder)
    assert find_session("record", folder).name == "record"
    with pytest.raises(SettingsError, match="no session 'recrod' runs: did you mean record"):
        find_session("recrod", folder)


def answering(listener: socket.socket, endpoint: Endpoint, answer: bytes) -> threading.Thread:
    """Take one client, read its line and send it ``answer``."""

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines:
            if endpoint.token is not None:
                lines.readline()
            lines.readline()
            connection.sendall(answer)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


@pytest.mark.parametrize("answer", [b"", b'{"ok": true, "ans'], ids=["nothing", "half"])
def test_a_session_that_ends_before_its_answer_is_told(listeners: Callable[..., object], answer: bytes) -> None:
    endpoint, listener = listeners("live")  # type: ignore[misc]
    thread = answering(listener, endpoint, answer)
    with ControlClient(endpoint) as control, pytest.raises(SettingsError, match="the session has ended"):
        control.ask("status")
    thread.join()


@pytest.mark.parametrize(("code", "raised"), [(4, ModelError), (1, CycloramaError), (77, CycloramaError)])
def test_an_exit_code_is_the_error_it_stands_for(
    listeners: Callable[..., object], code: int, raised: type[CycloramaError]
) -> None:
    endpoint, listener = listeners("live")  # type: ignore[misc]
    thread = answering(listener, endpoint, b'{"ok": false, "error": "why", "exit_code": %d}\n' % code)
    with ControlClient(endpoint) as control, pytest.raises(raised, match="why") as error:
        control.ask("model", ["x"])
    assert type(error.value) is raised
    thread.join()


def test_a_session_that_is_stopped_is_told(listeners: Callable[..., object], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ANSWER_S", 0.05)
    endpoint, _ = listeners("live")  # type: ignore[misc]
    with ControlClient(endpoint) as control, pytest.raises(SettingsError, match="the session does not answer"):
        control.ask("status")
    with ControlClient(endpoint) as control, pytest.raises(SettingsError, match="the session does not answer"):
        next(control.watch())
