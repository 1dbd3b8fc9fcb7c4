"""Who is at the other end of a connection."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from cyclorama.panel.panel import Panel
from cyclorama.panel.web import peer
from cyclorama.panel.web.peer import is_anothers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux says it")
NOBODY = 65534


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_the_users_own_program_is_known_and_one_that_is_gone_is_not(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        with socket.create_connection(listener.getsockname()[:2]) as client:
            taken = listener.accept()[0]
            ends = taken.getsockname(), client.getsockname()
            assert not is_anothers(*ends)
            monkeypatch.setattr(os, "geteuid", lambda: 12345)
            monkeypatch.setattr(peer, "ROOT", 54321)
            assert is_anothers(*ends)
            monkeypatch.undo()
        with taken:
            assert is_anothers(*ends), "it has closed its end: the kernel says root"


def test_where_the_kernel_does_not_say_the_token_alone_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(peer, "TABLES", {4: tmp_path / "none"})
    assert not is_anothers(("127.0.0.1", 1), ("127.0.0.1", 2))
    assert not is_anothers(None, None)


def test_another_user_is_not_answered_even_with_the_token(own_panel: Panel) -> None:
    if os.geteuid() != 0:
        pytest.skip("takes root, to become somebody else")
    assert asked_by(0, own_panel) == b"HTTP/1.1 200 OK"
    assert asked_by(NOBODY, own_panel) == b""


def asked_by(user: int, panel: Panel) -> bytes:
    """The first line of the answer that a process of ``user`` gets; empty if none."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setuid(user)
            with socket.create_connection(("127.0.0.1", panel.access.port), timeout=20) as connection:
                asked = f"GET /api/photos HTTP/1.1\r\nHost: 127.0.0.1:{panel.access.port}\r\n"
                connection.sendall(f"{asked}Authorization: Bearer {panel.access.token}\r\n\r\n".encode())
                os.write(write, connection.recv(4096).partition(b"\r\n")[0])
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        first = answer.read()
    os.waitpid(child, 0)
    return first
