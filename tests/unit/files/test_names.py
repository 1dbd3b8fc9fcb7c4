"""Names that are still free, and names of one file."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.files.names import create_first, file_key, numbered, user_path
from cyclorama.files.part_file import PartFile
from cyclorama.files.targets import check_not_input, write_failure


def test_numbers_begin_at_two() -> None:
    names = list(itertools.islice(numbered(Path("out"), "a.part", ".mp4"), 3))
    assert names == [Path("out/a.part.mp4"), Path("out/a.part2.mp4"), Path("out/a.part3.mp4")]
    assert list(itertools.islice(numbered(Path("out"), "a", ".png", "-"), 2))[1] == Path("out/a-2.png")


def test_the_first_free_name_is_created(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a2").touch()
    path, made = create_first(numbered(tmp_path, "a", ""), lambda path: path.mkdir() or path.name)
    assert (path, made) == (tmp_path / "a3", "a3")
    assert path.is_dir()


def test_another_failure_ends_the_search(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        create_first(numbered(tmp_path / "missing", "a", ""), Path.mkdir)


def test_a_part_that_an_earlier_run_left_stays(tmp_path: Path) -> None:
    left = tmp_path / "talk.part.mp4"
    left.write_bytes(b"an hour")
    part = PartFile(tmp_path / "talk.mp4", overwrite=False)
    assert part.path.name == "talk.part2.mp4"
    part.discard()
    assert [path.name for path in tmp_path.iterdir()] == ["talk.part.mp4"]
    assert left.read_bytes() == b"an hour"


def test_all_names_of_a_file_have_one_key(tmp_path: Path) -> None:
    target = tmp_path / "Photo.JPG"
    target.touch()
    link = tmp_path / "link.jpg"
    link.symlink_to(target)
    assert file_key(link) == file_key(target) == file_key(tmp_path / "sub" / ".." / "photo.jpg")
    assert file_key(target) != file_key(tmp_path / "photo2.jpg")


def test_an_output_is_no_input_under_any_name(tmp_path: Path) -> None:
    source, hard = tmp_path / "in.jpg", tmp_path / "hard.jpg"
    source.touch()
    hard.hardlink_to(source)
    check_not_input(tmp_path / "out.jpg", source, "blur", "demo")
    for path in (source, hard):
        with pytest.raises(SettingsError, match="is both input and output: give the output another name"):
            check_not_input(path, source)


def test_a_full_disk_and_an_unknown_failure() -> None:
    full = write_failure(Path("a.mp4"), OSError(28, "No space left on device"))
    assert str(full) == "cannot write a.mp4: No space left on device; free some space, or choose another disk"
    assert str(write_failure(Path("a.mp4"), OSError("odd"))) == "cannot write a.mp4: odd; choose another place"


def test_a_tilde_is_the_users_folder_and_of_a_stranger_it_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("USERPROFILE", "/home/me")
    assert user_path("~/a.png") == Path("/home/me/a.png")
    for text in ("a.png", "/x/~/a.png"):
        assert user_path(text) == Path(text)
    if sys.platform != "win32":  # which takes every name for a neighbour's
        assert user_path("~nobody-of-this-name/a.png") == Path("~nobody-of-this-name/a.png")
