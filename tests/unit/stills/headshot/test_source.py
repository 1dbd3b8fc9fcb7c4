"""The picture for a headshot: photos with their faces and transparency; sources that are neither photo nor clip."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.headshot.source import ChosenPicture, choose_picture, opened_source, output_stem
from cyclorama.stills.portrait.face import FaceFinder

PORTRAIT: U8 = np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8)


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as opened:
        yield opened


def found(path: Path, finder: FaceFinder) -> ChosenPicture:
    with opened_source(str(path)) as opened:
        chosen = choose_picture(
            opened,
            str(path),
            finder,
            threading.Event(),
            countdown_s=0.0,
            on_wait=lambda seconds: None,
            on_progress=lambda done, total: None,
        )
    assert chosen is not None
    return chosen


def test_the_largest_face_of_a_photo_and_how_many_there_are(finder: FaceFinder, tmp_path: Path) -> None:
    both = np.zeros((512, 768, 3), np.uint8)
    both[:256, :256] = cv2.resize(PORTRAIT, (256, 256), interpolation=cv2.INTER_AREA)
    both[:, 256:] = PORTRAIT
    cv2.imwrite(str(tmp_path / "two.png"), both)
    chosen = found(tmp_path / "two.png", finder)
    assert np.array_equal(chosen.pixels, both)
    assert chosen.faces == 2 and chosen.face.eyes[0] > 256
    assert chosen.time_s is None and chosen.score is None and chosen.opaque is None


def test_the_transparency_of_a_photo_is_kept(finder: FaceFinder, tmp_path: Path) -> None:
    alpha = np.full(PORTRAIT.shape[:2], 255, np.uint8)
    alpha[:40] = 0
    cv2.imwrite(str(tmp_path / "cut.png"), np.dstack([PORTRAIT, alpha]))
    opaque = found(tmp_path / "cut.png", finder).opaque
    assert opaque is not None and np.array_equal(opaque, alpha)


def test_photos_without_a_face_and_files_that_are_no_pictures(finder: FaceFinder, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((200, 200, 3), 180, np.uint8))
    with pytest.raises(CaptureError, match=r"no face was found in .*wall\.png"):
        found(tmp_path / "wall.png", finder)
    (tmp_path / "words.txt").write_text("no picture")
    with pytest.raises(CaptureError, match="neither a photo nor a video"):
        found(tmp_path / "words.txt", finder)


def test_the_names_of_outputs_come_from_the_file_or_are_camera(tmp_path: Path) -> None:
    (tmp_path / "me.at.home.jpg").write_bytes(b"x")
    assert output_stem(str(tmp_path / "me.at.home.jpg")) == tmp_path / "me.at.home"
    assert output_stem(str(tmp_path / "absent.jpg")) == output_stem("0") == Path("camera")
