"""The names of outputs: unique, never those of photos, and the same in every run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.pictures.encode import Tags, save_picture
from cyclorama.stills.batch.mark import exif_with_mark, mark_for
from cyclorama.stills.batch.sources import STANDARD, FoundPhoto
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


def test_a_photo_in_a_subfolder_keeps_it(tmp_path: Path) -> None:
    photo = FoundPhoto(tmp_path / "in" / "deep" / "c.heic", Path("deep"))
    assert TargetNames(tmp_path, None, transparent=True).target(photo, None) == tmp_path / "deep" / "c.png"


def test_a_link_to_itself_has_a_name(tmp_path: Path) -> None:
    (tmp_path / "loop.jpg").symlink_to(tmp_path / "loop.jpg")
    photos = [tmp_path / "loop.jpg", tmp_path / "a.jpg"]
    assert [path.name for path in targets(photos, tmp_path / "out")] == ["loop.png", "a.png"]
