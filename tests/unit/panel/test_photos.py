"""Photos: cut out at once, or kept and changed; against a real server with the bundled network."""

from __future__ import annotations

import io
import struct
import threading
import time
import zipfile
import zlib
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from cyclorama.panel.panel import Panel
from cyclorama.panel.stills import photo_book, shelf
from cyclorama.panel.stills.networks import Networks
from cyclorama.panel.stills.photos import CUTOUTS_AT_ONCE
from doubles.panel_client import BOUNDARY, PanelClient, form, form_begin, form_type, read_answer

GPS = 0x8825


def picture(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def add(client: PanelClient, data: bytes, name: str = "me.png") -> str:
    answer = client.upload("/api/photos", data, name)
    assert answer.status == 201, answer.body
    id = str(answer.json()["id"])
    client.wait(f"/api/photos/{id}", "ready", "failed")
    return id


def make(client: PanelClient, id: str, **order: object) -> Any:
    answer = client.send_json("PUT", f"/api/photos/{id}", order)
    assert answer.status == 200, answer.body
    return client.wait(f"/api/photos/{id}", "ready", "failed")


class CountedNetwork:
    """Counts how often a network is used."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs = 0
        lend = Networks.lend

        def counted(networks: Networks, name: str) -> Any:
            self.runs += 1
            return lend(networks, name)

        monkeypatch.setattr(Networks, "lend", counted)


def test_a_form_with_a_photo_gives_a_transparent_png(client: PanelClient, portrait: bytes) -> None:
    answer = client.upload("/api/cutouts", portrait, 'Zoë "me".png')
    assert (answer.status, answer.headers["content-type"]) == (200, "image/png")
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    assert "Zo%C3%AB" in answer.headers["content-disposition"]
    alpha = np.asarray(picture(answer.body).convert("RGBA"))[..., 3]
    assert alpha.shape == (160, 160)
    assert alpha[100, 80] == 255  # the person
    assert alpha[5, 5] == 0  # the room


def test_the_fields_are_those_of_the_command_line(client: PanelClient, portrait: bytes) -> None:
    answer = client.upload("/api/cutouts", portrait, background="color:#00ff00", format="jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert np.allclose(np.asarray(picture(answer.body))[5, 5], (0, 255, 0), atol=4)
    matte = picture(client.upload("/api/cutouts", portrait, matte_only="yes").body)
    assert matte.mode == "L"
    tight = picture(client.upload("/api/cutouts", portrait, crop="true", format="webp").body)
    assert tight.format == "WEBP"
    assert tight.height < 160


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"keep": "al"}, 400, "keep: 'al' is not one of all, largest, original: did you mean all?"),
        ({"colour": "red"}, 400, "there is no option 'colour' here: see /docs for what there is"),
        ({"margin": "10%"}, 400, "margin is what crop leaves around the subject: give crop too"),
        ({"format": "jpg"}, 400, "JPEG has no transparency: choose png or webp, or a background"),
        ({"background": "none"}, 400, "background none would show the room: choose another background"),
        ({"background": "None"}, 400, "background none would show the room: choose another background"),
        ({"background": "color:nocolour"}, 400, "'nocolour' is no colour"),
        ({"matte_only": "yes", "background": "office"}, 400, "matte_only writes no background: leave background out"),
        ({"model": "nope"}, 400, "there is no model called 'nope'"),
        ({"model": "isnet"}, 503, "the model isnet is not on this machine yet"),
        ({"background": ""}, 400, "background: it is empty"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(
    client: PanelClient, portrait: bytes, fields: dict[str, str], status: int, sentence: str
) -> None:
    answer = client.upload("/api/cutouts", portrait, **fields)
    assert answer.status == status
    assert sentence in answer.error
    assert "\n" not in answer.error


@pytest.mark.parametrize(
    "background",
    ["/etc/passwd", "../../x.png", "~/x.png", "file:///etc/passwd", "http://evil.org/x.png", "rtsp://x/y", "C:\\x.png"],
)
def test_a_background_is_no_path_and_no_address(client: PanelClient, portrait: bytes, background: str) -> None:
    answer = client.upload("/api/cutouts", portrait, background=background)
    assert answer.status == 400
    assert answer.error.startswith("there is no background")


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(min(10_000_000, height * (width // 8 + 1))), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def zip_bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(50_000_000))
    return out.getvalue()


def broken_pictures() -> dict[str, bytes]:
    """What is no picture, by what is wrong with it."""
    fine = Image.radial_gradient("L").convert("RGB")
    jpeg, png = saved(fine, "JPEG"), saved(fine, "PNG")
    return {
        "nothing": b"",
        "one byte": b"x",
        "text": b"hello" * 1000,
        "only a signature": png[:8],
        "a cut JPEG": jpeg[:200],
        "a cut PNG": png[: len(png) // 2],
        "noise after a signature": png[:16] + bytes(range(256)) * 20,
        "a flipped header": png[:16] + b"\x00\x00\x00\x00" * 2 + png[24:],
        "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "HTML": b"<!doctype html><script>alert(1)</script>",
        "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "PDF": b"%PDF-1.4\n",
        "a zip bomb": zip_bomb(),
        "a picture bomb": bomb(50_000, 50_000),
        "a wide bomb": bomb(2_000_000_000, 1),
    }


@pytest.mark.parametrize("what", list(broken_pictures()))
def test_what_is_no_picture_is_refused_and_not_kept(client: PanelClient, panel: Panel, what: str) -> None:
    data = broken_pictures()[what]
    for path in ("/api/cutouts", "/api/photos"):
        answer = client.upload(path, data, "x.png")
        if answer.status == 201:  # the header was sound; the rest is looked at by the worker
            answer_state = client.wait(f"/api/photos/{answer.json()['id']}", "failed", "ready")
            assert answer_state["state"] == "failed"
            assert "damaged" in answer_state["error"]
            client.ask("DELETE", f"/api/photos/{answer.json()['id']}")
        else:
            assert answer.status == 400, answer.body
            assert "photo x.png" in answer.error
            assert str(panel.stills.uploads.folder) not in answer.error
    assert list(panel.stills.uploads.folder.iterdir()) == []


def test_the_extension_says_nothing(client: PanelClient, portrait: bytes) -> None:
    jpeg = saved(picture(portrait), "JPEG")
    for name in ("x.exe", "x", "x.png", "../x.html", "x.png\x00.exe", "a" * 3000):
        assert client.upload("/api/cutouts", jpeg, name).status == 200


def test_photos_of_telephones(client: PanelClient, portrait: bytes) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    id = add(client, saved(picture(portrait), "HEIF"), "IMG_1.heic")
    assert client.get(f"/api/photos/{id}").json()["state"] == "ready"
    assert client.get(f"/api/photos/{id}/original?width=64").headers["content-type"] == "image/jpeg"


def test_a_photo_that_lies_on_its_side_is_upright(client: PanelClient) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    wide = saved(Image.new("RGB", (64, 32), "red"), "JPEG", exif=exif)
    photo = client.upload("/api/photos", wide, "x.jpg").json()
    assert photo["size_wh"] == [32, 64]
    assert picture(client.get(f"/api/photos/{photo['id']}/original").body).size == (32, 64)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        form(b"x")[:-20],
        form_begin("x.png"),
        form(b"x") + form(b"y"),
        form_begin("a.png") + b"x\r\n" + form(b"y"),
        b"--" + BOUNDARY.encode() + b"\r\n" + b"X" * 10_000,
        b"".join(form(b"x", **{f"k{i}": "v" for i in range(100)}).split(b"never")),
        form(b"x", long="v" * 5000),
        form(b"x").replace(b'name="file"', b'name="other"'),
        form(b"x").replace(b'; filename="me.png"', b""),
    ],
)
def test_forms_that_are_none_are_refused_and_not_kept(client: PanelClient, panel: Panel, body: bytes) -> None:
    answer = client.ask("POST", "/api/cutouts", body, Content_Type=form_type())
    assert answer.status == 400
    assert "form" in answer.error or "field" in answer.error or "photo" in answer.error
    assert list(panel.stills.uploads.folder.iterdir()) == []


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/form-data", "multipart/form-data; boundary="])
def test_a_body_of_another_type_is_refused(client: PanelClient, kind: str) -> None:
    answer = client.ask("POST", "/api/cutouts", form(b"x"), Content_Type=kind)
    assert (answer.status, answer.error[:26]) == (400, "the request is no form wit")


def test_what_is_asked_in_between_runs_the_network_once(
    client: PanelClient, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = CountedNetwork(monkeypatch)
    id = add(client, portrait)
    for background in ("color:red", "office", "blur", "gradient:navy,white"):
        assert make(client, id, make="cutout", background=background)["state"] == "ready"
    stroke = {"keep": False, "radius": 10, "points": [[80, 60], [80, 120]]}
    assert make(client, id, make="cutout", strokes=[stroke])["state"] == "ready"
    assert network.runs == 1
    make(client, id, make="product", shop="square")
    make(client, id, make="product", shop="square", shadow=True)
    assert network.runs == 2  # in sRGB
    for background in ("studio-grey", "studio-blue"):
        assert make(client, id, make="headshot", background=background)["state"] == "ready"
    assert network.runs == 3  # the part around the face
    for spec in ("us", "uk"):
        assert make(client, id, make="id-photo", spec=spec)["state"] == "ready"
    assert network.runs == 4


def test_alpha_comes_back_from_disk(client: PanelClient, portrait: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    network = CountedNetwork(monkeypatch)
    ids = [add(client, portrait) for _ in range(3)]
    first = client.get(f"/api/photos/{ids[0]}/result").body
    assert network.runs == 3
    make(client, ids[0], make="cutout", background="transparent")
    assert network.runs == 3
    assert client.get(f"/api/photos/{ids[0]}/result").body == first


def test_a_stroke_erases(client: PanelClient, portrait: bytes) -> None:
    id = add(client, portrait)
    before = np.asarray(picture(client.get(f"/api/photos/{id}/result").body))[..., 3]
    assert before[100, 80] == 255
    make(client, id, make="cutout", strokes=[{"keep": False, "radius": 20, "points": [[80, 100]]}])
    after = np.asarray(picture(client.get(f"/api/photos/{id}/result").body))[..., 3]
    assert after[100, 80] == 0
    assert after[5, 5] == 0


@pytest.mark.parametrize("order", [{"make": "cutout"}, {"make": "product", "shop": "square"}])
def test_strokes_that_leave_nothing_are_told(client: PanelClient, portrait: bytes, order: dict[str, str]) -> None:
    id = add(client, portrait)
    erased = {"keep": False, "radius": 400, "points": [[80, 80]]}
    state = make(client, id, **order, strokes=[erased])
    told = "everything is erased: take a stroke back, or restore a part"
    assert (state["state"], state["error"]) == ("failed", told)
    restored = {"keep": True, "radius": 20, "points": [[80, 100]]}
    assert make(client, id, **order, strokes=[erased, restored])["state"] == "ready"


def test_what_the_network_does_not_find_is_restored_by_hand(client: PanelClient) -> None:
    plain = np.full((160, 160, 3), 120, np.uint8)
    plain[50:110, 50:110] = 200, 40, 30
    file = io.BytesIO()
    Image.fromarray(plain).save(file, "png")
    id = client.upload("/api/photos", file.getvalue()).json()["id"]
    assert client.wait(f"/api/photos/{id}", "failed")["error"].endswith("finds nothing to cut out: try another model")
    restored = {"keep": True, "radius": 20, "points": [[80, 80]]}
    assert make(client, id, make="cutout", strokes=[restored])["state"] == "ready"
    alpha = np.asarray(picture(client.get(f"/api/photos/{id}/result").body))[..., 3]
    assert alpha[80, 80] == 255 and alpha[5, 5] == 0


def test_the_report_of_an_identity_photo(client: PanelClient, portrait: bytes) -> None:
    id = add(client, portrait)
    photo = make(client, id, make="id-photo", spec="us")
    rules = {each["rule"]: each for each in photo["report"]}
    assert rules["one person"] == {"rule": "one person", "ok": True, "text": "1 face (wanted: 1)"}
    assert photo["result_size_wh"][0] == photo["result_size_wh"][1]
    assert "the authority alone decides" in photo["notes"][0]
    assert photo["report"][0]["rule"] == "photo made at home", "said first"
    assert "Do this: stand a metre from the wall" in rules["background even"]["text"]


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        ({"make": "statue"}, "'statue'"),
        ({}, "the request cannot be used"),
        ({"make": "id-photo"}, "an identity photo needs a spec"),
        ({"make": "id-photo", "spec": "mars"}, "spec: 'mars' is not one of"),
        ({"make": "product"}, "a product photo needs a shop"),
        ({"make": "product", "shop": "amazon", "transparent": True}, "wants white"),
        ({"make": "headshot", "preset": "all"}, "preset: name one"),
        ({"make": "headshot", "background": ["white", "studio-grey"]}, "background: name one"),
        ({"make": "headshot", "background": "/etc/passwd"}, "there is no background"),
        ({"make": "cutout", "hat": True}, "there is no option 'hat' here"),
        ({"make": "cutout", "strokes": [{"keep": True, "radius": 0, "points": [[1, 1]]}]}, "radius"),
        ({"make": "cutout", "strokes": [{"keep": True, "radius": 5, "points": [[1e300, 1]]}]}, "pixels of the photo"),
        ({"make": "cutout", "margin": {"value": 1}}, "margin: {'value': 1} is no margin"),
    ],
)
def test_orders_that_cannot_be_used(
    client: PanelClient, portrait: bytes, order: dict[str, object], sentence: str
) -> None:
    id = add(client, portrait)
    answer = client.send_json("PUT", f"/api/photos/{id}", order)
    assert answer.status == 400
    assert sentence in answer.error
    assert client.get(f"/api/photos/{id}").json()["state"] == "ready"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"[" * 500_000,
        b'{"make": "cutout", "scale": NaN}',
        b'{"make": "cutout", "background": "\\ud800"}',
        b'{"make": "id-photo", "spec": "us", "replace_background": "\\ud800"}',
        b'{"make": "\\ud800"}',
        b'{"make": "cutout", "\\ud800": 1}',
        b'{"make": "cutout", "strokes": [{"keep": true, "radius": Infinity, "points": [[1, 1]]}]}',
        b'{"make": "cutout", "strokes": [{"keep": true, "radius": 9, "points": [[1, 1, 1]]}]}',
        b"\xff\xfe",
    ],
)
def test_bodies_that_are_no_order(client: PanelClient, portrait: bytes, body: bytes) -> None:
    id = add(client, portrait)
    answer = client.ask("PUT", f"/api/photos/{id}", body, Content_Type="application/json")
    assert answer.status == 400
    assert answer.error
    assert client.get("/api/photos").status == 200


def test_a_result_that_is_out_of_date_is_not_shown(
    client: PanelClient, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = add(client, portrait)
    begun, go, make_still = threading.Event(), threading.Event(), photo_book.make_still

    def slow(mattes: Any, settings: Any, *rest: Any) -> Any:
        if settings.shadow:
            begun.set()
            assert go.wait(30)
        return make_still(mattes, settings, *rest)

    monkeypatch.setattr(photo_book, "make_still", slow)
    client.send_json("PUT", f"/api/photos/{id}", {"make": "cutout", "shadow": True})
    assert begun.wait(30)
    client.send_json("PUT", f"/api/photos/{id}", {"make": "cutout", "background": "color:#0000ff"})
    go.set()
    assert client.wait(f"/api/photos/{id}", "ready", "failed")["version"] == 2
    assert picture(client.get(f"/api/photos/{id}/result").body).getpixel((5, 5)) == (0, 0, 255)


def test_strokes_are_refused_where_there_is_no_brush(client: PanelClient, portrait: bytes) -> None:
    id = add(client, portrait)
    state = make(client, id, make="headshot", strokes=[{"keep": False, "radius": 20, "points": [[80, 100]]}])
    assert (state["state"], state["error"]) == ("failed", "strokes are for cut-outs and products: leave them out")


def test_the_place_of_a_photo_stays_where_it_is_asked_for(client: PanelClient, portrait: bytes) -> None:
    exif = Image.Exif()
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0)})
    photo = saved(picture(portrait), "JPEG", exif=exif)
    for fields, place in (({}, None), ({"keep_gps": "yes"}, (52.0, 31.0, 12.0))):
        answer = client.upload("/api/cutouts", photo, **fields)
        assert picture(answer.body).getexif().get_ifd(GPS).get(2) == place


def test_what_fails_keeps_the_last_result(client: PanelClient) -> None:
    plain = saved(Image.new("RGB", (64, 64), "white"), "PNG")
    photo = client.upload("/api/photos", plain).json()
    failed = client.wait(f"/api/photos/{photo['id']}", "failed", "ready")
    if failed["state"] == "failed":
        assert "finds nothing to cut out" in failed["error"] and "--" not in failed["error"]
    failed = make(client, photo["id"], make="headshot")
    assert (failed["state"], failed["error"][:22]) == ("failed", "no face was found in t")


def test_previews_have_the_width_that_is_asked_for(client: PanelClient, portrait: bytes) -> None:
    id = add(client, portrait)
    small = picture(client.get(f"/api/photos/{id}/result?width=40").body)
    assert (small.size, small.mode) == ((40, 40), "RGBA")
    assert picture(client.get(f"/api/photos/{id}/result?width=100").body).size == (100, 100)
    assert picture(client.get(f"/api/photos/{id}/original?width=40").body).size == (40, 40)
    assert picture(client.get(f"/api/photos/{id}/original?width=4000").body).size == (160, 160)
    for width in ("0", "15", "4097", "x", "-1"):
        assert client.get(f"/api/photos/{id}/original?width={width}").status == 400


def test_a_preview_has_the_colours_of_the_result(client: PanelClient, portrait: bytes) -> None:
    block = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = block.index(b"rXYZ"), block.index(b"gXYZ")
    block[red : red + 4], block[green : green + 4] = b"gXYZ", b"rXYZ"  # another profile than sRGB
    id = add(client, saved(picture(portrait), "PNG", icc_profile=bytes(block)))
    whole, small = (client.get(f"/api/photos/{id}/result{width}").body for width in ("", "?width=40"))
    assert picture(whole).info["icc_profile"] == picture(small).info["icc_profile"] == bytes(block)


def test_many_results_in_one_archive(client: PanelClient, portrait: bytes) -> None:
    ids = [add(client, portrait, name) for name in ("me.png", "ME.jpg", "../../me.png", "/abs/日本.png")]
    answer = client.send_json("POST", "/api/photos/zip", {"ids": [*ids, ids[0]]})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.namelist() == ["me-cutout.png", "ME-cutout-2.png", "me-cutout-3.png", "日本-cutout.png"]
        assert archive.testzip() is None
        assert {each.compress_type for each in archive.infolist()} == {zipfile.ZIP_STORED}
        assert archive.read("me-cutout.png") == client.get(f"/api/photos/{ids[0]}/result").body
    assert client.send_json("POST", "/api/photos/zip", {"ids": ["../x"]}).status == 404
    assert client.send_json("POST", "/api/photos/zip", {"ids": []}).status == 400


def test_a_deleted_photo_is_gone_with_its_files(client: PanelClient, panel: Panel, portrait: bytes) -> None:
    id = add(client, portrait)
    assert panel.stills.uploads.used_bytes > len(portrait)
    assert client.ask("DELETE", f"/api/photos/{id}").status == 204
    for path in ("", "/result", "/original"):
        assert client.get(f"/api/photos/{id}{path}").status == 404
    assert list(panel.stills.uploads.folder.iterdir()) == []
    assert panel.stills.uploads.used_bytes == 0


@pytest.mark.parametrize("id", ["x", "..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%2fetc%2fpasswd", "a%00b", "x" * 500])
def test_an_id_is_no_path(client: PanelClient, id: str) -> None:
    for path in (
        f"/api/photos/{id}/original",
        f"/api/photos/{id}/result",
        f"/api/photos/{id}",
        f"/api/clips/{id}/result",
    ):
        assert client.get(path).status in (404, 405)


def test_the_number_of_photos_is_bounded(
    client: PanelClient, panel: Panel, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(shelf.MOST, "photo", 2)
    for _ in range(2):
        add(client, portrait)
    files = len(list(panel.stills.uploads.folder.iterdir()))
    answer = client.upload("/api/photos", portrait)
    assert answer.status == 429
    assert answer.headers["retry-after"] == "60"
    assert len(list(panel.stills.uploads.folder.iterdir())) == files


def test_a_photo_that_cannot_wait_says_so_and_keeps_its_result(
    client: PanelClient, panel: Panel, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = add(client, portrait)
    with monkeypatch.context() as patch:
        patch.setattr(panel.stills._queues[0], "_most", 0)
        assert client.send_json("PUT", f"/api/photos/{id}", {"make": "product", "shop": "square"}).status == 429
    state = client.get(f"/api/photos/{id}").json()
    assert state["state"] == "failed" and "are waiting already" in state["error"]
    assert (state["version"], client.get(f"/api/photos/{id}/result").status) == (1, 200)
    assert make(client, id, make="product", shop="square")["state"] == "ready"


def test_a_photo_that_nobody_asks_for_is_deleted(own_panel: Panel, portrait: bytes) -> None:
    now_s = [0.0]
    stills = own_panel.stills
    book = photo_book.PhotoBook(
        stills.uploads, stills.networks, stills._queues[0], stills.backgrounds, lambda: now_s[0]
    )
    old, new = (book.add(stills.uploads.store(portrait, ".png"), "me.png") for _ in range(2))
    for entry in (old, new):
        assert entry.job is not None
        entry.job.future.result(30)
    now_s[0] = shelf.AGE_S - 1
    book.get(new.id)
    now_s[0] = shelf.AGE_S + 1
    book.sweep()
    assert [entry.id for entry in book.all()] == [new.id]
    assert not old.mattes.path.exists()
    assert new.mattes.path.exists()


def test_a_client_that_goes_away_cancels_its_photo(client: PanelClient, panel: Panel, portrait: bytes) -> None:
    begun, go = threading.Event(), threading.Event()
    blocker = panel.stills._queues[0].submit(lambda stop: (begun.set(), go.wait(30)))
    assert begun.wait(30)
    body = form(portrait)
    bare = client.bare()
    bare.sendall(
        client.head("POST", "/api/cutouts", f"Content-Length: {len(body)}", f"Content-Type: {form_type()}") + body
    )
    until(lambda: len(panel.stills._queues[0]) == 2)
    bare.close()
    until(lambda: len(panel.stills._queues[0]) == 1)
    until(lambda: not list(panel.stills.uploads.folder.iterdir()))
    go.set()
    blocker.future.result(30)


def test_a_result_that_comes_too_late_is_not_kept(
    client: PanelClient, panel: Panel, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go = threading.Event(), threading.Event()
    make_still = photo_book.make_still

    def slow(*arguments: Any) -> Any:
        begun.set()
        go.wait(30)
        return make_still(*arguments)

    monkeypatch.setattr(photo_book, "make_still", slow)
    with client.bare() as bare:
        bare.sendall(cutout_request(client, portrait))
        assert begun.wait(30)
    time.sleep(0.1)  # the server notices
    go.set()
    until(lambda: not len(panel.stills._queues[0]))
    until(lambda: not list(panel.stills.uploads.folder.iterdir()))


def test_waiting_cutouts_leave_the_page_its_answers(client: PanelClient, panel: Panel, portrait: bytes) -> None:
    go = threading.Event()
    blocker = panel.stills._queues[0].submit(lambda stop: go.wait(30))
    with ExitStack() as opened:
        for _ in range(CUTOUTS_AT_ONCE):
            opened.enter_context(client.bare()).sendall(cutout_request(client, portrait))
        until(lambda: len(panel.stills._queues[0]) == CUTOUTS_AT_ONCE + 1)
        answer = client.upload("/api/cutouts", portrait)
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert client.get("/api/photos").status == 200
    until(lambda: len(panel.stills._queues[0]) == 1)
    go.set()
    assert blocker.future.result(30)


def test_an_upload_that_breaks_off_is_not_kept(client: PanelClient, panel: Panel) -> None:
    with client.bare() as bare:
        head = client.head("POST", "/api/photos", "Content-Length: 9000000", f"Content-Type: {form_type()}")
        bare.sendall(head + form_begin("x.png") + bytes(3_000_000))
        until(lambda: bool(list(panel.stills.uploads.folder.iterdir())))
    until(lambda: not list(panel.stills.uploads.folder.iterdir()))
    assert panel.stills.uploads.used_bytes == 0


def test_more_than_64_mib_are_refused_and_not_kept(client: PanelClient, panel: Panel) -> None:
    with client.bare() as bare:
        bare.sendall(client.head("POST", "/api/photos", "Transfer-Encoding: chunked", f"Content-Type: {form_type()}"))
        begin = form_begin("x.png")
        bare.sendall(b"%x\r\n" % len(begin) + begin + b"\r\n")
        chunk = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
        for _ in range(66):
            bare.sendall(chunk)
        assert read_answer(bare).startswith(b"HTTP/1.1 413")
    assert list(panel.stills.uploads.folder.iterdir()) == []


def test_a_full_disk_is_told(
    client: PanelClient, panel: Panel, portrait: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(panel.stills.uploads, "grow", full)
    answer = client.upload("/api/photos", portrait)
    assert (answer.status, answer.error[:38]) == (503, "the disk for temporary files is full: ")


def test_closing_in_the_middle_of_work_waits_for_nobody(own_panel: Panel, portrait: bytes) -> None:
    panel, client = own_panel, PanelClient(own_panel.access)
    with client.bare() as bare:
        bare.sendall(cutout_request(client, portrait))
        until(lambda: len(panel.stills._queues[0]) == 1)
        panel.close()
        assert read_answer(bare)[:12] in (b"HTTP/1.1 200", b"HTTP/1.1 503")
    assert not panel.stills.uploads.folder.exists()


def cutout_request(client: PanelClient, photo: bytes) -> bytes:
    body = form(photo)
    return client.head("POST", "/api/cutouts", f"Content-Length: {len(body)}", f"Content-Type: {form_type()}") + body


def until(condition: Any) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
