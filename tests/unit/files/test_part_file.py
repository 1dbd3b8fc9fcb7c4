"""A file that is written whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from cyclorama.core.errors import SinkError
from cyclorama.files.part_file import PartFile, write_whole


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


def test_an_old_file_is_replaced_where_that_is_said(tmp_path: Path) -> None:
    target = tmp_path / "me.jpg"
    target.write_bytes(b"old and longer")
    write_whole(target, b"new", overwrite=True)
    assert target.read_bytes() == b"new" and list(tmp_path.iterdir()) == [target]
