"""The backgrounds to choose from, in their order."""

from __future__ import annotations

from pathlib import Path

import pytest

from cyclorama.background import gallery
from cyclorama.background.builtin import list_builtin
from cyclorama.background.gallery import list_gallery, neighbours, user_folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(gallery, "user_folder", lambda: tmp_path / "backgrounds")
    return tmp_path / "backgrounds"


def test_it_has_effects_then_ours_then_the_users(folder: Path) -> None:
    folder.mkdir()
    for name in ("b ü.JPG", "A.png", "c.mp4", ".hidden.png", "notes.txt", "part"):
        (folder / name).touch()
    (folder / "folder.png").mkdir()
    entries = list_gallery()
    kinds = [entry.kind for entry in entries]
    assert kinds == ["effect"] + ["builtin"] * len(list_builtin()) + ["folder"] * 3
    assert [entry.name for entry in entries[-3:]] == ["A", "b ü", "c"]
    assert [entry.moving for entry in entries[-3:]] == [False, False, True]
    assert [entry.spec for entry in entries[-3:]] == [str(folder / name) for name in ("A.png", "b ü.JPG", "c.mp4")]
    assert entries[0].spec == "blur" and entries[0].file is None and not entries[0].moving
    assert "none" not in {entry.spec for entry in entries}, "the room is never the next one"


def test_a_folder_that_is_not_there_or_closed_is_empty(folder: Path) -> None:
    assert {entry.kind for entry in list_gallery()} == {"effect", "builtin"}
    folder.touch()
    assert {entry.kind for entry in list_gallery()} == {"effect", "builtin"}


def test_one_after_the_other_and_round(folder: Path) -> None:
    specs = [entry.spec for entry in list_gallery()]
    assert list(neighbours("blur", 1)) == specs[1:]
    assert list(neighbours("blur:0.4", 1)) == specs[1:]
    assert list(neighbours(specs[-1], 1)) == specs[:-1]
    assert list(neighbours("blur", -1)) == specs[:0:-1]
    assert list(neighbours(specs[2], 1)) == [*specs[3:], *specs[:2]]
    assert list(neighbours(specs[2], -1)) == [specs[1], specs[0], *specs[:2:-1]]
    assert list(neighbours("color:navy", 1)) == specs, "one that is not in it"
    assert list(neighbours("color:navy", -1)) == specs[::-1]


def test_the_users_folder_is_with_the_users_data() -> None:
    assert user_folder().name == "backgrounds" and user_folder().is_absolute()
