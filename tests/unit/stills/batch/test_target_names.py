"""Which photos are meant, what becomes of their names, and how a later run knows what is done."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cyclorama.core.errors import SettingsError
from cyclorama.pictures.encode import SUFFIXES, Tags, save_picture
from cyclorama.stills.batch.mark import Mark, exif_with_mark, mark_for, read_mark
from cyclorama.stills.batch.sources import STANDARD, FoundPhoto, find_photos
from cyclorama.stills.batch.target_names import TargetNames, without_outputs


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def targets(photos: list[Path], output: Path | None, suffix: str | None = None) -> list[Path]:
    names = TargetNames(output, suffix, transparent=True)
    found = [FoundPhoto(path) for path in photos]
    names.reserve(found)
    return [names.target(photo, None) for photo in found]


def test_names_never_meet(tmp_path: Path) -> None:
    a, b, c = tmp_path / "a" / "x.jpg", tmp_path / "b" / "X.png", tmp_path / "out" / "y.png"
    assert [path.name for path in targets([a, b, c], tmp_path / "out")] == ["x.png", "X-2.png", "y-2.png"]
    assert targets([a], None) == [tmp_path / "a" / "x-cutout.png"]
    assert targets([a], tmp_path / "z.webp") == [tmp_path / "z.webp"]
    assert targets([a], tmp_path / "out", ".webp") == [tmp_path / "out" / "x.webp"]
    assert targets([STANDARD], None) == [STANDARD]
    assert targets([STANDARD], tmp_path / "out") == [tmp_path / "out" / "stdin.png"]


@pytest.mark.parametrize(
    ("count", "output", "suffix", "says"),
    [(2, "z.png", None, "give a folder"), (1, "z.jpg", None, "no transparency"), (1, "out", ".jpg", "no transparency"),
     (1, "x.png", None, "both input"), (1, "z.gif", None, "write a folder"), (1, "z.png", ".webp", "differ"),
     (2, "-", None, "give a folder")],
)  # fmt: skip
def test_names_that_cannot_be(count: int, output: str, suffix: str | None, says: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=says):
        targets([tmp_path / "x.png"] * count, STANDARD if output == "-" else tmp_path / output, suffix)


def test_what_else_is_read_is_not_written_over(tmp_path: Path) -> None:
    photo, behind = FoundPhoto(tmp_path / "in" / "x.jpg"), tmp_path / "x.png"
    single, folder = TargetNames(behind, None, transparent=False), TargetNames(tmp_path, None, transparent=False)
    single.reserve([photo], behind)
    with pytest.raises(SettingsError, match="both input"):
        single.target(photo, None)
    folder.reserve([photo], behind)
    assert folder.target(photo, None) == tmp_path / "x-2.png"


def test_the_same_photo_keeps_its_name(tmp_path: Path) -> None:
    names = TargetNames(tmp_path, None, transparent=True)
    first = names.target(FoundPhoto(Path("a/x.jpg")), None)
    assert names.target(FoundPhoto(Path("b/x.jpg")), None) != first
    assert names.target(FoundPhoto(Path("a/x.jpg")), None) == first


def test_what_was_made_of_another_photo_is_passed_over(tmp_path: Path) -> None:
    """So that names stay the same from run to run, whatever comes in between."""
    touch(tmp_path / "x.jpg", tmp_path / "x.png")
    of_jpg, of_png = (mark_for(tmp_path / name, "how") for name in ("x.jpg", "x.png"))
    assert of_jpg and of_png
    out = tmp_path / "out"
    out.mkdir()
    save_picture(
        out / "x.png", np.zeros((2, 2), np.uint8), overwrite=False, tags=Tags(exif=exif_with_mark(b"", of_png))
    )
    names = TargetNames(out, None, transparent=True)
    assert names.target(FoundPhoto(tmp_path / "x.jpg"), of_jpg).name == "x-2.png"
    assert names.target(FoundPhoto(tmp_path / "x.png"), of_png).name == "x.png"


def test_a_second_run_leaves_the_first_one_s_alone(tmp_path: Path) -> None:
    photos = [FoundPhoto(tmp_path / name) for name in ("x.jpg", "x-cutout.png", "x-cutout-2.png", "y-cutout.png")]
    assert [photo.path.name for photo in without_outputs(photos)] == ["x.jpg", "y-cutout.png"]


def test_folders_patterns_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    touch(*(tmp_path / name for name in ("in/b.JPG", "in/a.png", "in/notes.txt", "in/.hidden.jpg", "in/deep/c.heic")))
    touch(tmp_path / "in" / "done" / "a.png", tmp_path / "odd.xyz", tmp_path / "a[1].jpg")
    flat = find_photos([Path("in")])
    assert [found.path.name for found in flat.found] == ["a.png", "b.JPG"]
    deep = find_photos([Path("in")], recursive=True, outside=tmp_path / "in" / "done")
    assert [(found.path.name, found.subfolder.as_posix()) for found in deep.found] == [
        ("a.png", "."), ("b.JPG", "."), ("c.heic", "deep")]  # fmt: skip
    assert TargetNames(tmp_path, None, transparent=True).target(deep.found[2], None) == tmp_path / "deep" / "c.png"
    pattern = find_photos([Path("in/*"), Path("in/b.JPG"), Path("odd.xyz"), Path("a[1].jpg"), STANDARD])
    assert [found.path.name for found in pattern.found] == ["a.png", "b.JPG", "odd.xyz", "a[1].jpg", "-"]
    (tmp_path / "empty").mkdir()
    nothing = find_photos([Path("empty"), Path("*.tif"), Path("in")])
    assert [str(source) for source, _ in nothing.problems] == ["empty", "*.tif"]
    assert len(nothing.found) == 2


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links")
def test_links_in_a_circle_end(tmp_path: Path) -> None:
    touch(tmp_path / "in" / "a.jpg")
    (tmp_path / "in" / "again").symlink_to(tmp_path / "in", target_is_directory=True)
    assert len(find_photos([tmp_path / "in"], recursive=True).found) == 1


def test_a_link_to_itself_is_no_end_of_the_others(tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    touch(tmp_path / "a.jpg")
    found = find_photos([tmp_path / "loop.jpg", tmp_path / "a.jpg", tmp_path / ("x" * 300)])
    assert [photo.path.name for photo in found.found] == ["loop.jpg", "a.jpg"]
    assert [path.name for path in targets([photo.path for photo in found.found], tmp_path / "out")] == [
        "loop.png", "a.png"]  # fmt: skip
    assert "too long" in str(found.problems[0][1])


def test_a_folder_that_cannot_be_read_is_no_end_of_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(*(tmp_path / "in" / name / "a.jpg" for name in ("b", "locked", "z")))
    look = Path.iterdir

    def locked(folder: Path) -> Iterator[Path]:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied")
        return look(folder)

    monkeypatch.setattr(Path, "iterdir", locked)
    search = find_photos([tmp_path / "in"], recursive=True)
    assert [photo.subfolder.name for photo in search.found] == ["b", "z"]
    assert [path.name for path, _ in search.problems] == ["locked"]


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
