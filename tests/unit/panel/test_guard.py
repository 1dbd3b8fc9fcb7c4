"""Who may ask: host, origin, token; against a real server."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator

import pytest
from fastapi import APIRouter, WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from cyclorama.panel.web.access import Access
from cyclorama.panel.web.app import Room, make_app
from cyclorama.panel.web.server import PanelServer, has_ipv6
from doubles.panel_client import PanelClient, read_answer

SECRET = "the-token-of-this-test"


def echo_room() -> Room:
    router = APIRouter()

    @router.get("/api/word")
    async def word() -> str:
        return "hello"

    @router.websocket("/api/live")
    async def live(socket: WebSocket) -> None:
        await socket.accept()
        token = str(json.loads(await socket.receive_text())["token"])
        await socket.send_json(socket.app.state.access.is_token(token.encode()))

    return Room(router)


@pytest.fixture(scope="module")
def server() -> Iterator[PanelServer]:
    with PanelServer(lambda access: make_app(access, [echo_room()]), token=SECRET) as server:
        yield server


@pytest.fixture
def client(server: PanelServer) -> PanelClient:
    return PanelClient(server.access)


def test_the_token_opens_the_interface(client: PanelClient) -> None:
    assert client.get("/api/word").json() == "hello"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {SECRET}x",
        f"Bearer {SECRET[:-1]}",
        f"Basic {SECRET}",
        SECRET,
        "Bearer \xe9\xff",
    ],
)
def test_no_other_token_does(client: PanelClient, authorization: str) -> None:
    answer = client.get("/api/word", Authorization=authorization)
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.error.startswith("the token is missing or wrong")


def test_an_unknown_address_needs_the_token_first(client: PanelClient) -> None:
    assert client.get("/api/nothing", Authorization="").status == 401
    assert client.get("/api", Authorization="").status == 401
    assert client.get("/api/nothing").status == 404
    assert client.ask("POST", "/api/word").status == 405


@pytest.mark.parametrize(
    "host", ["example.org", "127.0.0.1", "127.0.0.1:1", "localhost.evil.org:{port}", "0.0.0.0:{port}"]
)
def test_another_host_is_told_nothing(client: PanelClient, host: str) -> None:
    for path in ("/", "/api/word", "/docs"):
        answer = client.get(path, Host=host.format(port=client.access.port))
        assert (answer.status, answer.body) == (421, b"")


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST:{port}", "[::1]:{port}"])
def test_its_own_names_are_answered(client: PanelClient, host: str) -> None:
    assert client.get("/api/word", Host=host.format(port=client.access.port)).status == 200


def test_without_a_host_nothing_is_said(client: PanelClient) -> None:
    with client.bare() as bare:
        bare.sendall(b"GET /api/word HTTP/1.0\r\n\r\n")
        assert read_answer(bare).startswith(b"HTTP/1.1 421")


@pytest.mark.parametrize("origin", ["http://evil.org", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_another_origin_is_refused_even_with_the_token(client: PanelClient, origin: str) -> None:
    answer = client.get("/api/word", Origin=origin.format(port=client.access.port))
    assert answer.status == 403
    assert not any(name.startswith("access-control") for name in answer.headers)


def test_another_origin_beside_its_own_is_refused(client: PanelClient) -> None:
    origins = [f"Origin: {client.access.address}", "Origin: http://evil.org"]
    for order in (origins, origins[::-1]):
        with client.bare() as bare:
            bare.sendall(client.head("GET", "/api/word", *order, "Connection: close"))
            assert read_answer(bare).startswith(b"HTTP/1.1 403")


def test_its_own_origin_is_taken(client: PanelClient) -> None:
    assert client.get("/api/word", Origin=client.access.address).status == 200


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_what_a_browser_says_of_the_site(client: PanelClient, site: str, status: int) -> None:
    assert client.get("/api/word", Sec_Fetch_Site=site).status == status


def test_a_preflight_of_another_site_gets_no_permission(client: PanelClient) -> None:
    answer = client.ask("OPTIONS", "/api/word", Authorization="", Origin="http://evil.org")
    assert answer.status == 403
    assert "access-control-allow-origin" not in answer.headers


def test_headers_of_every_answer(client: PanelClient) -> None:
    answers = [client.get("/"), client.get("/api/word"), client.get("/none"), client.get("/api/x", Authorization="")]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert {"form-action 'none'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy.split("; "))
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["permissions-policy"] == "camera=(), microphone=(), geolocation=()"
        assert "server" not in answer.headers
    assert client.get("/api/word").headers["cache-control"] == "no-store"


def test_the_page_and_the_documentation_need_no_token(client: PanelClient) -> None:
    for path in ("/", "/docs", "/openapi.json", "/docs.css"):
        assert client.get(path, Authorization="").status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../app.py",
        "/..%2fapp.py",
        "/%2e%2e/app.py",
        "//etc/passwd",
        "/%2Fetc/passwd",
        "/..%5capp.py",
        "/a%00b",
        "/" + "x" * 3000,
    ],
)
def test_files_outside_the_page_are_not_there(client: PanelClient, path: str) -> None:
    answer = client.get(path, Authorization="")
    assert answer.status == 404
    assert b"def " not in answer.body


def test_a_socket_of_another_site_is_refused(client: PanelClient) -> None:
    url = f"ws://127.0.0.1:{client.access.port}/api/live"
    for headers in ({"Origin": "http://evil.org"}, {"Origin": "null"}):
        with pytest.raises(InvalidStatus) as refused, connect(url, additional_headers=headers):
            pass
        assert refused.value.response.status_code == 403


def test_a_socket_of_another_name_is_refused(client: PanelClient) -> None:
    with socket.create_connection(("127.0.0.1", client.access.port)) as bare:
        bare.sendall(
            b"GET /api/live HTTP/1.1\r\nHost: evil.org\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        assert b"403" in bare.recv(4096).split(b"\r\n")[0]


def test_a_socket_of_its_own_page_talks(client: PanelClient) -> None:
    url = f"ws://127.0.0.1:{client.access.port}/api/live"
    with connect(url, additional_headers={"Origin": client.access.address}) as talking:
        talking.send(json.dumps({"token": SECRET}))
        assert json.loads(talking.recv()) is True
    with connect(url) as talking:
        talking.send(json.dumps({"token": SECRET + "é"}))
        assert json.loads(talking.recv()) is False


def test_a_socket_elsewhere_is_refused(client: PanelClient) -> None:
    for path in ("/", "/other", "/api/other"):
        with pytest.raises(InvalidStatus), connect(f"ws://127.0.0.1:{client.access.port}{path}"):
            pass


def test_both_loopback_addresses_answer(client: PanelClient) -> None:
    hosts = ["127.0.0.1", *(["::1"] if has_ipv6() else [])]
    for host in hosts:
        with socket.create_connection((host, client.access.port), timeout=10) as bare:
            bare.sendall(client.head("GET", "/api/word", "Connection: close"))
            assert b'"hello"' in read_answer(bare)


def test_nothing_is_printed_and_the_token_is_logged_nowhere(
    client: PanelClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    client.get("/api/word")
    client.get(f"/api/word?token={SECRET}", Authorization="Bearer wrong")
    with client.bare() as bare:
        bare.sendall(b"nonsense\r\n\r\n")
        assert read_answer(bare).startswith(b"HTTP/1.1 400")
    assert capfd.readouterr() == ("", "")
    assert SECRET not in caplog.text
    assert SECRET not in repr(client.access)


def test_tokens_are_long_and_differ() -> None:
    tokens = {Access(1).token for _ in range(10)}
    assert len(tokens) == 10
    assert all(len(token) >= 43 for token in tokens)
