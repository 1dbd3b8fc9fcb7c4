"""Pictures that are dropped on the page or pasted into it, by the browser's own drag and its own clipboard."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from doubles.browser_panel import BrowserPanel, decoded, until

if TYPE_CHECKING:
    from playwright.sync_api import Page

BGR = (40, 60, 200)
"""The colour of the picture that is given."""
COPY = """async (data) => {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ "image/png": new Blob([bytes], { type: "image/png" }) })]);
}"""


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "brick wall.png"
    cv2.imwrite(str(path), np.full((90, 160, 3), BGR, np.uint8))
    return path


@pytest.fixture
def as_before(panel: BrowserPanel) -> Iterator[None]:
    """What was added to the panel is deleted, once the page is closed."""
    before = panel.state()["settings"]["background"]
    yield
    panel.change(background=before)
    for kind in ("photos", "backgrounds"):
        for each in panel.client.get(f"/api/{kind}").json():
            if kind == "photos" or each["kind"] == "folder":
                panel.client.ask("DELETE", f"/api/{kind}/{each['id']}")


@pytest.fixture
def page(as_before: None, panel: BrowserPanel, open_page: Callable[..., Page]) -> Page:
    """The page, which may use the clipboard."""
    return open_page(panel, permissions=["clipboard-read", "clipboard-write"])


def drop(page: Page, path: Path, y: int = 450) -> None:
    """Drag a file or a folder from outside over the window, and let it go, in the middle or higher up."""
    browser = page.context.new_cdp_session(page)
    data: dict[str, Any] = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": step, "x": 640, "y": y, "data": data})


def paste(page: Page, path: Path) -> None:
    """Copy a picture, and press the keys for pasting."""
    page.evaluate(COPY, base64.b64encode(path.read_bytes()).decode())
    page.keyboard.press("Control+v")


@pytest.mark.parametrize("give", [drop, paste])
def test_on_live_it_is_the_background(
    panel: BrowserPanel, page: Page, picture: Path, give: Callable[[Page, Path], None]
) -> None:
    page.locator(".stage canvas.drawn").first.wait_for()
    give(page, picture)
    panel.wait_frame(lambda frame: bool(np.abs(frame[:400, :60].astype(int) - BGR).mean() < 8))
    assert page.locator("#view-photos .photo-card").count() == 0


@pytest.mark.parametrize("give", [drop, paste])
def test_on_photos_it_is_a_photo(
    panel: BrowserPanel, page: Page, picture: Path, give: Callable[[Page, Path], None]
) -> None:
    background = panel.state()["settings"]["background"]
    page.get_by_role("link", name="Photos").click()
    page.get_by_role("heading", name="Drop photos here").wait_for()
    give(page, picture)
    page.locator(".photo-card:not(.sending)").wait_for()
    (photo,) = until(lambda: panel.client.get("/api/photos").json(), len)
    original = decoded(panel.client.get(f"/api/photos/{photo['id']}/original?width=160").body)
    assert np.abs(original[..., :3].astype(int) - BGR).mean() < 4
    assert panel.state()["settings"]["background"] == background


def test_a_file_beside_the_part_that_takes_it_leaves_the_page_as_it_is(page: Page, picture: Path) -> None:
    page.evaluate("addEventListener('dragover', (event) => (window.refused = event.defaultPrevented))")
    drop(page, picture, y=20)
    until(lambda: page.evaluate("window.refused"), lambda refused: refused is not None)
    assert page.evaluate("window.refused"), "the browser would show the file in place of the page"
    assert page.locator(".card.busy, .photo-card").count() == 0


def test_a_folder_is_told_from_a_lost_connection(page: Page, picture: Path) -> None:
    page.get_by_role("link", name="Photos").click()
    page.get_by_role("heading", name="Drop photos here").wait_for()
    drop(page, picture.parent)
    page.locator(".toast[role=alert] p", has_text="cannot be read: if it is a folder, give the files in it").wait_for()
    page.get_by_role("heading", name="Drop photos here").wait_for()
