"""Backgrounds that are added: what is taken, and what is left after a failure."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.panel.session.gallery import Gallery
from doubles.panel_client import clip_of


@pytest.fixture
def gallery(tmp_path: Path) -> Gallery:
    return Gallery(folder=tmp_path / "backgrounds")


def test_a_clip_is_taken_and_a_list_of_files_is_not(gallery: Gallery, tmp_path: Path) -> None:
    clip, playlist = tmp_path / "clip.mp4", tmp_path / "list.mp4"
    clip.write_bytes(clip_of(3))
    playlist.write_text("ffconcat version 1.0\nfile clip.mp4\n")
    assert gallery.add(clip, "mine.mp4").entry.moving
    for label in ("list.mp4", "list.png"):
        with pytest.raises(CaptureError, match=f"{label} cannot be opened"):
            gallery.add(playlist, label)


def test_a_full_disk_leaves_nothing(gallery: Gallery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(clip_of(3))

    def copy(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"some of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", copy)
    with pytest.raises(SinkError, match=r"cannot be kept in .*: No space left"):
        gallery.add(clip, "mine.mp4")
    assert list((tmp_path / "backgrounds").iterdir()) == []
