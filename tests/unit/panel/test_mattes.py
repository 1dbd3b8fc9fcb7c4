"""What is known of a photo: seen once for each way to see it, and forgotten when others are in use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.panel.stills import mattes as module
from cyclorama.panel.stills.mattes import MOST_PHOTOS, MemoryOfPhotos, PhotoMattes
from cyclorama.panel.web.uploads import Uploads

LEVELS = {("a", "all"): 10, ("a", "largest"): 20, ("b", "all"): 30}


class Networks:
    """Lends names for networks, and counts."""

    def __init__(self) -> None:
        self.lent = 0

    @contextmanager
    def lend(self, name: str) -> Iterator[str]:
        self.lent += 1
        yield name


@pytest.fixture
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Uploads]:
    def photo_alpha(network: str, pixels: U8, *, keep: str) -> U8:
        return np.full(pixels.shape[:2], LEVELS[network, keep], np.uint8)

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(module, "photo_alpha", photo_alpha)
    with Uploads() as uploads:
        yield uploads


def mattes_of(uploads: Uploads, networks: Any) -> PhotoMattes:
    data = cv2.imencode(".png", np.zeros((6, 9, 3), np.uint8))[1].tobytes()
    return PhotoMattes(uploads.store(data, ".png"), "me.png", networks, uploads)


def test_each_network_and_choice_of_subjects_has_its_own_alpha_seen_once(uploads: Uploads) -> None:
    networks = Networks()
    mattes = mattes_of(uploads, networks)
    for _ in range(2):
        for (model, keep), level in LEVELS.items():
            alpha8 = mattes.alpha(model, keep)  # type: ignore[arg-type]
            assert alpha8.shape == (6, 9) and (alpha8 == level).all()
        mattes.forget()
    assert networks.lent == len(LEVELS), "the second time it comes from the disk"
    mattes.delete()
    assert [path.suffix for path in uploads.folder.iterdir()] == [".png"]


def test_the_photos_used_last_stay_decoded(uploads: Uploads, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = MemoryOfPhotos()
    photos = [mattes_of(uploads, Networks()) for _ in range(MOST_PHOTOS + 1)]

    def use(*numbers: int) -> list[bool]:
        for number in numbers:
            photos[number].photo()
            memory.used(photos[number])
        return [mattes.megapixels > 0 for mattes in photos]

    assert use(0, 1) == [True, True, False]
    assert use(0, 2) == [True, False, True]
    monkeypatch.setattr(module, "MOST_MEGAPIXELS", 0)
    assert use(1) == [False, True, False], "the one in use always does"
    memory.clear()
    assert not any(mattes.megapixels for mattes in photos)
