"""Photos through the public face: whatever form they come in, what comes out, and nothing on the disk."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image, ImageCms

import cyclorama
from cyclorama.models.bundled import bundled_path

PORTRAIT = bundled_path("portrait.png")
PERSON, CORNER, SIZE = (215, 150), (505, 5), (512, 512)
"""Pixels (x, y) of the portrait: a cheek, and the flag in its corner."""


@pytest.fixture(scope="module")
def portrait() -> Image.Image:
    return Image.open(PORTRAIT).convert("RGB")


@pytest.fixture(scope="module")
def cut() -> Image.Image:
    return cyclorama.cut_out(PORTRAIT)


@pytest.fixture(autouse=True)
def nothing_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    before = sorted(PORTRAIT.parent.iterdir())
    yield
    assert sorted(PORTRAIT.parent.iterdir()) == before
    assert not list(tmp_path.iterdir())


def differences(one: Image.Image, other: Image.Image) -> int:
    assert one.mode == other.mode and one.size == other.size
    return int(np.abs(np.asarray(one).astype(int) - np.asarray(other)).max())


def test_a_cut_out_is_straight_rgba(cut: Image.Image, portrait: Image.Image) -> None:
    assert cut.mode == "RGBA" and cut.size == SIZE
    assert cut.getpixel(PERSON) == (*portrait.getpixel(PERSON), 255)  # type: ignore[misc]
    assert cut.getpixel(CORNER)[3] == 0  # type: ignore[index]
    there = np.asarray(cut)[..., 3] == 255
    assert 0.3 < there.mean() < 0.8
    assert np.array_equal(np.asarray(cut)[there][:, :3], np.asarray(portrait)[there])


def test_every_form_of_a_photo_gives_the_same(cut: Image.Image, portrait: Image.Image) -> None:
    array = np.asarray(portrait)
    opaque = np.dstack([array, np.full(SIZE, 255, np.uint8)])
    for photo in (str(PORTRAIT), PORTRAIT.read_bytes(), portrait, array, opaque):
        assert differences(cyclorama.cut_out(photo), cut) == 0, type(photo)
    assert not array.flags.writeable and portrait.getpixel((0, 0)) == Image.open(PORTRAIT).getpixel((0, 0))


def test_an_array_is_rgb(portrait: Image.Image) -> None:
    backwards = np.ascontiguousarray(np.asarray(portrait)[..., ::-1])
    red, _, blue = portrait.getpixel(PERSON)  # type: ignore[misc]
    assert cyclorama.cut_out(backwards).getpixel(PERSON)[:3:2] == (blue, red)  # type: ignore[index]


def test_a_background_and_the_matte(cut: Image.Image) -> None:
    teal = cyclorama.cut_out(PORTRAIT, background="color:teal")
    assert teal.mode == "RGB" and teal.getpixel(CORNER) == (0, 128, 128)
    assert teal.getpixel(PERSON) == cut.getpixel(PERSON)[:3]  # type: ignore[index]
    matte = cyclorama.cut_out(PORTRAIT, background="matte")
    assert matte.mode == "L" and differences(matte, cut.getchannel("A")) == 0
    matte.putpixel((0, 0), 7)  # it is the caller's


def test_where_the_subject_stands(cut: Image.Image) -> None:
    left, top, right, bottom = cut.getchannel("A").point(lambda alpha: 255 * (alpha >= 13)).getbbox() or (0, 0, 0, 0)
    cropped = cyclorama.cut_out(PORTRAIT, crop=True, margin=20)
    # the photo cuts the subject off on the left and below: no margin there
    assert (left, bottom) == (0, 512) and cropped.size == (right + 20, bottom - top + 20)
    small = cyclorama.cut_out(PORTRAIT, scale="50%", position="50%,100%")
    box = small.getchannel("A").point(lambda alpha: 255 * (alpha >= 13)).getbbox()
    assert box is not None and box[3] == 512 and max(box[2] - box[0], box[3] - box[1]) == pytest.approx(256, abs=2)


def test_exif_turns_the_photo_upright(cut: Image.Image, portrait: Image.Image) -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Maker"
    exif.get_ifd(0x8825)[1] = "N"
    file = io.BytesIO()
    portrait.transpose(Image.Transpose.ROTATE_90).save(file, "PNG", exif=exif, dpi=(300, 300))
    for photo in (file.getvalue(), Image.open(file)):
        turned = cyclorama.cut_out(photo)
        assert differences(turned, cut) == 0
        kept = Image.Exif()
        kept.load(turned.info["exif"])
        assert kept.get(0x010F) == "Maker" and 0x0112 not in kept and not kept.get_ifd(0x8825)
        assert turned.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    unplaced = Image.Exif()
    unplaced.load(cyclorama.cut_out(file.getvalue(), keep_gps=cast(Any, "no")).info["exif"])
    assert not unplaced.get_ifd(0x8825)
    placed = Image.Exif()
    placed.load(cyclorama.cut_out(file.getvalue(), keep_gps=True).info["exif"])
    assert placed.get_ifd(0x8825)[1] == "N"


def test_the_photo_keeps_its_profile(portrait: Image.Image) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = io.BytesIO()
    portrait.save(file, "PNG", icc_profile=profile)
    cut = cyclorama.cut_out(file.getvalue())
    assert cut.info["icc_profile"] == profile
    again = io.BytesIO()
    cut.save(again, "PNG")
    assert Image.open(again).info["icc_profile"] == profile


def test_transparent_parts_stay_transparent(cut: Image.Image, portrait: Image.Image) -> None:
    half = portrait.copy()
    half.putalpha(Image.new("L", SIZE, 255))
    half.paste((0, 0, 0, 0), (0, 0, 512, 100))
    alpha = np.asarray(cyclorama.cut_out(half).getchannel("A"))
    assert alpha[:100].max() == 0 and alpha[PERSON[1], PERSON[0]] == 255


def test_one_cutter_for_many_threads(cut: Image.Image) -> None:
    with cyclorama.open_cutter() as cutter, ThreadPoolExecutor(3) as pool:
        assert cutter.model_info.name == "selfie"
        for made in pool.map(cutter, [PORTRAIT] * 3):
            assert differences(made, cut) == 0
    with pytest.raises(cyclorama.CycloramaError, match="is closed: open another one"):
        cutter(PORTRAIT)


@pytest.mark.parametrize(
    ("photo", "says"),
    [
        (Path("nowhere.jpg"), "photo nowhere.jpg: there is no such file; check the path"),
        (b"words", "photo given as bytes is no picture that can be read"),
        (b"", "photo given as bytes"),
        (np.zeros((4, 4, 3)), "has to be uint8 .* and this is float64 \\(4, 4, 3\\): convert it first"),
        (np.zeros((4, 4, 2), np.uint8), "has to be uint8 .* and this is uint8 \\(4, 4, 2\\)"),
        (np.zeros((0, 4, 3), np.uint8), "has to be uint8"),
        (io.BytesIO(b""), "has to be a path, bytes, .* and this is BytesIO: of an open file give read"),
        ([[0]], "and this is list"),
        ("~nobody-of-this-name/me.jpg", "there is no such file"),
    ],
)
def test_what_is_no_photo(photo: Any, says: str) -> None:
    with pytest.raises(cyclorama.CaptureError, match=says):
        cyclorama.cut_out(photo)


def test_nobody_to_cut_out_is_a_model_error() -> None:
    with pytest.raises(cyclorama.ModelError, match="finds nothing to cut out"):
        cyclorama.cut_out(np.full((200, 300, 3), 127, np.uint8))


@pytest.mark.parametrize("size", [(1, 1), (1, 4000), (8000, 2)])
def test_a_photo_too_thin_for_a_face(size: tuple[int, int]) -> None:
    with pytest.raises(cyclorama.CaptureError, match="no face was found"):
        cyclorama.headshot(Image.new("RGB", size))


def test_a_headshot_is_level_and_says_how_it_was_made(portrait: Image.Image) -> None:
    made = cyclorama.headshot(portrait, preset="linkedin", background="color:#102030", light_wrap=0)
    report = made.report
    assert made.picture.mode == "RGB" and made.picture.size == report.size_wh == (800, 800)
    assert made.picture.getpixel((2, 2)) == (16, 32, 48)
    assert report.preset == "linkedin" and report.faces == 1 and report.model.name == "selfie"
    assert report.slope_deg == pytest.approx(3.3, abs=0.7)
    assert report.enlarged > 2 and report.notes[0].startswith(f"enlarged {report.enlarged:.1f} times")
    skin = np.asarray(made.picture)[380:420, 380:420].mean(axis=(0, 1))
    assert np.abs(skin - np.asarray(portrait)[120:135, 218:232].mean(axis=(0, 1))).max() < 30


def test_a_transparent_headshot() -> None:
    picture = cyclorama.headshot(PORTRAIT, preset="business-card", background="transparent").picture
    assert picture.mode == "RGBA" and picture.size == (600, 800)
    assert picture.getpixel((2, 2))[3] == 0 and picture.getpixel((300, 400))[3] == 255  # type: ignore[index]
    assert picture.info["dpi"] == (600, 600)


def test_an_id_photo_and_the_file_that_was_checked(studio_photo: Path) -> None:
    made = cyclorama.id_photo(studio_photo, spec="germany")
    report = made.report
    assert made.picture.size == tuple(round(side / 25.4 * report.dpi) for side in (35, 45))
    assert made.picture.info["dpi"] == (report.dpi, report.dpi)
    checks = {check.name: check for check in report.checks}
    assert checks["one person"].passed and report.spec == "germany"
    head = checks["head, chin to crown"]
    assert head.value is not None and head.passed == (32 <= round(head.value, 1) <= 36)
    assert report.passed == all(check.passed is not False for check in report.checks)
    with Image.open(io.BytesIO(made.file)) as file:
        assert file.format == "JPEG" and file.size == made.picture.size
        assert np.abs(np.asarray(file).astype(int) - np.asarray(made.picture)).mean() < 2


def test_an_id_photo_says_whether_it_may_be_handed_in(studio_photo: Path) -> None:
    report = cyclorama.id_photo(studio_photo, spec="germany", dpi=300).report
    assert report.home is False and report.home_photo.startswith("A photo made at home is not accepted: since 2025")


def test_an_id_photo_of_a_size_of_one_s_own(studio_photo: Path) -> None:
    made = cyclorama.id_photo(studio_photo, size_mm=(30, 40), kb=(20, 60), dpi=300)
    assert made.picture.size == (354, 472) and made.report.spec == "30x40mm" and made.report.home is None
    assert 20_000 <= len(made.file) <= 60_000


def test_an_id_photo_with_another_background(studio_photo: Path) -> None:
    made = cyclorama.id_photo(studio_photo, spec="us", replace_background="#dde4ee", dpi=300)
    assert made.picture.getpixel((3, 3)) == (0xDD, 0xE4, 0xEE)
    checks = {check.name: check for check in made.report.checks}
    assert checks["file size"].value == len(made.file) / 1000 and checks["file size"].passed
    with pytest.raises(cyclorama.SettingsError, match="dpi cannot be used: 200 is not one of 300, 600"):
        cyclorama.id_photo(studio_photo, spec="us", dpi=200)  # type: ignore[arg-type]


def test_an_id_photo_is_levelled_unless_that_is_not_wanted(studio_photo: Path) -> None:
    level, tilted = (cyclorama.id_photo(studio_photo, spec="us", dpi=300, level=wanted) for wanted in (True, False))
    assert level.report.levelled_deg == pytest.approx(-3.3, abs=0.7), "the eyes slope clockwise"
    assert tilted.report.levelled_deg == 0
    assert differences(level.picture, tilted.picture) > 50


def test_a_headshot_is_in_srgb_whatever_profile_the_photo_has(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A profile whose red is green and whose green is red, of a photo whose channels are exchanged likewise."""
    block = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    one, other = block.index(b"rXYZ"), block.index(b"gXYZ")
    block[one : one + 4], block[other : other + 4] = b"gXYZ", b"rXYZ"
    red, green, blue = Image.open(PORTRAIT).convert("RGB").split()
    path = tmp_path_factory.mktemp("photo") / "exchanged.png"
    Image.merge("RGB", (green, red, blue)).save(path, icc_profile=bytes(block))
    plain = np.asarray(cyclorama.headshot(PORTRAIT).picture).astype(int)
    for photo in (path, path.read_bytes(), Image.open(path)):
        made = cyclorama.headshot(photo).picture
        assert "icc_profile" not in made.info
        assert np.abs(np.asarray(made) - plain).mean() < 3, type(photo)


def test_a_product_stands_on_pure_white_in_the_very_file() -> None:
    made = cyclorama.product(PORTRAIT, shop="ebay")
    report = made.report
    assert made.picture.size == (report.side, report.side) and made.picture.mode == "RGB"
    checks = {check.name: check for check in report.checks}
    assert checks["background"].passed and checks["border"].passed
    assert not checks["whole"].passed and not report.passed  # the photo cuts the person off
    with Image.open(io.BytesIO(made.file)) as file:
        assert file.format == "JPEG" and file.size == made.picture.size
        border = np.asarray(file)[:8]
    assert (border == 255).all()


def test_a_transparent_product_is_a_png() -> None:
    made = cyclorama.product(PORTRAIT, shop="square", transparent=True, size=500, keep="original")
    assert made.picture.mode == "RGBA" and made.picture.size == (500, 500)
    with Image.open(io.BytesIO(made.file)) as file:
        assert file.format == "PNG" and differences(file.convert("RGBA"), made.picture) == 0
    assert made.picture.getpixel((1, 1))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: cyclorama.product(PORTRAIT, shop="amazn"), "no shop 'amazn' here: did you mean amazon?"),
        (lambda: cyclorama.product(PORTRAIT, shop="amazon", transparent=True), "wants white: leave transparent out"),
        (lambda: cyclorama.product(PORTRAIT, shop="ebay", size=10), "size 10: .* takes 500 to 9000 pixels"),
        (lambda: cyclorama.id_photo(PORTRAIT, spec="germny"), "did you mean germany?"),
        (lambda: cyclorama.headshot(PORTRAIT, preset="all"), "several headshots: name one"),
        (lambda: cyclorama.headshot(PORTRAIT, background=cast(Any, ["white", "blur"])), "several headshots: name one"),
        (lambda: cyclorama.cut_out(PORTRAIT, crop=True, margin="x"), "margin cannot be used: 'x' .* as 10%, or pixels"),
        (lambda: cyclorama.cut_out(PORTRAIT, shadow=cast(Any, 3)), "shadow cannot be used: 3 is neither true nor"),
        (lambda: cyclorama.id_photo(PORTRAIT, spec="us", level=cast(Any, None)), "level cannot be used: None"),
        (lambda: cyclorama.product(PORTRAIT, transparent=cast(Any, "x")), "transparent cannot be used: 'x' is neither"),
        (lambda: cyclorama.headshot(PORTRAIT, preset="x"), "is not one of square"),
        (lambda: cyclorama.headshot(PORTRAIT, light_wrap=2), "light_wrap .*2 is not a number from 0 to 1"),
        (lambda: cyclorama.headshot(PORTRAIT, background="matte"), "is none for a headshot"),
        (lambda: cyclorama.cut_out(PORTRAIT, background="none"), "background none would change nothing"),
        (lambda: cyclorama.cut_out(PORTRAIT, margin=3), "give --crop too"),
        (lambda: cyclorama.cut_out(PORTRAIT, model="isnt"), "did you mean isnet?"),
        (lambda: cyclorama.cut_out(PORTRAIT, model=cast(Any, None)), "no model called None"),
        (
            lambda: cyclorama.cut_out(PORTRAIT, keep=cast(Any, "x")),
            "keep cannot be used: 'x' is not one of all, largest, original",
        ),
        (lambda: cyclorama.cut_out(PORTRAIT, scale=cast(Any, 80)), "scale cannot be used: 80 .* write 1% to 100%"),
        (
            lambda: cyclorama.cut_out(PORTRAIT, position=cast(Any, (1, 2))),
            "position cannot be used: .1.0, 2.0. .* write center",
        ),
        (
            lambda: cyclorama.cut_out(PORTRAIT, background=cast(Any, 7)),
            "the setting background cannot be used: 7 is no text",
        ),
        (lambda: cyclorama.cut_out(PORTRAIT, background=Path("nowhere.png")), "there is no such file"),
        (lambda: cyclorama.id_photo(PORTRAIT, spec=None), "needs a spec, whose rules to meet"),
        (lambda: cyclorama.product(PORTRAIT, keep=cast(Any, None)), "keep cannot be used: None is not one of"),
        (
            lambda: cyclorama.product(PORTRAIT, size=cast(Any, 900.5)),
            "size cannot be used: 900.5 is not a whole number",
        ),
    ],
)
def test_what_cannot_be_is_said(make: Any, says: str) -> None:
    with pytest.raises(cyclorama.SettingsError, match=says):
        make()
