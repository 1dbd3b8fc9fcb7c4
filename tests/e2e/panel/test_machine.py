"""What the page takes from this machine and keeps on it: networks, the loudness of a microphone, the theme."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cyclorama.models import catalogue, store
from cyclorama.panel.web.access import Access
from doubles.browser_panel import BrowserPanel, until
from doubles.panel_session import at_home, panel_with_session

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

BODY = bytes(range(256)) * 4096
"""Of the network that is downloaded: 1 MiB."""
ENTRY = """
[models.net]
title = "A net"
kind = "salient"
licence = "MIT"
url = "{url}"
sha256 = "{digest}"
bytes = {size}
good_for = ["live"]
input = {{ size = [32, 32], mean = [0, 0, 0], std = [1, 1, 1] }}
output = {{ activation = "none" }}
"""


class SlowServer(HTTPServer):
    """Sends the first half of the network, and the rest when it may."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.go = threading.Event()


class Handler(BaseHTTPRequestHandler):
    server: SlowServer

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        self.wfile.write(BODY[: len(BODY) // 2])
        self.server.go.wait(30)
        self.wfile.write(BODY[len(BODY) // 2 :])

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing on stderr."""


@pytest.fixture
def server() -> Iterator[SlowServer]:
    server = SlowServer()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.go.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def own_panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Access]:
    """A panel of this process, for a user who was here before. No session runs."""
    at_home(monkeypatch, tmp_path)
    with panel_with_session() as (client, _):
        client.change(background="color:teal")
        yield client.access


@pytest.fixture
def network(server: SlowServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The catalogue has one more network, which lies on the server. Where it comes to lie."""
    registry = tmp_path / "registry.toml"
    url = f"http://127.0.0.1:{server.server_address[1]}/net.onnx"
    entry = ENTRY.format(url=url, digest=hashlib.sha256(BODY).hexdigest(), size=len(BODY))
    registry.write_text(catalogue.registry_path().read_text() + entry)
    monkeypatch.setattr(catalogue, "registry_path", lambda: registry)
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "store"))
    monkeypatch.setenv("no_proxy", "*")
    return tmp_path / "store" / "net.onnx"


def card_of_the_network(page: Page) -> Locator:
    """The card of the network ``A net``."""
    page.locator("summary", has_text="Outline and quality").click()
    return page.locator(".model", has_text="A net")


def test_a_network_comes_over_the_network_and_can_be_chosen(
    own_panel: Access, network: Path, server: SlowServer, open_page: Callable[..., Page]
) -> None:
    page = open_page(own_panel)
    card = card_of_the_network(page)
    card.get_by_role("button", name="Get it (1.0 MB)").click()
    bar = card.get_by_role("progressbar", name="Fetching A net")
    until(lambda: bar.evaluate("bar => bar.value"), lambda share: share == 0.5)
    assert not network.exists()
    server.go.set()
    page.get_by_text("A net: it is here.").wait_for()
    assert network.read_bytes() == BODY
    card.get_by_role("radio").wait_for()


def test_a_download_that_is_stopped_leaves_nothing(
    own_panel: Access, network: Path, server: SlowServer, open_page: Callable[..., Page]
) -> None:
    page = open_page(own_panel)
    card = card_of_the_network(page)
    card.get_by_role("button", name="Get it").click()
    card.get_by_role("progressbar").wait_for()
    card.get_by_role("button", name="Stop").click()
    server.go.set()
    card.get_by_role("button", name="Get it").wait_for()
    assert not network.exists() and page.locator(".toast").count() == 0


def test_how_loud_a_microphone_is_is_seen_while_its_part_is_open(
    own_panel: Access, open_page: Callable[..., Page]
) -> None:
    page = open_page(own_panel)
    part = page.locator("summary", has_text="Microphone")
    part.click()
    page.get_by_label("Microphone", exact=True).select_option("demo")
    level = page.locator(".device .level")
    until(lambda: level.locator("meter").evaluate("meter => meter.value"), lambda loud: loud > 0.1)
    part.click()
    until(lambda: level.evaluate("level => level.hidden"), bool)
    part.click()
    level.locator("meter").wait_for()


def test_the_theme_is_switched_and_kept_when_the_panel_has_another_port(
    panel: BrowserPanel, own_panel: Access, open_page: Callable[..., Page]
) -> None:
    page = open_page(panel, color_scheme="dark")
    color = "getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(color)
    page.get_by_role("button", name="Use the light theme").click()
    page.goto(own_panel.url)
    page.get_by_role("button", name="Use the dark theme").wait_for()
    assert page.evaluate(color) != dark
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["value"], cookie["sameSite"]) == ("cyclorama-theme", "light", "Strict")
