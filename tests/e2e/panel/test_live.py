"""The part Live: what is clicked is what other programs see."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from cyclorama.background.builtin import list_builtin
from doubles.browser_panel import BrowserPanel, Frame, browser_panel, decoded
from doubles.room_clip import write_empty_room
from e2e.conftest import environment

if TYPE_CHECKING:
    from playwright.sync_api import Page, WebSocketRoute

SIZE_WH = (1280, 720)
GREEN_BGR = (64, 177, 0)
"""The swatch "Screen green"."""
COUNT_SENT = """
    window.sent = 0;
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) { window.sent += 1; send.call(this, data); };
"""


@cache
def office() -> Frame:
    """The bundled background at the size of the session."""
    return np.asarray(
        cv2.resize(cv2.imread(str(list_builtin()["office"])), SIZE_WH, interpolation=cv2.INTER_AREA), np.uint8
    )


def edge(frame: Frame) -> Frame:
    """The leftmost columns, where the demo's person never is."""
    return frame[:400, :60]


def is_like(one: Frame, other: Frame | tuple[int, ...], most: float = 8.0) -> bool:
    """Whether two pictures differ by at most ``most`` of 255 on average."""
    return bool(np.abs(one[..., :3].astype(float) - np.asarray(other, float)[..., :3]).mean() < most)


def head_x(frame: Frame, background: Frame) -> float:
    """Where the head is: pixels right of the middle."""
    band = np.abs(frame[60:300, :, :3].astype(int) - background[60:300]).sum(2) > 90
    return float(np.nonzero(band)[1].mean() - frame.shape[1] / 2)


def wait_until(page: Page, wanted: Callable[[], bool]) -> None:
    """Let the page go on until something is so."""
    for _ in range(400):
        if wanted():
            return
        page.wait_for_timeout(50)
    pytest.fail("it does not become so")


def choose(page: Page, name: str) -> None:
    """Click a card of the gallery."""
    page.locator("#view-live .gallery label", has_text=name).click()


def test_the_office_mirrored_and_recording_are_three_clicks_away(panel: BrowserPanel, live: Page) -> None:
    clicks = [
        lambda: choose(live, "Office"),
        live.get_by_role("button", name="Mirror").click,
        live.get_by_role("button", name="Record").click,
    ]
    clicks[0]()
    straight = panel.wait_frame(lambda frame: is_like(edge(frame), edge(office())))
    clicks[1]()
    panel.wait_state(lambda state: bool(state["settings"]["mirror"]))
    clicks[2]()
    panel.wait_state(lambda state: bool(state["recording"] and state["recording"]["seconds"] > 1))
    mirrored = panel.frame()
    assert is_like(edge(mirrored), edge(office()))
    assert head_x(straight, office()) < -5 < 5 < head_x(mirrored, office()), "10 to 45, as the demo moves"
    live.get_by_role("button", name="Pause").click()
    panel.wait_state(lambda state: bool(state["recording"]["paused"]))
    live.get_by_role("button", name="Stop").click()
    clip = panel.wait_state(lambda state: state["recording"] is None)["last_clip"]
    live.get_by_role("status").filter(has_text=Path(clip).name).wait_for()
    with av.open(clip) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(frames) > 3
    assert all(is_like(edge(frame), edge(office()), 12.0) for frame in frames)
    assert head_x(frames[-1], office()) > 5


def test_colours_and_blur_are_chosen_with_their_strength(panel: BrowserPanel, live: Page) -> None:
    choose(live, "Colour")
    live.get_by_role("button", name="Screen green").click()
    panel.wait_frame(lambda frame: is_like(edge(frame), GREEN_BGR))
    choose(live, "Gradient")
    gradient = panel.wait_frame(lambda frame: not is_like(edge(frame), GREEN_BGR)).astype(int)
    assert np.abs(gradient[0, 5] - gradient[0, -5]).max() < 8  # it runs downwards
    assert np.abs(gradient[0, 5] - gradient[-1, 5]).max() > 80
    choose(live, "Blur")
    strength = live.get_by_label("How strong")
    strength.fill("0.1")
    panel.wait_state(lambda state: state["settings"]["background"] == "blur:0.1")
    panel.wait_frame(lambda frame: detail(frame) > 1.1)  # 0.8 to 1.5, as the demo moves
    strength.fill("1")
    panel.wait_frame(lambda frame: detail(frame) < 0.7)


def detail(frame: Frame) -> float:
    """How much the picture changes from pixel to pixel beside the person."""
    return float(np.abs(np.diff(frame[:500, :200, :3].astype(float), axis=1)).mean())


def test_a_background_of_ones_own_is_added_shown_and_removed(panel: BrowserPanel, live: Page, tmp_path: Path) -> None:
    path = tmp_path / "brick wall.png"
    cv2.imwrite(str(path), np.full((90, 160, 3), (40, 60, 200), np.uint8))
    live.locator("#view-live .card.add input").set_input_files(path)
    panel.wait_frame(lambda frame: is_like(edge(frame), (40, 60, 200)))
    card = live.locator("#view-live .card", has_text="Brick wall")
    card.get_by_role("radio", checked=True).wait_for()
    choose(live, "Office")
    panel.wait_frame(lambda frame: is_like(edge(frame), edge(office())))
    card.hover()
    card.get_by_role("button", name="Remove Brick wall").click()
    live.get_by_role("button", name="Remove", exact=True).click()
    card.wait_for(state="detached")
    assert list((panel.home / "data").rglob("brick*")) == []


def test_the_real_room_is_shown_after_a_question_alone(panel: BrowserPanel, live: Page) -> None:
    choose(live, "Office")
    panel.wait_frame(lambda frame: is_like(edge(frame), edge(office())))
    choose(live, "Your real room")
    live.get_by_role("button", name="Cancel").click()
    live.locator("#view-live .gallery").get_by_role("radio", name="Office", checked=True).wait_for()
    assert is_like(edge(panel.frame()), edge(office()))
    choose(live, "Your real room")
    live.get_by_role("button", name="Show my room").click()
    panel.wait_frame(lambda frame: not is_like(edge(frame), edge(office()), 30.0))
    assert panel.state()["settings"]["background"] == "none"


def test_away_shows_a_card_until_one_comes_back(panel: BrowserPanel, live: Page) -> None:
    choose(live, "Office")
    panel.wait_frame(lambda frame: subject(frame) > 0.1)
    live.get_by_role("button", name="Away").click()
    panel.wait_frame(lambda frame: subject(frame) < 0.01)
    assert panel.state()["away"]
    live.get_by_role("button", name="Come back").click()
    panel.wait_frame(lambda frame: subject(frame) > 0.1)


@pytest.fixture
def pixels(live: Page) -> Callable[[str], Frame]:
    """Reads a canvas of the preview by its label: BGR."""

    def read(label: str) -> Frame:
        canvas = live.locator(f"canvas.drawn[aria-label='{label}']")
        canvas.wait_for()
        address = canvas.evaluate("canvas => canvas.toDataURL('image/png')")
        return decoded(base64.b64decode(address.partition(",")[2]))

    return read


def test_the_preview_compares_and_shows_the_outline(
    panel: BrowserPanel, live: Page, pixels: Callable[[str], Frame]
) -> None:
    choose(live, "Office")
    panel.wait_frame(lambda frame: is_like(edge(frame), edge(office())))
    live.locator(".looks label", has_text="Compare").click()
    live.get_by_label("Before and after").fill("30")
    before, after = pixels("What the camera sees"), pixels("What others see")
    left = (slice(0, 200), slice(0, before.shape[1] // 30))
    assert not is_like(before[left], after[left], 25.0)
    live.locator(".looks label", has_text="Outline").click()
    matte = pixels("What is kept, in white")[..., :3]
    assert np.abs(matte.max(2).astype(int) - matte.min(2)).max() < 8
    height, width = matte.shape[:2]
    assert matte[height // 2, width // 2, 0] > 200
    assert matte[20, 20, 0] < 20


def test_a_preview_that_nobody_sees_asks_for_nothing(panel: BrowserPanel, open_page: Callable[..., Page]) -> None:
    page = open_page(panel)
    page.add_init_script(COUNT_SENT)
    page.reload()

    def sent() -> int:
        return int(page.evaluate("window.sent"))

    wait_until(page, lambda: sent() > 20)
    page.get_by_role("link", name="Photos").click()
    page.wait_for_timeout(300)
    before = sent()
    page.wait_for_timeout(700)
    assert sent() == before
    page.get_by_role("link", name="Live").click()
    wait_until(page, lambda: sent() > before + 5)


def test_settings_change_and_go_back_to_their_default(panel: BrowserPanel, live: Page) -> None:
    live.locator("summary", has_text="Camera and framing").click()
    choose(live, "Office")
    near = panel.wait_frame(lambda frame: is_like(edge(frame), edge(office())))
    live.get_by_role("slider", name="Zoom").fill("2")
    panel.wait_state(lambda state: state["settings"]["zoom"] == 2)
    panel.wait_frame(lambda frame: subject(frame) > 1.3 * subject(near))
    live.get_by_role("button", name="Reset Zoom").click()
    panel.wait_state(lambda state: state["settings"]["zoom"] == 1)
    live.locator("summary", has_text="Outline and quality").click()
    live.locator(".segment label", has_text="Fast").first.click()
    panel.wait_state(lambda state: state["settings"]["quality"] == "fast")


def subject(frame: Frame) -> float:
    """The part of the picture that is no office."""
    return float((np.abs(frame[..., :3].astype(int) - office()).sum(2) > 90).mean())


def test_another_client_is_followed(panel: BrowserPanel, live: Page) -> None:
    panel.change(background="dusk", mirror=True)
    live.locator("#view-live .card:has(input[value=dusk]:checked)").wait_for()
    live.locator("button[aria-pressed=true]", has_text="Mirror").wait_for()


def test_snapshot_and_headshot_are_downloads(panel: BrowserPanel, live: Page, tmp_path: Path) -> None:
    choose(live, "Office")
    panel.wait_frame(lambda frame: is_like(edge(frame), edge(office())))
    with live.expect_download() as saved:
        live.get_by_role("button", name="Snapshot").click()
    saved.value.save_as(tmp_path / "snapshot.png")
    assert is_like(edge(decoded((tmp_path / "snapshot.png").read_bytes())), edge(office()))
    live.get_by_role("button", name="Headshot").click()
    live.locator("dialog .segment label", has_text="LinkedIn").click()
    live.locator("dialog .card label", has_text="White").click()
    live.get_by_role("button", name="Take it").click()
    live.get_by_alt_text("Your headshot").wait_for()
    with live.expect_download() as saved:
        live.locator("dialog").get_by_role("button", name="Download").click()
    saved.value.save_as(tmp_path / "headshot.jpg")
    headshot = decoded((tmp_path / "headshot.jpg").read_bytes())
    assert headshot.shape == (800, 800, 3)
    assert is_like(headshot[5:40, 5:40], (255, 255, 255))


def test_a_profile_keeps_what_is_set(panel: BrowserPanel, live: Page) -> None:
    choose(live, "Dusk")
    panel.wait_state(lambda state: state["settings"]["background"] == "dusk")
    live.locator("summary", has_text="Profiles").click()
    live.get_by_label("Save what is set now as").fill("evening")
    live.get_by_role("button", name="Save", exact=True).click()
    use = live.get_by_role("button", name="evening", exact=True)
    use.wait_for()
    choose(live, "Office")
    panel.wait_state(lambda state: state["settings"]["background"] == "office")
    use.click()
    panel.wait_state(lambda state: state["settings"]["background"] == "dusk")


def test_the_keyboard_alone_chooses_and_acts(panel: BrowserPanel, live: Page) -> None:
    live.locator("#view-live .gallery input:checked").focus()
    live.keyboard.press("ArrowRight")
    live.keyboard.press("ArrowRight")
    panel.wait_state(lambda state: state["settings"]["background"].startswith("gradient:"))
    live.get_by_role("button", name="Mirror").focus()
    live.keyboard.press("Enter")
    panel.wait_state(lambda state: bool(state["settings"]["mirror"]))


def test_the_camera_stops_and_starts(panel: BrowserPanel, live: Page) -> None:
    live.locator("summary", has_text="How it runs").click()
    live.get_by_role("button", name="Stop the camera").click()
    panel.wait_state(lambda state: not state["running"])
    live.get_by_role("button", name="Start the camera").click()
    panel.wait_state(lambda state: bool(state["running"]))
    live.get_by_role("button", name="Start the camera").wait_for(state="hidden")


def test_a_lost_connection_comes_back_to_what_is_new(panel: BrowserPanel, open_page: Callable[..., Page]) -> None:
    page = open_page(panel)
    lost: list[bool] = []
    sockets: list[WebSocketRoute] = []

    def connect(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if lost:
            socket.close(code=1011)
        else:
            socket.connect_to_server()

    page.route_web_socket("**/api/live", connect)
    page.reload()
    drawn = page.locator(".stage canvas.drawn")
    drawn.first.wait_for()
    lost.append(True)
    sockets[-1].close(code=1011)
    page.locator("#offline").filter(has_text="does not answer").wait_for()
    panel.client.send_json("POST", "/api/session/stop", {})
    panel.change(background="office", mirror=True)
    panel.client.send_json("POST", "/api/session/start", {})
    drawn.first.evaluate("canvas => { canvas.classList.remove('drawn'); }")
    lost.clear()
    page.locator("#offline").wait_for(state="hidden")
    page.locator("#view-live .card:has(input[value=office]:checked)").wait_for()
    page.locator("button[aria-pressed=true]", has_text="Mirror").wait_for()
    drawn.first.wait_for()
    panel.change(mirror=False)
    page.locator("button[aria-pressed=false]", has_text="Mirror").wait_for()


def count_from(page: Page, seconds: int) -> None:
    """Count down from ``seconds``, which the page says nothing of."""
    page.route("**/api/session/room", lambda route: route.continue_(post_data=json.dumps({"seconds": seconds})))


def test_the_empty_room_is_refused_with_somebody_in_the_picture(
    panel: BrowserPanel, live: Page, said: list[str]
) -> None:
    count_from(live, 3)
    part = live.get_by_role("region", name="Empty room")
    part.get_by_text("Not known yet.").wait_for()
    button = part.get_by_role("button", name="Remember the empty room")
    button.focus()
    live.keyboard.press("Enter")
    spoken = live.locator("[aria-live=assertive]")
    for words in ("Leave the picture: 3", "Leave the picture: 1", "Stay out of the picture."):
        spoken.filter(has_text=words).wait_for(state="attached")
    live.keyboard.press("Enter")  # a second press changes nothing
    live.get_by_role("alert").filter(has_text="somebody is in the picture: leave it, and try again.").wait_for()
    part.get_by_text("somebody is in the picture").wait_for()
    assert spoken.inner_text() == "" and live.locator(".room-countdown").is_hidden()
    assert button.evaluate("button => button === document.activeElement")
    assert live.get_by_role("alert").filter(has_text="wait for it").count() == 0
    part.get_by_role("switch", name="Use it").press("Space")
    panel.wait_state(lambda state: state["settings"]["room"] == "off" and state["room"]["words"] == "off")
    part.get_by_text("Off.").wait_for()
    assert button.is_disabled()
    part.get_by_role("switch", name="Use it").press("Space")
    panel.wait_state(lambda state: state["settings"]["room"] == "auto")
    assert len(said) == 1 and "400" in said.pop(), "the refusal"


def test_an_empty_room_is_remembered_and_every_page_sees_it(open_page: Callable[..., Page], tmp_path: Path) -> None:
    clip = tmp_path / "room.mkv"
    write_empty_room(clip, (320, 180), 4)
    with browser_panel(tmp_path / "user", "--source", str(clip), environment=environment()) as panel:
        panel.change(background="dusk", room="off")
        frames = panel.state()["status"]["frames"]
        panel.wait_state(lambda state: state["status"]["frames"] > frames + 5)
        panel.change(room="capture")  # it does not learn it by itself
        pages = [open_page(panel) for _ in range(2)]
        for page in pages:
            page.get_by_role("region", name="Empty room").get_by_text("Not known yet").or_(
                page.get_by_text("Forgotten: it was turned off.")
            ).wait_for()
        count_from(pages[0], 2)
        pages[0].get_by_role("button", name="Remember the empty room").click()
        for page in pages:
            page.locator(".room-countdown strong").filter(has_text="1").wait_for()
        pages[0].get_by_role("status").filter(has_text="The empty room is remembered: come back.").wait_for()
        known = panel.wait_state(lambda state: state["room"]["since"] is not None)["room"]
        for page in pages:
            page.get_by_role("region", name="Empty room").get_by_text(f"{known['words'].capitalize()}.").wait_for()
        assert time.time() - known["since"] < 30
        pages[1].get_by_role("button", name="Mirror").click()
        pages[0].get_by_text("Forgotten: the picture was interrupted, or comes from another camera or view.").wait_for()
        for page in pages:
            page.close()
