"""Whether a file may be written where it is wanted, and what is said where it may not."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.files.targets import check_new, check_not_input, check_target, make_folder, write_failure


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder may be written to, whoever this user is."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)


def test_missing_folders_are_a_fault_unless_they_will_be_made(tmp_path: Path) -> None:
    target = tmp_path / "new" / "deep" / "a.jpg"
    with pytest.raises(SinkError, match=f"there is no folder {target.parent}; create it"):
        check_target(target, overwrite=False)
    check_target(target, overwrite=False, folders=True)
    assert list(tmp_path.iterdir()) == [], "it only looks"
    make_folder(target.parent)
    assert target.parent.is_dir()


def test_a_folder_that_cannot_be_made_is_named_with_what_is_in_its_way(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "deep" / "a.jpg"
    with pytest.raises(SinkError, match=f"cannot make the folder {target.parent}: {tmp_path / 'file'} is no folder"):
        check_target(target, overwrite=True, folders=True)
    with pytest.raises(SinkError, match=f"cannot make the folder {target.parent}: Not a directory"):
        make_folder(target.parent)


def test_a_closed_folder_is_told_before_anything_is_done(tmp_path: Path, closed: None) -> None:
    with pytest.raises(SinkError, match=f"no permission in {tmp_path}; choose a folder you may write to"):
        check_target(tmp_path / "a.jpg", overwrite=False)
    with pytest.raises(SinkError, match=f"{tmp_path} is no folder that may be written to"):
        check_target(tmp_path / "new" / "a.jpg", overwrite=False, folders=True)


@pytest.mark.parametrize("folders", [False, True])
def test_what_is_there_is_kept_unless_it_may_go(tmp_path: Path, folders: bool) -> None:
    there = tmp_path / "a.jpg"
    there.touch()
    with pytest.raises(SinkError, match=f"{there} exists: give --overwrite"):
        check_target(there, overwrite=False, folders=folders)
    check_target(there, overwrite=True, folders=folders)
    with pytest.raises(SinkError, match=f"{tmp_path} is a folder"):
        check_target(tmp_path, overwrite=True, folders=folders)
    with pytest.raises(SinkError, match=f"{there} exists: give another name"):
        check_new(there)
    check_new(tmp_path / "b.jpg")


def test_what_is_no_file_does_not_end_the_look_for_inputs(tmp_path: Path) -> None:
    source = tmp_path / "in.jpg"
    source.touch()
    with pytest.raises(SettingsError, match="both input and output"):
        check_not_input(source, "blur", "demo", "a\0b", tmp_path / "absent.jpg", source)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EDQUOT, "your quota is used up"),
        (errno.EFBIG, "files may not grow larger here"),
        (errno.EACCES, "choose a folder you may write to"),
        (errno.EPERM, "choose a folder you may write to"),
        (errno.EROFS, "this disk is read-only"),
        (errno.EIO, "choose another place"),
    ],
)
def test_advice_fits_the_failure(number: int, says: str) -> None:
    assert says in str(write_failure(Path("a.mp4"), OSError(number, os.strerror(number))))
