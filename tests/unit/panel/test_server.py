"""The server: ports, threads, connections, and clients that take their time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from cyclorama.core.errors import SettingsError
from cyclorama.panel.web import server as server_module
from cyclorama.panel.web.app import Room, make_app
from cyclorama.panel.web.body import Patience
from cyclorama.panel.web.safety import AT_ONCE
from cyclorama.panel.web.server import PanelServer
from doubles.panel_client import PanelClient, form_begin, form_type, read_answer

MIB = 1 << 20
HASTE = Patience(grace_s=0.3, bytes_a_second=1e6, linger_s=0.5, linger_bytes=8 * MIB)


class Hall:
    """Addresses that show what the server lets through."""

    def __init__(self) -> None:
        self.read = 0
        self.enough = threading.Event()

    def room(self) -> Room:
        router = APIRouter()

        @router.post("/api/body")
        async def body(request: Request) -> int:
            self.read = 0
            async for part in request.stream():
                self.read += len(part)
            return self.read

        @router.get("/api/word")
        async def word() -> str:
            return "hello"

        @router.get("/api/held")
        def held() -> str:
            self.enough.wait(30)
            return "done"

        @router.get("/api/waterfall")
        async def waterfall() -> Response:
            async def parts():  # type: ignore[no-untyped-def]
                while True:
                    yield bytes(MIB)

            return StreamingResponse(parts())

        return Room(router, {"/api/body": 4 * MIB})


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def client(hall: Hall) -> Iterator[PanelClient]:
    with PanelServer(lambda access: make_app(access, [hall.room()], patience=HASTE)) as server:
        yield PanelClient(server.access)
        hall.enough.set()


def test_a_closed_server_leaves_no_thread_and_frees_its_port() -> None:
    before = set(threading.enumerate())
    server = PanelServer(lambda access: make_app(access, []))
    client, port = PanelClient(server.access), server.access.port
    assert client.get("/").status == 200
    idle = client.bare()
    server.close()
    server.close()
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) - before:  # threads of the pool have been told to end
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)
    idle.close()
    PanelServer(lambda access: make_app(access, []), port=port).close()


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"--port {port} cannot be used: .*; choose another"):
            PanelServer(lambda access: make_app(access, []), port=port)


def test_a_port_that_is_none_is_told_in_one_line() -> None:
    with pytest.raises(SettingsError, match="--port 70000 cannot be used"):
        PanelServer(lambda access: make_app(access, []), port=70000)


def test_a_body_within_its_limit_arrives(client: PanelClient, hall: Hall) -> None:
    assert client.ask("POST", "/api/body", bytes(4 * MIB)).json() == 4 * MIB


def test_a_declared_size_over_the_limit_is_refused_unread(client: PanelClient, hall: Hall) -> None:
    with client.bare() as bare:
        bare.sendall(client.head("POST", "/api/body", f"Content-Length: {10 << 30}"))
        answer = read_answer(bare)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"at most 4 MiB are taken here" in answer
    assert b"connection: close" in answer.lower()
    assert hall.read == 0


def test_ten_gigabytes_without_a_declared_size_are_cut_off(client: PanelClient, hall: Hall) -> None:
    sent, chunk = 0, b"%x\r\n" % MIB + bytes(MIB) + b"\r\n"
    with client.bare() as bare:
        bare.sendall(client.head("POST", "/api/body", "Transfer-Encoding: chunked"))
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while sent < 10 << 30:
                bare.sendall(chunk)
                sent += MIB
    assert sent < 100 * MIB
    assert 3 * MIB < hall.read <= 4 * MIB


def test_the_sender_of_too_much_sees_the_answer(client: PanelClient) -> None:
    answer = client.ask("POST", "/api/body", bytes(5 * MIB))
    assert (answer.status, answer.error) == (413, "the request is too large: at most 4 MiB are taken here")


@pytest.mark.parametrize(("path", "token", "status"), [("/api/word", "", 401), ("/api/none", "", 401), ("/", "x", 405)])
def test_an_endless_body_that_nobody_reads_is_cut_off(client: PanelClient, path: str, token: str, status: int) -> None:
    head = client.head("POST", path, "Transfer-Encoding: chunked")
    if not token:
        head = head.replace(client.access.token.encode(), b"wrong")
    sent, chunk = 0, b"%x\r\n" % MIB + bytes(MIB) + b"\r\n"
    with client.bare() as bare:
        bare.sendall(head)
        assert bare.recv(12) == b"HTTP/1.1 %d" % status
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            while sent < 10 << 30:
                bare.sendall(chunk)
                sent += MIB
    assert sent < 100 * MIB


def test_the_sender_of_a_body_that_nobody_reads_sees_the_answer(client: PanelClient) -> None:
    for _ in range(3):
        assert client.ask("POST", "/api/none", bytes(MIB)).status == 404
        assert client.ask("POST", "/api/word", bytes(MIB)).status == 405


def test_addresses_without_a_limit_of_their_own_take_little(client: PanelClient) -> None:
    assert client.ask("POST", "/api/word", bytes(MIB + 1)).status == 413


def test_a_body_that_trickles_is_given_up(client: PanelClient) -> None:
    with client.bare() as bare:
        bare.sendall(client.head("POST", "/api/body", "Content-Length: 1000"))
        answer = trickle_until_answered(bare, b"x")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"arrived too slowly" in answer


def trickle_until_answered(bare: socket.socket, bit: bytes) -> bytes:
    bare.settimeout(0.05)
    for _ in range(1200):
        try:
            bare.sendall(bit)
            answer = bare.recv(65536)
        except TimeoutError:
            continue
        return answer + rest(bare)
    raise AssertionError("never given up")


def rest(bare: socket.socket) -> bytes:
    """What comes until the connection ends; a body may come after its headers."""
    came = b""
    bare.settimeout(10)
    with suppress(ConnectionError):
        while more := bare.recv(65536):
            came += more
    return came


def test_headers_that_trickle_are_given_up(client: PanelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "HEADERS_S", 0.3)
    with client.bare() as bare:
        bare.sendall(b"GET /api/word HTTP/1.1\r\n")
        bare.settimeout(0.05)
        with pytest.raises((ConnectionError, StopIteration)):
            for _ in range(1200):
                bare.sendall(b"X: y\r\n")
                try:
                    assert bare.recv(100) == b""
                    raise StopIteration
                except TimeoutError:
                    continue


def test_silence_is_given_up(client: PanelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "HEADERS_S", 0.2)
    with client.bare() as bare:
        assert read_answer(bare) == b""


def test_an_answer_that_nobody_reads_is_given_up(
    client: PanelClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(server_module, "UNREAD_S", 0.3)
    with client.bare() as bare:
        bare.sendall(client.head("GET", "/api/waterfall"))
        time.sleep(1.5)
        read = sum(1 for _ in iter(lambda: receive(bare), b""))
    assert read < 1000


def receive(bare: socket.socket) -> bytes:
    try:
        return bare.recv(MIB)
    except ConnectionResetError:
        return b""


def test_two_hundred_idle_connections_keep_nobody_out(client: PanelClient) -> None:
    with ExitStack() as opened:
        for _ in range(200):
            opened.enter_context(client.bare())
        assert client.get("/api/word").json() == "hello"


def test_a_thousand_connections_are_bounded(client: PanelClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "CONNECTIONS", 20)
    with ExitStack() as opened:
        held = [opened.enter_context(client.bare()) for _ in range(100)]
        closed = 0
        for each in held[20:]:
            each.settimeout(10)
            closed += read_answer(each) == b""
        assert closed == 80
        held[0].sendall(client.head("GET", "/api/word", "Connection: close"))
        assert b'"hello"' in read_answer(held[0])


def test_requests_at_a_time_are_bounded(client: PanelClient, hall: Hall) -> None:
    with ExitStack() as opened:
        waiting = [opened.enter_context(client.bare()) for _ in range(AT_ONCE)]
        for bare in waiting:
            bare.sendall(client.head("GET", "/api/held", "Connection: close"))
        deadline = time.monotonic() + 30
        while (answer := client.get("/api/word")).status == 200:
            assert time.monotonic() < deadline
        assert answer.status == 503
        assert answer.headers["retry-after"] == "1"
        hall.enough.set()
        assert all(b'"done"' in read_answer(bare) for bare in waiting)
    assert client.get("/api/word").status == 200


def test_requests_in_one_go_are_answered_in_order(client: PanelClient) -> None:
    with client.bare() as bare:
        bare.sendall(client.head("GET", "/api/word") * 3 + client.head("GET", "/api/none", "Connection: close"))
        answer = read_answer(bare)
    assert answer.count(b'"hello"') == 3
    assert answer.index(b"404") > answer.rindex(b'"hello"')


def test_a_body_that_is_no_body_ends_the_connection(client: PanelClient) -> None:
    with client.bare() as bare:
        bare.sendall(client.head("POST", "/api/body", "Transfer-Encoding: chunked") + b"zz\r\nnonsense")
        assert b"400" in read_answer(bare)[:20]
    assert client.get("/api/word").status == 200


def test_two_lengths_are_refused(client: PanelClient) -> None:
    with client.bare() as bare:
        bare.sendall(client.head("POST", "/api/body", "Content-Length: 5", "Content-Length: 6") + b"hello")
        assert read_answer(bare).startswith(b"HTTP/1.1 400")


def test_endless_headers_are_refused(client: PanelClient) -> None:
    with client.bare() as bare:
        bare.sendall(b"GET / HTTP/1.1\r\n" + b"X: " + b"y" * 100_000)
        assert read_answer(bare)[:12] in (b"HTTP/1.1 400", b"")


def test_a_sender_that_goes_away_leaves_nothing(client: PanelClient) -> None:
    for _ in range(5):
        with client.bare() as bare:
            bare.sendall(client.head("POST", "/api/body", "Content-Length: 100000", f"Content-Type: {form_type()}"))
            bare.sendall(form_begin("x.png"))
    assert client.get("/api/word").status == 200
