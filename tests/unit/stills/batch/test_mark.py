"""Marks in outputs: written, read again, and different for another photo or other options."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclorama.pictures.encode import SUFFIXES, Tags, save_picture
from cyclorama.stills.batch.mark import Mark, exif_with_mark, mark_for, read_mark


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_mark_is_found_again(suffix: str, tmp_path: Path) -> None:
    touch(tmp_path / "photo.jpg")
    mark = mark_for(tmp_path / "photo.jpg", "how")
    assert mark is not None
    path = tmp_path / f"made{suffix}"
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    save_picture(
        path, np.zeros((4, 4, 3), np.uint8), overwrite=False, tags=Tags(exif=exif_with_mark(exif.tobytes(), mark))
    )
    assert read_mark(path) == mark
    with Image.open(path) as image:
        assert image.getexif()[0x010F] == "Maker"


def test_a_mark_is_of_the_photo_as_it_is_and_of_the_options(tmp_path: Path) -> None:
    photo = tmp_path / "photo.jpg"
    touch(photo)
    marks = [mark_for(photo, "how"), mark_for(photo, "otherwise")]
    photo.write_bytes(b"longer")
    marks.append(mark_for(photo, "how"))
    os.utime(photo, ns=(0, 5))
    marks.append(mark_for(photo, "how"))
    assert len(set(marks)) == 4
    assert len({mark.photo for mark in marks if mark}) == 1
    assert mark_for(tmp_path / "absent.jpg", "how") is None


def test_what_has_no_mark(tmp_path: Path) -> None:
    touch(tmp_path / "words.png")
    Image.new("L", (2, 2)).save(tmp_path / "plain.png")
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA420] = "0123456789abcdef0123456789abcdef"  # a camera's
    Image.new("L", (2, 2)).save(tmp_path / "camera.jpg", exif=exif)
    for name in ("words.png", "plain.png", "camera.jpg", "absent.png"):
        assert read_mark(tmp_path / name) is None
    assert read_mark(tmp_path) is None
    assert len(Mark("a" * 14, "b" * 14).text) == 32
