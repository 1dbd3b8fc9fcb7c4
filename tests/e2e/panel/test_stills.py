"""The parts Photos and Clips: what is downloaded is what was chosen."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest

from cyclorama.models.bundled import bundled_path
from doubles.browser_panel import BrowserPanel, Frame, decoded, until
from doubles.panel_client import clip_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SIDE = 512
"""Of the bundled portrait, in pixels."""
CHEST_XY = (200, 420)
"""A point of it that is the person."""
GREEN_RGB = (0, 177, 64)


@pytest.fixture
def shelf(panel: BrowserPanel) -> Iterator[None]:
    """What is on the shelf of photos is deleted, once the pages that show it are closed."""
    yield
    for photo in all_of(panel, "photos"):
        panel.client.ask("DELETE", f"/api/photos/{photo['id']}")


@pytest.fixture
def photos(shelf: None, panel: BrowserPanel, open_page: Callable[..., Page]) -> Page:
    """The part Photos."""
    return open_page(panel, part="Photos")


@pytest.fixture
def editor(panel: BrowserPanel, photos: Page) -> Page:
    """The editor of the bundled portrait."""
    add(photos, bundled_path("portrait.png"))
    photos.locator(".photo-open").click()
    photos.get_by_role("heading", name="portrait.png").wait_for()
    settled(panel)
    return photos


@pytest.fixture
def clips(panel: BrowserPanel, open_page: Callable[..., Page]) -> Iterator[Page]:
    """The part Clips; the clips are deleted afterwards."""
    page = open_page(panel, part="Clips")
    yield page
    page.close()
    for clip in all_of(panel, "clips"):
        panel.client.ask("DELETE", f"/api/clips/{clip['id']}")


def all_of(panel: BrowserPanel, kind: str) -> list[dict[str, Any]]:
    """Photos or clips, as the panel has them."""
    return list(panel.client.get(f"/api/{kind}").json())


def add(page: Page, *paths: Path) -> None:
    """Choose files with the button, and wait until they are on the shelf."""
    page.locator("#view-photos .drop-here input[type=file]").set_input_files(paths)
    page.locator(".photo-card:not(.sending)").nth(len(paths) - 1).wait_for()


def settled(panel: BrowserPanel) -> dict[str, Any]:
    """The first photo once it is made."""
    photos = until(
        lambda: all_of(panel, "photos"), lambda found: all(each["state"] in ("ready", "failed") for each in found)
    )
    return photos[0]


def result(panel: BrowserPanel) -> Frame:
    """What was made of the first photo."""
    return decoded(panel.client.get(f"/api/photos/{settled(panel)['id']}/result").body)


def download(page: Page, button: Locator) -> tuple[str, bytes]:
    """Press a button that downloads: the name and the bytes of the file."""
    with page.expect_download() as saved:
        button.click()
    return saved.value.suggested_filename, Path(saved.value.path()).read_bytes()


def test_many_photos_are_cut_out_and_come_back_in_a_zip(panel: BrowserPanel, photos: Page, tmp_path: Path) -> None:
    small = tmp_path / "a second photo with a long name.jpg"
    cv2.imwrite(str(small), cv2.resize(cv2.imread(str(bundled_path("portrait.png"))), (256, 256)))
    add(photos, bundled_path("portrait.png"), small)
    settled(panel)
    photos.get_by_text("2 photos, all ready").wait_for()
    name, data = download(photos, photos.get_by_role("button", name="Download all"))
    assert name == "photos.zip"
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sizes = {entry: decoded(archive.read(entry)).shape for entry in archive.namelist()}
    assert set(sizes.values()) == {(512, 512, 4), (256, 256, 4)}
    photos.get_by_role("button", name="Remove portrait.png").click()
    photos.get_by_text("1 photo, all ready").wait_for()


def test_a_file_that_is_no_picture_is_told_in_one_sentence(photos: Page, said: list[str], tmp_path: Path) -> None:
    path = tmp_path / "notes.jpg"
    path.write_text("no picture")
    photos.locator("#view-photos .drop-here input[type=file]").set_input_files(path)
    alert = photos.locator(".toast[role=alert] p")
    alert.filter(has_text="notes.jpg").wait_for()
    assert "Traceback" not in alert.inner_text()
    photos.get_by_text("Drop photos here").wait_for()
    assert all("400 (Bad Request)" in message for message in said)
    said.clear()


def test_a_background_and_a_crop_are_chosen(panel: BrowserPanel, editor: Page) -> None:
    editor.locator(".editor .card label", has_text="Office").click()
    until(lambda: result(panel), lambda made: made.shape == (SIDE, SIDE, 3))
    editor.locator(".editor .card label", has_text="Transparent").click()
    editor.get_by_label("Crop to the subject").click()
    editor.get_by_label("Space around it").fill("0")
    cropped = until(lambda: result(panel), lambda made: made.shape[2] == 4 and made.shape[1] < SIDE)
    name, data = download(editor, editor.get_by_role("button", name="Download"))
    assert name == "portrait-cutout.png"
    assert decoded(data).shape == cropped.shape


def brush(page: Page, side: int = SIDE) -> Callable[[float, float], tuple[float, float]]:
    """Take the brush; a function from pixels of a square photo to points of the screen."""
    page.get_by_role("button", name="Erase or restore").click()
    canvas = page.get_by_role("application")
    canvas.wait_for()
    page.wait_for_timeout(200)
    box = canvas.bounding_box()
    assert box is not None
    scale = min(box["width"], box["height"]) / side
    left, top = box["x"] + (box["width"] - side * scale) / 2, box["y"] + (box["height"] - side * scale) / 2
    return lambda x, y: (left + x * scale, top + y * scale)


def alpha_at(panel: BrowserPanel, xy: tuple[int, int]) -> int:
    """Alpha of the result at a pixel of the photo."""
    return int(result(panel)[xy[1], xy[0], 3])


def test_the_brush_erases_and_undo_brings_back(panel: BrowserPanel, editor: Page) -> None:
    assert alpha_at(panel, CHEST_XY) == 255
    screen = brush(editor)
    editor.mouse.move(*screen(CHEST_XY[0] - 40, CHEST_XY[1]))
    editor.mouse.down()
    editor.mouse.move(*screen(CHEST_XY[0] + 40, CHEST_XY[1]), steps=6)
    editor.mouse.up()
    until(lambda: alpha_at(panel, CHEST_XY), lambda alpha: alpha == 0)
    editor.keyboard.press("Control+z")
    until(lambda: alpha_at(panel, CHEST_XY), lambda alpha: alpha == 255)
    editor.keyboard.press("Control+Shift+z")
    until(lambda: alpha_at(panel, CHEST_XY), lambda alpha: alpha == 0)
    editor.get_by_role("button", name="Done with the brush").click()
    editor.locator(".editor .card label", has_text="Office").click()
    made = until(lambda: result(panel), lambda made: made.shape[2] == 3)
    portrait = cv2.imread(str(bundled_path("portrait.png")))
    assert np.abs(made[CHEST_XY[1], CHEST_XY[0]].astype(int) - portrait[CHEST_XY[1], CHEST_XY[0]]).max() > 40


def test_a_photo_that_is_erased_wholly_says_so_and_comes_back(panel: BrowserPanel, editor: Page) -> None:
    everything = [{"keep": False, "radius": SIDE, "points": [[SIDE / 2, SIDE / 2]]}]
    key = f"cyclorama.strokes.{settled(panel)['id']}"
    editor.evaluate("([key, strokes]) => sessionStorage.setItem(key, JSON.stringify(strokes))", [key, everything])
    editor.reload()  # the strokes of yesterday
    editor.get_by_role("button", name="Erase or restore").click()
    told = editor.locator(".stage-note", has_text="Everything is erased: take a stroke back, or restore a part")
    told.wait_for()
    editor.get_by_role("button", name="Done with the brush").click()
    told.wait_for()
    assert editor.get_by_role("button", name="Download").is_disabled()
    assert editor.get_by_alt_text("what was made of it").get_attribute("src").startswith("data:")
    editor.get_by_role("button", name="Erase or restore").click()
    editor.get_by_role("button", name="Undo").click()
    until(lambda: alpha_at(panel, CHEST_XY), lambda alpha: alpha == 255)
    told.wait_for(state="detached")


def test_the_brush_works_with_keys_alone_and_zooms(panel: BrowserPanel, editor: Page) -> None:
    brush(editor)
    canvas = editor.get_by_role("application")
    canvas.focus()
    middle = SIDE // 2, SIDE // 2
    assert alpha_at(panel, middle) == 255
    editor.keyboard.press("Enter")
    editor.keyboard.press("Shift+ArrowRight")
    editor.keyboard.press("Shift+ArrowLeft")
    editor.get_by_text("Erasing at 50 percent").wait_for()
    editor.keyboard.press("Enter")
    until(lambda: alpha_at(panel, middle), lambda alpha: alpha == 0)
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    for _ in range(4):
        editor.keyboard.press("+")
    editor.wait_for_timeout(100)
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before
    editor.keyboard.press("]")
    assert editor.get_by_role("slider", name="Size").input_value() == "41"
    editor.keyboard.press("r")
    editor.get_by_role("radio", name="Restore", checked=True).wait_for()
    editor.keyboard.press("Space")
    editor.keyboard.press("Space")
    until(lambda: alpha_at(panel, middle), lambda alpha: alpha > 200)


@pytest.fixture
def phone(shelf: None, panel: BrowserPanel, open_page: Callable[..., Page]) -> Page:
    """The brush on the bundled portrait, on a small screen that is touched."""
    page = open_page(panel, part="Photos", has_touch=True, viewport={"width": 390, "height": 844})
    add(page, bundled_path("portrait.png"))
    page.locator(".photo-open").click()
    return page


def test_two_fingers_zoom_and_one_draws(panel: BrowserPanel, phone: Page) -> None:
    place = SIDE // 2, CHEST_XY[1]
    x, y = brush(phone)(*place)
    undo = phone.get_by_role("button", name="Undo")
    kept = "JSON.parse(sessionStorage[Object.keys(sessionStorage).find((key) => key.includes('strokes'))])"

    def tapped() -> dict[str, Any]:
        phone.touchscreen.tap(x, y)
        (stroke,) = phone.evaluate(kept)
        return dict(stroke)

    far = tapped()
    undo.tap()
    touch = phone.context.new_cdp_session(phone)
    for kind, apart in (("Start", 40), ("Move", 80), ("End", None)):
        points = [] if apart is None else [{"x": x, "y": y, "id": 0}, {"x": x, "y": y - apart, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})
    assert undo.is_disabled(), "fingers that zoom draw nothing"
    near = tapped()
    assert near["radius"] == pytest.approx(far["radius"] / 2, rel=0.02)
    assert near["points"][0] == pytest.approx(place, abs=3), "what is below a finger stays there"
    until(lambda: alpha_at(panel, place), lambda alpha: alpha == 0)


def test_a_large_photo_is_whole_under_the_brush(panel: BrowserPanel, photos: Page, tmp_path: Path) -> None:
    side, path = 1400, tmp_path / "large.jpg"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(bundled_path("portrait.png"))), (side, side)))
    add(photos, path)
    photos.locator(".photo-open").click()
    place = CHEST_XY[0] * side // SIDE, CHEST_XY[1] * side // SIDE
    assert alpha_at(panel, place) == 255
    screen = brush(photos, side)
    photos.mouse.click(*screen(*place))
    until(lambda: alpha_at(panel, place), lambda alpha: alpha == 0)


def test_an_identity_photo_has_its_report(panel: BrowserPanel, editor: Page) -> None:
    editor.get_by_text("ID photo", exact=True).click()
    editor.get_by_text("rules are not met").wait_for()
    report = settled(panel)["report"]
    assert editor.locator(".findings li").count() == len(report)
    failed, asked = sum(rule["ok"] is False for rule in report), sum(rule["ok"] is not None for rule in report)
    assert 1 < failed < asked < len(report)
    editor.get_by_text(f"{failed} of {asked} rules are not met").wait_for()
    assert "unaltered" not in {rule["rule"] for rule in report}, "nothing is painted over that nobody asked for"
    assert result(panel).shape == (600, 600, 3)


def test_headshot_and_product_are_made(panel: BrowserPanel, editor: Page) -> None:
    editor.locator(".makes").get_by_text("Headshot").click()
    until(lambda: result(panel).shape, lambda shape: shape == (1024, 1024, 3))
    editor.locator(".makes").get_by_text("Product").click()
    until(lambda: settled(panel)["made"]["make"], lambda make: make == "product")
    made = result(panel)
    assert made.shape[0] == made.shape[1]
    assert (made[3, 3] > 250).all()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A short clip of the portrait, with a long name."""
    path = tmp_path / "the walk along the beach that we took last summer.mp4"
    picture = cv2.resize(cv2.imread(str(bundled_path("portrait.png"))), (320, 320))
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 320, 320, "yuv420p", 2_000_000
        for _ in range(12):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "bgr24")))
        container.mux(stream.encode())
    return path


def test_a_clip_is_converted_compared_and_downloaded(clips: Page, clip: Path) -> None:
    clips.locator("#view-clips .drop-here input[type=file]").set_input_files(clip)
    clips.get_by_role("button", name="Convert").wait_for()
    clips.locator("#view-clips .card label", has_text="Colour").click()
    clips.get_by_role("button", name="Screen green").click()
    clips.get_by_role("button", name="Convert").click()
    clips.get_by_label("last summer.mp4, before and after").wait_for()
    name, data = download(clips, clips.get_by_role("button", name="Download"))
    assert name == "the walk along the beach that we took last summer-cyclorama.mp4"
    with av.open(io.BytesIO(data)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 12
    corners = np.array([frame[100:140, 290:310] for frame in frames])
    assert np.abs(corners.astype(int) - GREEN_RGB).mean() < 12


def test_a_clip_that_takes_long_is_stopped(panel: BrowserPanel, clips: Page, tmp_path: Path) -> None:
    path = tmp_path / "long.mp4"
    path.write_bytes(clip_of(900))
    clips.locator("#view-clips .drop-here input[type=file]").set_input_files(path)
    clips.get_by_role("button", name="Convert").click()
    clips.locator(".clip-card progress").wait_for()
    clips.get_by_role("button", name="Stop and remove").click()
    clips.get_by_text("Drop a clip here").wait_for()
    assert all_of(panel, "clips") == []


def test_strokes_outlive_a_reload(panel: BrowserPanel, editor: Page) -> None:
    screen = brush(editor)
    editor.mouse.click(*screen(*CHEST_XY))
    until(lambda: alpha_at(panel, CHEST_XY), lambda alpha: alpha == 0)
    editor.reload()
    editor.get_by_role("button", name="Erase or restore").click()
    editor.get_by_role("button", name="Undo").click()
    until(lambda: alpha_at(panel, CHEST_XY), lambda alpha: alpha == 255)
    kept = editor.evaluate("JSON.stringify(Object.entries(sessionStorage).filter(([key]) => key.includes('strokes')))")
    assert json.loads(kept)[0][1] == "[]"
