"""The gallery's small pictures: decoded once, and again when the file has changed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.background.gallery import GalleryEntry
from cyclorama.core.frames import U8, SizeWH
from cyclorama.panel.errors import RequestError
from cyclorama.panel.session import thumbnails


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The backgrounds that were opened; none is known before, nor afterwards."""
    specs: list[str] = []
    really = thumbnails.first_picture

    def note(spec: str, size_wh: SizeWH) -> U8 | None:
        specs.append(spec)
        return really(spec, size_wh)

    monkeypatch.setattr(thumbnails, "first_picture", note)
    thumbnails._made.cache_clear()
    yield specs
    thumbnails._made.cache_clear()


def paint(path: Path, blue: int) -> GalleryEntry:
    cv2.imwrite(str(path), np.full((90, 160, 3), (blue, 0, 0), np.uint8))
    return GalleryEntry(str(path), path.stem, "folder", path)


def blue_of(data: bytes) -> int:
    return int(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)[9, 9, 0])


def test_a_picture_is_decoded_once_until_it_changes(tmp_path: Path, opened: list[str]) -> None:
    path = tmp_path / "wall.png"
    entry = paint(path, 200)
    assert abs(blue_of(thumbnails.thumbnail(entry)) - 200) < 4
    assert thumbnails.thumbnail(entry) == thumbnails.thumbnail(entry)
    assert opened == [str(path)]
    then = path.stat().st_mtime_ns
    paint(path, 90)
    os.utime(path, ns=(then, then + 10**9))
    assert abs(blue_of(thumbnails.thumbnail(entry)) - 90) < 4
    assert opened == 2 * [str(path)]


def test_no_more_are_kept_than_a_gallery_has(tmp_path: Path, opened: list[str]) -> None:
    assert thumbnails._made.cache_info().maxsize == thumbnails.MOST_KEPT
    assert thumbnails.thumbnail(GalleryEntry("blur", "blurred room", "effect")) == b""
    assert opened == []


def test_one_that_is_gone_is_not_found(tmp_path: Path, opened: list[str]) -> None:
    entry = paint(tmp_path / "wall.png", 200)
    thumbnails.thumbnail(entry)
    (tmp_path / "wall.png").unlink()
    with pytest.raises(RequestError, match="wall is gone"):
        thumbnails.thumbnail(entry)
