"""A file that is written whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest

from cyclorama.core.errors import SinkError
from cyclorama.files.part_file import PartFile, write_whole
from cyclorama.files.state import read_note, write_note
from cyclorama.pictures.encode import save_picture


@pytest.mark.parametrize(
    ("fault", "raised"), [(OSError(errno.ENOSPC, "No space left"), SinkError), (KeyboardInterrupt(), KeyboardInterrupt)]
)
def test_where_writing_fails_nothing_is_left_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, raised: type[BaseException]
) -> None:
    def fail(part: PartFile, data: bytes) -> int:
        raise fault

    target = tmp_path / "me.jpg"
    target.write_bytes(b"old")
    monkeypatch.setattr(PartFile, "write", fail)
    with pytest.raises(raised) as caught:
        write_whole(target, b"new", overwrite=True)
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
    assert raised is not SinkError or "free some space" in str(caught.value)


def test_what_was_whole_before_a_failure_is_kept_and_no_more(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.mp4", overwrite=False)
    part.write(b"whole")
    part.mark()
    part.write(b" and a half")
    part.seal(OSError(errno.ENOSPC, "No space left"))
    part.write(b"dropped")
    assert part.leave() == tmp_path / "a.part.mp4"
    assert (tmp_path / "a.part.mp4").read_bytes() == b"whole"


@pytest.mark.parametrize("end", ["keep", "leave"])
def test_of_a_file_in_which_nothing_was_whole_nothing_is_left(tmp_path: Path, end: str) -> None:
    part = PartFile(tmp_path / "a.mp4", overwrite=False)
    part.write(b"half")
    assert getattr(part, end)() is None
    assert list(tmp_path.iterdir()) == []


def test_what_came_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "a.mp4", overwrite=False)
    part.write(b"whole")
    part.mark()
    (tmp_path / "a.mp4").write_bytes(b"somebody's")
    with pytest.raises(SinkError, match=r"it was created meanwhile; the clip is in .*a\.part\.mp4"):
        part.keep()
    assert (tmp_path / "a.mp4").read_bytes() == b"somebody's" and (tmp_path / "a.part.mp4").read_bytes() == b"whole"


@pytest.mark.parametrize("picture", [False, True])
def test_the_bytes_are_on_the_disk_before_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture: bool
) -> None:
    target, named = tmp_path / "a.png", []
    monkeypatch.setattr("os.fsync", lambda file: named.append(target.exists()))
    if picture:
        save_picture(target, np.zeros((4, 4), np.uint8), overwrite=False)
    else:
        write_whole(target, b"whole", overwrite=False)
    assert target.is_file() and named == [False]


def test_a_note_is_kept_in_a_folder_that_was_missing(tmp_path: Path) -> None:
    note = tmp_path / "state" / "deep" / "speeds.json"
    assert read_note(note) == {}
    write_note(note, {"a": 1})
    write_note(note, {"b": 2})
    assert read_note(note) == {"b": 2}
    note.write_text("[1]")
    assert read_note(note) == {}, "no note"


def test_an_old_file_is_replaced_where_that_is_said(tmp_path: Path) -> None:
    target = tmp_path / "me.jpg"
    target.write_bytes(b"old and longer")
    write_whole(target, b"new", overwrite=True)
    assert target.read_bytes() == b"new" and list(tmp_path.iterdir()) == [target]
