"""Picture files of every sort, and what is no picture."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from cyclorama.background.fit import cover
from cyclorama.core.errors import SettingsError
from cyclorama.pictures import decode as picture
from cyclorama.pictures.decode import MAX_MEGAPIXELS, NotAPictureError, load_picture, open_picture, upright_wh
from cyclorama.pictures.tiff import append_tags


def test_bgr_order(tmp_path: Path) -> None:
    path = tmp_path / "red.png"
    Image.new("RGB", (4, 3), (250, 20, 10)).save(path)
    loaded = load_picture(path)
    assert loaded.shape == (3, 4, 3)
    assert loaded[0, 0].tolist() == [10, 20, 250]
    assert loaded.flags.c_contiguous


def test_exif_orientation_is_applied(tmp_path: Path) -> None:
    path = tmp_path / "turned.jpg"
    image = Image.new("RGB", (64, 32), "black")
    image.paste((255, 255, 255), (0, 0, 16, 32))
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter to the right to see it upright
    image.save(path, exif=exif, quality=95)
    loaded = load_picture(path)
    assert loaded.shape == (64, 32, 3)
    assert loaded[4].mean() > 240
    assert loaded[60].mean() < 15


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_comes_out_upright(tmp_path: Path, orientation: int) -> None:
    """Exif 2.32, 4.6.4: which side of the scene row 0 and column 0 of the file show."""
    scene = np.zeros((6, 9, 3), np.uint8)
    scene[:3, :4], scene[:3, 4:], scene[3:, :4] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    row0, column0 = {
        1: ("top", "left"), 2: ("top", "right"), 3: ("bottom", "right"), 4: ("bottom", "left"),
        5: ("left", "top"), 6: ("right", "top"), 7: ("right", "bottom"), 8: ("left", "bottom"),
    }[orientation]  # fmt: skip
    stored = scene if row0 in ("top", "bottom") else scene.transpose(1, 0, 2)
    stored = stored[::-1] if row0 in ("bottom", "right") else stored
    stored = stored[:, ::-1] if column0 in ("bottom", "right") else stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "turned.png", exif=exif)
    assert np.array_equal(load_picture(tmp_path / "turned.png"), scene[..., ::-1])
    with open_picture(tmp_path / "turned.png", "picture") as opened:
        assert upright_wh(opened) == (9, 6), "known before a pixel is decoded"


def test_icc_colours_become_srgb(tmp_path: Path) -> None:
    path = tmp_path / "linear.png"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    Image.new("RGB", (4, 4), (10, 120, 200)).save(path, icc_profile=srgb.tobytes())
    assert np.abs(load_picture(path)[0, 0].astype(int) - (200, 120, 10)).max() <= 1
    Image.new("RGB", (4, 4), (10, 120, 200)).save(path, icc_profile=profile.tobytes())  # of another colour space
    assert load_picture(path)[0, 0].tolist() == [200, 120, 10]
    Image.new("RGB", (4, 4), (10, 120, 200)).save(path, icc_profile=b"no profile at all")
    assert load_picture(path)[0, 0].tolist() == [200, 120, 10]


def test_transparent_parts_show_white(tmp_path: Path) -> None:
    path = tmp_path / "glass.png"
    image = Image.new("RGBA", (4, 1), (255, 0, 0, 0))
    image.putpixel((1, 0), (255, 0, 0, 255))
    image.save(path)
    assert load_picture(path)[0, 0].tolist() == [255, 255, 255]
    assert load_picture(path)[0, 1].tolist() == [0, 0, 255]


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_a_colour_that_stands_for_nothing_shows_white(tmp_path: Path, mode: str) -> None:
    """PNG's chunk tRNS: one colour of a palette, or one level or colour, is transparent."""
    image = Image.new(mode, (4, 1), 0)
    image.putpixel((1, 0), {"P": 1, "L": 90, "RGB": (90, 90, 90)}[mode])  # type: ignore[arg-type]
    if mode == "P":
        image.putpalette([0, 0, 0, 90, 90, 90])
    path = tmp_path / "glass.png"
    image.save(path, transparency=(0, 0, 0) if mode == "RGB" else 0)
    assert load_picture(path)[0, 0].tolist() == [255, 255, 255]
    assert load_picture(path)[0, 1].tolist() == [90, 90, 90]


@pytest.mark.parametrize("level", [0, 1000, 33000, 65535])
def test_sixteen_bits_keep_their_tone(tmp_path: Path, level: int) -> None:
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((4, 5), level, np.uint16)).save(path)
    assert load_picture(path)[2, 2].tolist() == [round(level / 257)] * 3


@pytest.mark.parametrize(("brightest", "shown"), [(0.5, 128), (1.0, 255), (4.0, 255)])
def test_a_dark_picture_of_fractions_is_not_made_brighter(tmp_path: Path, brightest: float, shown: int) -> None:
    path = tmp_path / "deep.tif"
    Image.fromarray(np.linspace(0, brightest, 9, dtype=np.float32).reshape(3, 3)).save(path)
    grey = load_picture(path)[..., 0]
    assert (grey[0, 0], grey[2, 2]) == (0, shown)
    assert abs(int(grey[1, 1]) - shown / 2) <= 1


def test_cmyk_palette_and_bilevel(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "ink.jpg", quality=95)
    blue, green, red = load_picture(tmp_path / "ink.jpg")[4, 4]
    assert red > 200 and blue < 60 and green < 60
    Image.new("RGB", (8, 8), (0, 0, 255)).convert("P").save(tmp_path / "palette.png")
    assert load_picture(tmp_path / "palette.png")[0, 0].tolist() == [255, 0, 0]
    Image.new("1", (8, 8), 1).save(tmp_path / "fax.png")
    assert load_picture(tmp_path / "fax.png")[0, 0].tolist() == [255, 255, 255]


def test_truncated_and_empty_and_missing_and_folder(tmp_path: Path) -> None:
    whole = tmp_path / "whole.jpg"
    noise = np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)
    Image.fromarray(noise).save(whole)
    half = tmp_path / "half.jpg"
    half.write_bytes(whole.read_bytes()[:4000])
    empty = tmp_path / "empty.jpg"
    empty.touch()
    for path, says in (
        (half, "is damaged"),
        (empty, "is an empty file"),
        (tmp_path / "gone.jpg", "no such file"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(SettingsError, match=says) as caught:
            load_picture(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_the_system_says_is_no_damage(tmp_path: Path) -> None:
    circle = tmp_path / "circle.jpg"
    circle.symlink_to(circle)
    for path in (circle, tmp_path / ("a" * 300 + ".jpg")):
        with pytest.raises(SettingsError, match="cannot be read: ") as caught:
            load_picture(path)
        assert "damaged" not in str(caught.value) and "Errno" not in str(caught.value)


@pytest.mark.parametrize("tags", [{0xC612: (1, 7, 0, 0)}, {0x00FE: 1, 0x014A: 8}], ids=["DNG", "NEF"])
def test_a_raw_file_is_not_taken_for_its_small_copy(tmp_path: Path, tags: dict[int, Any]) -> None:
    path = tmp_path / "raw.jpg"  # whatever its name
    Image.new("RGB", (16, 12)).save(path, format="TIFF", tiffinfo=tags)
    with pytest.raises(SettingsError, match="a camera's raw file: save it as JPEG"):
        load_picture(path)


def test_a_canon_raw_file_is_told_by_its_head(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGB", (16, 12)).save(file, format="TIFF")
    append_tags(file, {})  # its list of tags is at its end now, and its ninth byte is free
    path = tmp_path / "IMG.CR2"
    path.write_bytes(file.getvalue())
    assert load_picture(path).shape == (12, 16, 3)
    path.write_bytes(file.getvalue()[:8] + b"CR\2\0" + file.getvalue()[12:])
    with pytest.raises(SettingsError, match="raw file"):
        load_picture(path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="file modes do not stop this user")
def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "locked.png"
    Image.new("RGB", (2, 2)).save(path)
    path.chmod(0)
    with pytest.raises(SettingsError, match="no permission"):
        load_picture(path)


def test_no_permission_is_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "locked.png"
    Image.new("RGB", (2, 2)).save(path)

    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(picture.Image, "open", refuse)
    with pytest.raises(SettingsError, match="no permission"):
        load_picture(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(SettingsError, match="pipe or device"):
        load_picture(tmp_path / "pipe.png")


def test_formats_that_start_programs_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "page.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n")
    with pytest.raises(NotAPictureError):
        load_picture(path)


def test_what_is_no_picture_says_so(tmp_path: Path) -> None:
    path = tmp_path / "words.jpg"
    path.write_text("hello")
    with pytest.raises(NotAPictureError):
        load_picture(path)


def png_header_only(path: Path, width: int, height: int) -> None:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)))


@pytest.mark.parametrize("size", [(20_000, 10_000), (12_000, 10_000), (60_000, 60_000)])
def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path, size: tuple[int, int]) -> None:
    path = tmp_path / "bomb.png"
    png_header_only(path, *size)
    with pytest.raises(SettingsError, match=f"over {MAX_MEGAPIXELS} megapixels"):
        load_picture(path)


def test_a_large_picture_is_kept_at_the_size_that_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (9000, 8000), (30, 60, 90)).save(path, quality=50)
    loaded = load_picture(path)
    assert 3840 <= min(loaded.shape[:2]) < 8000


def test_heif_without_its_library_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(picture.importlib, "import_module", absent)
    path = tmp_path / "sent-by-a-messenger.jpg"
    path.write_bytes(b"\0\0\0\x18ftypheic" + bytes(100))
    with pytest.raises(SettingsError, match=r"cyclorama\[heif\]"):
        load_picture(path)


@pytest.mark.parametrize("target", [(160, 90), (90, 160), (101, 57), (640, 480), (1, 1)])
def test_cover_fills_without_distortion(target: tuple[int, int]) -> None:
    y, x = np.mgrid[0:240, 0:320]
    disc = np.where((x - 160) ** 2 + (y - 120) ** 2 < 50**2, 255, 0).astype(np.uint8)
    out = cover(np.dstack([disc] * 3), target)
    assert out.shape == (target[1], target[0], 3)
    if min(target) > 50:
        inside = out[..., 0] > 127
        rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
        assert abs(len(rows) - len(columns)) <= 2  # still round
        assert abs(rows.mean() - (target[1] - 1) / 2) <= 1.5  # still in the middle
        assert abs(columns.mean() - (target[0] - 1) / 2) <= 1.5
