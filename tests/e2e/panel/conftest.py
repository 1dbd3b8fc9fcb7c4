"""The page in a real browser, on a real panel with the demo picture."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from doubles.browser_panel import BrowserPanel, browser_panel
from doubles.page_alone import CAMERAS, MICROPHONES, MODEL, OUTPUTS, PageAlone
from e2e.conftest import environment

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SIZE = {"width": 1280, "height": 900}


@pytest.fixture(scope="package")
def panel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserPanel]:
    """One for all tests of this folder, which is no first start any more."""
    with browser_panel(tmp_path_factory.mktemp("user"), environment=environment()) as panel:
        panel.change(background="blur")
        yield panel


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module."""
    api = pytest.importorskip("playwright.sync_api", reason="needs Playwright for Python (pip install playwright)")
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def said() -> Iterator[list[str]]:
    """Errors and warnings in the browser's console; any that a test leaves here fails it."""
    messages: list[str] = []
    yield messages
    assert messages == []


@pytest.fixture
def open_page(browser: Browser, said: list[str]) -> Iterator[Callable[..., Page]]:
    """Open the page of a panel in a context of its own."""
    contexts = []

    def open_page(panel: BrowserPanel, *, part: str = "", **options: object) -> Page:
        context = browser.new_context(**{"viewport": SIZE, "accept_downloads": True, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: said.append(message.text) if counts(message) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(panel.url)
        if part:
            page.get_by_role("link", name=part).click()
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def live(panel: BrowserPanel, open_page: Callable[..., Page]) -> Iterator[Page]:
    """The part Live; afterwards the settings are what they were."""
    before = panel.state()["settings"]
    page = open_page(panel)
    page.locator(".stage canvas.drawn").first.wait_for()
    yield page
    panel.client.send_json("POST", "/api/session/away", {"on": False})
    panel.change(**{key: before[key] for key in ("background", "mirror", "zoom", "quality")})


@pytest.fixture(scope="module")
def told(panel: BrowserPanel) -> tuple[dict[str, Any], dict[str, Any]]:
    """A state, and what the panel says of this machine."""
    known = {"GET /settings": panel.client.get("/api/settings").json(), "GET /backgrounds": []}
    devices = {"cameras": CAMERAS, "microphones": MICROPHONES, "outputs": OUTPUTS, "problems": {}}
    lists = {"GET /photos": [], "GET /clips": [], "GET /profiles": ["day"], "GET /devices": devices}
    return panel.state(), {**known, **lists, "GET /models": [MODEL], "GET /microphones/3/level": {"level": 0.5}}


@pytest.fixture(scope="module")
def loaded(panel: BrowserPanel, browser: Browser, told: tuple[dict[str, Any], dict[str, Any]]) -> Iterator[PageAlone]:
    """One page for all tests of this file."""
    state, answers = told
    page = browser.new_page(accept_downloads=True)
    page.set_default_timeout(20_000)
    yield PageAlone(page, panel.client.access.address, {**state, "problem": None}, answers)
    page.close()


@pytest.fixture
def alone(loaded: PageAlone) -> Iterator[PageAlone]:
    """The page, with a session that runs."""
    loaded.begin_anew()
    loaded.answers["PATCH /session"] = lambda body: (200, loaded.state)
    yield loaded
    assert loaded.said == []


def counts(message: ConsoleMessage) -> bool:
    """Whether a message tells of a mistake. A result that is made anew while the page asks for it is none, nor is a
    page that is closed while it connects."""
    harmless = "/result?" in message.location["url"] or "closed before the connection is established" in message.text
    return message.type in ("error", "warning") and not harmless
