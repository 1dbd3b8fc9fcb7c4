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
def page(panel: BrowserPanel, open_page: Callable[..., Page]) -> Iterator[Page]:
    """The page; what was added to the panel is deleted afterwards."""
    before = panel.state()["settings"]["background"]
    yield open_page(panel, permissions=["clipboard-read", "clipboard-write"])
    panel.change(background=before)
    for kind in ("photos", "backgrounds"):
        for each in panel.client.get(f"/api/{kind}").json():
            if kind == "photos" or each["kind"] == "folder":
                panel.client.ask("DELETE", f"/api/{kind}/{each['id']}")


def drop(page: Page, path: Path) -> None:
    """Drag a file from outside over the middle of the window, and let it go."""
    browser = page.context.new_cdp_session(page)
    data: dict[str, Any] = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": step, "x": 640, "y": 450, "data": data})


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
