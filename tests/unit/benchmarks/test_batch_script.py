"""``benchmarks/batch.py``: the same photos each time, a command watched, two folders compared."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest

from cyclorama.models.bundled import bundled_path


@pytest.fixture(scope="module")
def batch(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("batch")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "portrait.png").write_bytes(bundled_path("portrait.png").read_bytes())
    return photos


def test_cyclorama_alone(
    batch: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(batch, "SIDES", (100, 300))
    monkeypatch.setattr(sys, "argv", ["batch.py", str(folder), "--count", "3", "--model", "selfie", "--json"])
    assert batch.main() == 0
    report = json.loads(capsys.readouterr().out)
    assert report["count"] == 3
    ours = report["cyclorama"]
    assert 0 < ours["cpu"] <= ours["s"] * (report["cores"] + 1)
    assert 20 < max(ours["early"], ours["late"]) < 4000


def test_the_photos_are_the_same_each_time(
    batch: ModuleType, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "SIDES", (50, 200))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        batch.make_photos(folder, tmp_path / name, 4)
    one, two = (sorted((tmp_path / name).iterdir()) for name in ("one", "two"))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two]
    sizes = {cv2.imread(str(path)).shape for path in one}
    assert len(sizes) == 4
    assert all(50 <= max(shape) <= 201 for shape in sizes)


def test_the_difference_is_of_alpha_alone(batch: ModuleType, tmp_path: Path) -> None:
    for name, alpha in (("ours", 255), ("theirs", 204)):
        (tmp_path / name).mkdir()
        picture = np.full((4, 4, 4), (alpha, 0, 9, alpha), np.uint8)
        cv2.imwrite(str(tmp_path / name / "a.png"), picture)
    assert batch.differences(tmp_path / "ours", tmp_path / "theirs") == pytest.approx([0.2])


def test_a_command_that_fails_ends_the_race(batch: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no such thing"):
        batch.watched([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path, 1, {})
