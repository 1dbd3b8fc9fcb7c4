"""The page as such: for everybody, in both themes, at every width, and what it says when something is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cyclorama.models.bundled import bundled_path
from doubles.browser_panel import BrowserPanel, browser_panel
from e2e.conftest import environment

if TYPE_CHECKING:
    from playwright.sync_api import Page

PARTS = ("Live", "Photos", "Clips")


def look_for_barriers(page: Page, place: str) -> None:
    """Fail on anything that axe finds."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python")
    found = axe.Axe().run(page).response["violations"]
    assert found == [], [(place, each["id"], [node["target"] for node in each["nodes"]]) for each in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(panel: BrowserPanel, open_page: Callable[..., Page], theme: str) -> None:
    page = open_page(panel, color_scheme=theme, reduced_motion="reduce")
    page.locator(".stage canvas.drawn").first.wait_for()
    for part in page.locator("#view-live details > summary").all():
        part.click()
    page.locator(".model").first.wait_for()
    look_for_barriers(page, "Live")
    page.get_by_role("button", name="Check this machine").click()
    page.locator(".findings strong").first.wait_for()
    look_for_barriers(page, "doctor")
    page.keyboard.press("Escape")
    page.locator("#view-live .card label", has_text="Your real room").click()
    look_for_barriers(page, "question")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Headshot").click()
    look_for_barriers(page, "headshot")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="first three questions").click()
    look_for_barriers(page, "welcome")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Clips").click()
    look_for_barriers(page, "Clips")
    page.get_by_role("link", name="Photos").click()
    page.locator("#view-photos input[type=file]").first.set_input_files(bundled_path("portrait.png"))
    page.get_by_text("1 photo, all ready").wait_for()
    look_for_barriers(page, "Photos")
    page.locator(".photo-open").click()
    page.get_by_text("ID photo", exact=True).click()
    page.get_by_text("rules are not met").wait_for()
    look_for_barriers(page, "editor")
    page.get_by_text("Cut-out", exact=True).click()
    page.get_by_role("button", name="Erase or restore").click()
    page.get_by_role("application").wait_for()
    look_for_barriers(page, "brush")
    page.get_by_role("link", name="All photos").click()
    page.get_by_role("button", name="Remove portrait.png").click()


@pytest.mark.parametrize("width", [320, 820, 1440])
def test_nothing_is_wider_than_the_screen(panel: BrowserPanel, open_page: Callable[..., Page], width: int) -> None:
    page = open_page(panel, viewport={"width": width, "height": 800})
    page.locator("#view-live details").first.wait_for()
    page.evaluate("document.querySelectorAll('#view-live details').forEach((part) => (part.open = true))")
    page.locator(".model").first.wait_for()
    for part in PARTS:
        page.get_by_role("link", name=part).click()
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_token_leaves_the_address_and_a_wrong_one_is_told(
    panel: BrowserPanel, open_page: Callable[..., Page]
) -> None:
    page = open_page(panel)
    page.locator(".stage canvas.drawn").first.wait_for()
    assert "token" not in page.url
    page.goto(panel.url)  # the address once more, where the page is open already
    page.wait_for_url(panel.client.access.address + "/")
    page.locator(".stage canvas.drawn").first.wait_for()
    page.reload()
    page.locator(".stage canvas.drawn").first.wait_for()
    page.evaluate("sessionStorage.clear()")
    page.reload()
    page.get_by_text("This page is not allowed in").wait_for()


def test_the_first_start_asks_three_questions_and_the_last_button_ends_it(
    tmp_path: Path, open_page: Callable[..., Page], said: list[str]
) -> None:
    with browser_panel(tmp_path / "new user", environment=environment()) as panel:
        page = open_page(panel)
        page.get_by_text("Which camera?").wait_for()
        page.locator("canvas.welcome-preview.drawn").wait_for()
        page.get_by_role("button", name="Next").click()
        page.locator("dialog .card label", has_text="Dusk").click()
        panel.wait_state(lambda state: state["settings"]["background"] == "dusk")
        page.get_by_role("button", name="Next").click()
        page.get_by_role("button", name="Get it").first.wait_for()
        page.get_by_role("button", name="Done").click()
        panel.wait_state(lambda state: not state["first"])
        page.reload()
        page.locator(".stage canvas.drawn").first.wait_for()
        assert page.locator("dialog[open]").count() == 0
        page.get_by_role("button", name="End cyclorama").click()
        page.get_by_role("button", name="End it").click()
        page.get_by_role("heading", name="cyclorama has ended").wait_for()
        assert panel.process.wait(30) == 0
        page.close()  # what it has said until now is heard
        said[:] = [text for text in said if "503" not in text]  # pictures that were still asked for


def test_skipping_the_questions_is_kept_too(panel: BrowserPanel, open_page: Callable[..., Page]) -> None:
    page = open_page(panel)
    page.get_by_role("button", name="first three questions").click()
    page.get_by_role("button", name="Skip").click()
    page.locator("dialog").wait_for(state="detached")
    assert not panel.state()["first"]
