"""Which photos the sources mean: files, folders, patterns, standard input; and what becomes of faulty sources."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from cyclorama.stills.batch.sources import STANDARD, find_photos


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_folders_patterns_and_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    touch(*(tmp_path / name for name in ("in/b.JPG", "in/a.png", "in/notes.txt", "in/.hidden.jpg", "in/deep/c.heic")))
    touch(tmp_path / "in" / "done" / "a.png", tmp_path / "odd.xyz", tmp_path / "a[1].jpg")
    flat = find_photos([Path("in")])
    assert [found.path.name for found in flat.found] == ["a.png", "b.JPG"]
    deep = find_photos([Path("in")], recursive=True, outside=tmp_path / "in" / "done")
    assert [(found.path.name, found.subfolder.as_posix()) for found in deep.found] == [
        ("a.png", "."), ("b.JPG", "."), ("c.heic", "deep")]  # fmt: skip
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
