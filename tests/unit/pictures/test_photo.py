"""Photos in and out: what a file says beside its pixels stays, or goes, as it should."""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.pictures import encode
from cyclorama.pictures.encode import SUFFIXES, encoded_picture
from cyclorama.pictures.photo import in_colors_of, read_photo, write_photo

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
TAKEN, SERIAL, MAKER_NOTE = 0x9003, 0xA431, 0x927C
OWNER, LENS, LENS_SERIAL, PERSON = 0xA430, 0xA434, 0xA435, 0x9286


def profile(*, exchanged: bool = False) -> bytes:
    """Of sRGB; or with its red and green exchanged: sound, RGB, and visibly another one."""
    block = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for first, second in ((b"rXYZ", b"gXYZ"),) if exchanged else ():
        one, other = block.index(first), block.index(second)
        block[one : one + 4], block[other : other + 4] = second, first
    return bytes(block)


@pytest.fixture
def shot(tmp_path: Path) -> Callable[..., Path]:
    """A photo of 60x40 with all that a telephone writes, on its side: red, its left end blue."""

    def save(name: str = "shot.jpg", **options: Any) -> Path:
        image = Image.new("RGB", (60, 40), (200, 30, 20))
        image.paste((0, 0, 255), (0, 0, 20, 40))
        exif = Image.Exif()
        exif[0x010F], exif[0x0112], exif[0x9C9C] = "Maker", 6, b"c\0o\0m\0"
        details = exif.get_ifd(EXIF_IFD)
        details[TAKEN], details[SERIAL], details[MAKER_NOTE] = "2024:05:06 07:08:09", "no 17", b"home address"
        exif.get_ifd(GPS_IFD).update({1: "N", 2: (52.0, 31.0, 12.0)})
        image.save(tmp_path / name, **{"exif": exif, "dpi": (300, 300), **options})
        return tmp_path / name

    return save


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_camera_date_and_resolution_stay_and_the_place_goes(
    shot: Callable[..., Path], tmp_path: Path, suffix: str
) -> None:
    photo = read_photo(shot())
    assert photo.size_wh == (40, 60)
    blue, _, red = photo.pixels[5, 20].astype(int)
    assert blue > 200 > red, "upright: what lay on the left is above"
    out = tmp_path / f"out{suffix}"
    write_photo(out, photo.pixels, like=photo)
    with Image.open(out) as image:
        exif = image.getexif()
        assert image.size == (40, 60)
        assert np.asarray(image)[5, 20].argmax() == 2, "the same picture, also in the viewer's eyes"
        assert exif[0x010F] == "Maker"
        assert exif.get_ifd(EXIF_IFD)[TAKEN] == "2024:05:06 07:08:09"
        assert 0x0112 not in exif
        assert not exif.get_ifd(GPS_IFD)
        assert image.info.get("dpi", (exif[0x011A], exif[0x011B])) == pytest.approx((300, 300), abs=0.01)
    block = out.read_bytes()
    assert b"no 17" not in block
    assert b"home address" not in block
    assert b"c\0o\0m" not in block


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_numbers_and_names_that_a_camera_or_lens_can_be_known_by_go(
    shot: Callable[..., Path], tmp_path: Path, suffix: str
) -> None:
    exif = Image.Exif()
    secret = {SERIAL: "body 17", OWNER: "owner 17", LENS_SERIAL: "glass 17", PERSON: b"ASCII\0\0\0note 17"}
    exif.get_ifd(EXIF_IFD).update({**secret, LENS: "35 mm f/2"})
    photo = read_photo(shot(exif=exif))
    write_photo(tmp_path / f"out{suffix}", photo.pixels, like=photo)
    with Image.open(tmp_path / f"out{suffix}") as image:
        assert image.getexif().get_ifd(EXIF_IFD)[LENS] == "35 mm f/2"
    assert b" 17" not in (tmp_path / f"out{suffix}").read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_names_with_umlauts_stay(shot: Callable[..., Path], tmp_path: Path, suffix: str) -> None:
    exif = Image.Exif()
    exif[0x8298] = "© Zoë Müller".encode()
    photo = read_photo(shot(exif=exif))
    out = tmp_path / f"out{suffix}"
    write_photo(out, photo.pixels, like=photo)
    assert "© Zoë Müller".encode() in out.read_bytes()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_place_stays_where_it_is_asked_for(shot: Callable[..., Path], tmp_path: Path, suffix: str) -> None:
    photo = read_photo(shot(), keep_gps=True)
    write_photo(tmp_path / f"out{suffix}", photo.pixels, like=photo)
    with Image.open(tmp_path / f"out{suffix}") as image:
        assert image.getexif().get_ifd(GPS_IFD)[2] == (52.0, 31.0, 12.0)


def test_xmp_comments_and_text_are_dropped(shot: Callable[..., Path], tmp_path: Path) -> None:
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf exif:GPSLatitude="52,31N"/></x:xmpmeta>'
    for source in (shot(xmp=xmp, comment=b"52,31N"), shot("shot.webp", xmp=xmp)):
        photo = read_photo(source)
        for suffix in SUFFIXES:
            write_photo(tmp_path / f"out{suffix}", photo.pixels, like=photo, overwrite=True)
            assert b"52,31N" not in (tmp_path / f"out{suffix}").read_bytes()


def test_the_thumbnail_of_the_old_background_is_dropped(shot: Callable[..., Path], tmp_path: Path) -> None:
    thumbnail = b"\xff\xd8 the room, small \xff\xd9"
    first = struct.pack("<HHHL4sL", 1, 0x010F, 2, 4, b"abc\0", 26)  # maker, and where the thumbnail's list is
    second = struct.pack("<HHHLLHHLLL", 2, 0x0201, 4, 1, 56, 0x0202, 4, 1, len(thumbnail), 0)
    source = shot(exif=b"Exif\0\0II*\0\x08\0\0\0" + first + second + thumbnail)
    assert thumbnail in source.read_bytes()
    photo = read_photo(source)
    for suffix in SUFFIXES:
        write_photo(tmp_path / f"out{suffix}", photo.pixels, like=photo, overwrite=True)
        data = (tmp_path / f"out{suffix}").read_bytes()
        assert b"abc" in data
        assert b"the room" not in data


def test_its_own_rgb_profile_stays_with_its_own_colours(shot: Callable[..., Path], tmp_path: Path) -> None:
    wide = profile(exchanged=True)
    source = shot("wide.png", icc_profile=wide)
    photo, plain = read_photo(source), read_photo(source, srgb=True)
    assert photo.pixels[40, 20].tolist() == [20, 30, 200]
    assert (photo.tags.icc, plain.tags.icc) == (wide, None)
    assert np.abs(plain.pixels[40, 20].astype(int) - [20, 200, 30]).max() <= 3
    write_photo(tmp_path / "out.png", photo.pixels, like=photo)
    with Image.open(tmp_path / "out.png") as image:
        assert image.info["icc_profile"] == wide
        assert image.getpixel((20, 40)) == (200, 30, 20)
    back = in_colors_of(photo.tags, plain.pixels)
    assert np.abs(back.astype(int) - photo.pixels).max() <= 3
    assert in_colors_of(plain.tags, plain.pixels) is plain.pixels


def test_profiles_that_do_not_fit_go(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    for odd in (b"no profile at all", lab, profile()[:200]):
        Image.new("RGB", (4, 4), (10, 120, 200)).save(tmp_path / "odd.png", icc_profile=odd)
        photo = read_photo(tmp_path / "odd.png")
        assert photo.tags.icc is None
        assert photo.pixels[0, 0].tolist() == [200, 120, 10]
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "ink.jpg", icc_profile=profile())
    assert read_photo(tmp_path / "ink.jpg").tags.icc is None


def test_a_matte_has_no_colours_to_describe(shot: Callable[..., Path], tmp_path: Path) -> None:
    photo = read_photo(shot(icc_profile=profile()))
    write_photo(tmp_path / "matte.png", photo.pixels[:, :, 0], like=photo)
    with Image.open(tmp_path / "matte.png") as image:
        assert "icc_profile" not in image.info
        assert image.mode == "L"


@pytest.mark.parametrize(("unit", "value"), [(2, 300.0), (3, 300 / 2.54)])
def test_a_resolution_in_exif_alone_is_dots_to_the_inch_whatever_its_unit(
    tmp_path: Path, unit: int, value: float
) -> None:
    """A WebP has no other place for it; the unit 3 is the centimetre (Exif 2.32, 4.6.4, ResolutionUnit)."""
    exif = Image.Exif()
    exif[0x011A], exif[0x011B], exif[0x0128] = value, value / 2, unit
    Image.new("RGB", (8, 8)).save(tmp_path / "shot.webp", exif=exif)
    assert read_photo(tmp_path / "shot.webp").tags.dpi == pytest.approx((300, 150), abs=0.01)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_across_and_down_are_not_exchanged(shot: Callable[..., Path], tmp_path: Path, suffix: str) -> None:
    photo = read_photo(shot(dpi=(300, 150)))
    write_photo(tmp_path / f"out{suffix}", photo.pixels, like=photo)
    with Image.open(tmp_path / f"out{suffix}") as image:
        exif = image.getexif()
        assert image.info.get("dpi", (300, 150)) == pytest.approx((300, 150), abs=0.02)
        assert (exif[0x011A], exif[0x011B]) == pytest.approx((300, 150), abs=0.02)


def test_a_resolution_of_its_own_comes_before_the_photo_s(shot: Callable[..., Path], tmp_path: Path) -> None:
    photo = read_photo(shot())
    write_photo(tmp_path / "out.jpg", photo.pixels, like=photo, dpi=200)
    assert read_photo(tmp_path / "out.jpg").tags.dpi == (200, 200)


@pytest.mark.parametrize("suffix", [".webp", ".jpg", ".jpeg"])
def test_a_quality_makes_a_file_smaller_in_every_format_that_has_one(suffix: str) -> None:
    noise = np.random.default_rng(4).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    poor, fine = (len(encoded_picture(noise, suffix, quality=quality)) for quality in (30, 90))
    assert poor < 0.7 * fine


@pytest.mark.parametrize("dpi", [(1, 1), (0, 0)])
def test_a_resolution_that_is_none_goes(shot: Callable[..., Path], dpi: tuple[int, int]) -> None:
    assert read_photo(shot(dpi=dpi, exif=b"")).tags.dpi is None


def test_more_exif_than_a_jpeg_can_hold_is_no_failure(shot: Callable[..., Path], tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "x" * 70_000
    photo = read_photo(shot("long.png", exif=exif))
    write_photo(tmp_path / "out.jpg", photo.pixels, like=photo)


def test_damaged_exif_is_no_loss(shot: Callable[..., Path]) -> None:
    data = bytearray(shot().read_bytes())
    place = data.index(b"Exif\0\0")
    data[place + 20 : place + 60] = b"\xff" * 40
    photo = read_photo(bytes(data))
    assert sorted(photo.size_wh) == [40, 60]


def test_standard_input_is_named(shot: Callable[..., Path]) -> None:
    with pytest.raises(CaptureError, match="photo from standard input is no picture"):
        read_photo(b"words")
    assert read_photo(shot().read_bytes()).size_wh == (40, 60)


def test_heic(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the extra heif is not installed")
    exif = Image.Exif()
    exif.get_ifd(EXIF_IFD)[TAKEN] = "2024:05:06 07:08:09"
    heif.from_pillow(Image.new("RGB", (64, 48), (200, 30, 20))).save(tmp_path / "phone.jpg", exif=exif.tobytes())
    photo = read_photo(tmp_path / "phone.jpg")  # whatever its extension says
    assert photo.size_wh == (64, 48)
    assert np.abs(photo.pixels[20, 20].astype(int) - [20, 30, 200]).max() <= 4
    assert b"2024:05:06" in photo.tags.exif


def test_encoded_pictures(shot: Callable[..., Path]) -> None:
    photo = read_photo(shot())
    small, large = (len(encoded_picture(photo.pixels, ".jpg", quality=quality)) for quality in (10, 95))
    assert small < large
    with pytest.raises(SinkError, match="gif"):
        encoded_picture(photo.pixels, ".gif")
    with pytest.raises(SinkError, match="JPEG"):
        encoded_picture(np.zeros((4, 4, 4), np.uint8), ".jpg")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_is_named_and_leaves_nothing(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(aside: Path) -> None:
        os.truncate(aside, aside.stat().st_size // 2)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(encode, "to_disk", full)
    with pytest.raises(SinkError, match="free some space"):
        write_photo(tmp_path / f"out{suffix}", np.zeros((20, 20, 3), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_two_programs_that_write_one_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first to finish has it; neither touches what the other one has begun."""
    path = tmp_path / "me.png"
    red, blue = (np.full((40, 40, 3), color, np.uint8) for color in ((0, 0, 255), (255, 0, 0)))
    real = encode.to_disk

    def other_one_meanwhile(aside: Path) -> None:
        monkeypatch.setattr(encode, "to_disk", real)
        encode.save_picture(path, blue, overwrite=False)
        real(aside)

    monkeypatch.setattr(encode, "to_disk", other_one_meanwhile)
    with pytest.raises(SinkError, match="exists: give --overwrite"):
        encode.save_picture(path, red, overwrite=False)
    assert read_photo(path).pixels[20, 20].tolist() == [255, 0, 0]
    monkeypatch.setattr(encode, "to_disk", other_one_meanwhile)
    path.unlink()
    encode.save_picture(path, red, overwrite=True)
    assert read_photo(path).pixels[20, 20].tolist() == [0, 0, 255]
    assert [each.name for each in tmp_path.iterdir()] == ["me.png"]


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".png", ".tiff"])
def test_of_several_pictures_the_first_is_taken_and_that_is_said(
    tmp_path: Path, suffix: str, caplog: pytest.LogCaptureFixture
) -> None:
    one, *others = (Image.new("RGB", (20, 10), color) for color in ("red", "blue", "lime"))
    one.save(tmp_path / f"one{suffix}")
    assert read_photo(tmp_path / f"one{suffix}").size_wh == (20, 10) and not caplog.messages
    one.save(tmp_path / f"three{suffix}", save_all=True, append_images=others)
    blue, green, red = read_photo(tmp_path / f"three{suffix}").pixels[5, 5]
    assert red > 200 and blue < 50 and green < 50
    assert [message.partition(f"three{suffix} ")[2] for message in caplog.messages] == [
        "holds 2 more pictures: its first one is taken"
    ]


def test_a_small_copy_behind_a_scan_is_no_further_picture(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    scan, small = Image.new("RGB", (20, 10), "red"), Image.new("RGB", (4, 2), "red")
    small.encoderinfo = {"tiffinfo": {0x00FE: 1}}
    scan.save(tmp_path / "scan.tif", save_all=True, append_images=[small])
    assert read_photo(tmp_path / "scan.tif").size_wh == (20, 10)
    assert not caplog.messages
