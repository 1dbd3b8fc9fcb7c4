"""The shelf of photos, and what people do to a page: two tabs, double clicks, the button Back, leaving in the middle.
What the panel answers is made up."""

from __future__ import annotations

import pytest

from doubles.page_alone import PNG, PageAlone, give, photo


@pytest.fixture
def shelf(alone: PageAlone) -> PageAlone:
    """Two photos that are ready, and one that is not."""
    photos = [photo("a"), photo("b", "failed", error="broken", version=0), photo("c")]
    alone.answers |= {"GET /photos": photos, "POST /photos/zip": PNG}
    for each in photos:
        alone.answers |= {f"{verb} /photos/{each['id']}": each for verb in ("PUT", "GET", "DELETE")}
    alone.page.get_by_role("link", name="Photos").click()
    alone.page.get_by_text("3 photos, 2 ready").wait_for()
    return alone


def test_what_is_downloaded_together_is_ready(shelf: PageAlone) -> None:
    with shelf.page.expect_download():
        shelf.page.get_by_role("button", name="Download all").click()
    assert ("POST", "/photos/zip", {"ids": ["a", "c"]}) in shelf.asked


def test_all_photos_are_removed_after_a_question_alone(shelf: PageAlone) -> None:
    page = shelf.page
    page.evaluate("sessionStorage.setItem('cyclorama.strokes.a', '[]')")
    page.get_by_role("button", name="Remove all").click()
    page.get_by_role("button", name="Cancel").click()
    page.locator("dialog").wait_for(state="detached")
    assert not [path for method, path, _ in shelf.asked if method == "DELETE"]
    page.get_by_role("button", name="Remove all").click()
    page.locator("dialog").get_by_role("button", name="Remove all").click()
    page.get_by_text("Drop photos here").wait_for()
    assert [path for method, path, _ in shelf.asked if method == "DELETE"] == ["/photos/a", "/photos/b", "/photos/c"]
    assert page.evaluate("sessionStorage.getItem('cyclorama.strokes.a')") is None


def test_the_others_are_made_alike_each_with_its_own_strokes(shelf: PageAlone) -> None:
    stroke = {"keep": True, "radius": 2, "points": [[1, 1]]}
    keep = "sessionStorage.setItem('cyclorama.strokes.c', JSON.stringify([given]));"
    shelf.run(keep + "location.hash = '#photos/a';", stroke)
    shelf.page.get_by_text("Soft shadow on the ground").click()
    shelf.until(lambda: any(method == "PUT" for method, _, _ in shelf.asked))
    shelf.asked.clear()
    shelf.page.get_by_role("button", name="Make all photos like this").click()
    alike = {"make": "cutout", "background": "transparent", "crop": False, "shadow": True}
    shelf.until(lambda: ("PUT", "/photos/c", {**alike, "strokes": [stroke]}) in shelf.asked)
    assert ("PUT", "/photos/b", alike) in shelf.asked


def come_back(alone: PageAlone) -> None:
    """Look at another tab, and at this one again."""
    alone.run("document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));")


def test_what_another_tab_removes_is_gone_here_too(shelf: PageAlone) -> None:
    page, gone = shelf.page, (404, {"error": "there is no such photo here any more"})
    shelf.answers |= {"DELETE /photos/a": gone, "GET /photos": [photo("b"), photo("c")]}
    page.get_by_role("button", name="Remove a.png").click()
    page.get_by_text("2 photos").wait_for()
    shelf.run("location.hash = '#photos/c';")
    page.get_by_role("heading", name="c.png").wait_for()
    shelf.answers["GET /photos"] = [photo("b")]
    come_back(shelf)
    page.get_by_text("1 photo, all ready").wait_for()
    assert page.evaluate("location.hash") == "#photos" and page.locator(".toast").count() == 0
    shelf.said.clear()


def test_all_are_removed_though_another_tab_was_first(shelf: PageAlone) -> None:
    shelf.answers["DELETE /photos/a"] = (404, {"error": "there is no such photo here any more"})
    shelf.page.get_by_role("button", name="Remove all").click()
    shelf.page.locator("dialog").get_by_role("button", name="Remove all").click()
    shelf.page.get_by_text("Drop photos here").wait_for()
    shelf.said.clear()


def test_what_is_being_sent_can_be_stopped_and_is_not_left_unasked(alone: PageAlone) -> None:
    page = alone.page
    page.get_by_role("link", name="Photos").click()
    page.get_by_text("Drop photos here").wait_for()
    page.route("**/api/photos", lambda route: None if route.request.method == "POST" else route.fallback())
    leave = "return !dispatchEvent(new Event('beforeunload', { cancelable: true }));"
    give(alone, "view-photos", "drop")
    page.get_by_role("button", name="Stop sending wall.png").wait_for()
    assert alone.run(leave) is True
    page.get_by_role("button", name="Stop sending wall.png").click()
    page.get_by_text("Drop photos here").wait_for()
    assert alone.run(leave) is False
    assert page.locator(".toast").count() == 0, "who stops it knows"
    page.unroute("**/api/photos")


def test_a_double_click_is_one_click(alone: PageAlone) -> None:
    alone.answers["POST /session/away"] = lambda body: (alone.tell(away=body["on"]) or 200, alone.state)
    alone.page.get_by_role("button", name="Away").dblclick()
    alone.page.get_by_role("button", name="Come back").wait_for()
    assert [body for method, path, body in alone.asked if path == "/session/away"] == [{"on": True}]


def test_a_double_click_opens_the_brush(shelf: PageAlone) -> None:
    shelf.run("location.hash = '#photos/a';")
    shelf.page.get_by_role("button", name="Erase or restore").dblclick()
    shelf.page.get_by_role("application").wait_for()
    assert shelf.page.get_by_role("button", name="Done with the brush").is_visible()
    shelf.page.get_by_role("button", name="Done with the brush").click()


def test_the_button_back_closes_a_dialog(alone: PageAlone) -> None:
    page = alone.page
    page.get_by_role("link", name="Photos").click()
    page.get_by_role("link", name="Live").click()
    page.get_by_role("button", name="Headshot").click()
    page.locator("dialog").wait_for()
    page.go_back()
    page.locator("dialog").wait_for(state="detached")
