"""Of photos: a wrong name is told before a network is loaded, and folders for what is made are made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cyclorama.core.errors import ModelError
from cyclorama.models.bundled import bundled_path

Run = Callable[..., tuple[int, str, str]]
COMMANDS = {
    "cutout": ["cutout"],
    "headshot": ["headshot"],
    "id-photo": ["id-photo", "--spec", "us"],
    "product": ["product", "--for", "amazon"],
}
PLACES = (
    "cyclorama.stills.batch.batch.open_model",
    "cyclorama.stills.headshot.headshot.open_model",
    "cyclorama.stills.headshot.headshot.FaceFinder",
    "cyclorama.stills.id_photo.id_photo.open_model",
    "cyclorama.stills.id_photo.id_photo.FaceFinder",
)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The places that have loaded a network; none can be had."""
    loaded: list[str] = []
    for place in PLACES:

        def load(*_: Any, place: str = place) -> Any:
            loaded.append(place)
            raise ModelError("a network is loaded")

        monkeypatch.setattr(place, load)
    return loaded


@pytest.mark.parametrize("wrong", ["absent.jpg", "folder", "words.jpg", "empty.jpg"])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_name_is_told_before_a_network_is_loaded(
    cyclorama: Run, empty_folder: Path, loads: list[str], command: str, wrong: str
) -> None:
    (empty_folder / "folder").mkdir()
    (empty_folder / "words.jpg").write_text("these are words")
    (empty_folder / "empty.jpg").touch()
    before = sorted(empty_folder.rglob("*"))
    code, _, err = cyclorama(*COMMANDS[command], wrong, "-o", "new/deep/out.jpg" if command != "cutout" else "new")
    assert code == 3 and wrong in err and err.count("\n") == 1, err
    assert loads == []
    assert sorted(empty_folder.rglob("*")) == before, "no folder is left for nothing"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_right_name_needs_one(cyclorama: Run, empty_folder: Path, loads: list[str], command: str) -> None:
    """Without this the test above could not fail."""
    shutil.copy(bundled_path("portrait.png"), empty_folder / "me.png")
    code, _, _ = cyclorama(*COMMANDS[command], "me.png")
    assert code == 4 and len(loads) == 1


def test_of_several_photos_the_wrong_ones_come_first(cyclorama: Run, empty_folder: Path, loads: list[str]) -> None:
    shutil.copy(bundled_path("portrait.png"), empty_folder / "me.png")
    code, _, err = cyclorama("cutout", "me.png", "absent.jpg")
    assert code == 4 and len(loads) == 1, "the other one is tried"
    told = err.splitlines()
    assert len(told) == 2 and "absent.jpg" in told[0] and "a network is loaded" in told[1]


def test_a_report_without_a_network(cyclorama: Run, empty_folder: Path, loads: list[str]) -> None:
    _, said, _ = cyclorama("cutout", "absent.jpg", "--json")
    report = json.loads(said)
    assert report["model"] is None and report["failed"] == 1
    _, said, err = cyclorama("cutout", "absent.jpg")
    assert said == "" and err.count("\n") == 1 and "absent.jpg" in err, "its error has said all"


def test_missing_folders_are_made(cyclorama: Run, empty_folder: Path, studio_photo: Path) -> None:
    shutil.copy(studio_photo, empty_folder / "me.jpg")
    id_photo = ["id-photo", "me.jpg", "-s", "canada", "-o", "a/b/id.jpg", "--report", "c/check.png"]
    assert cyclorama(*id_photo)[0] == 0
    assert cyclorama("headshot", "me.jpg", "-o", "d/e/me.png", "--sheet", "f/sheet.jpg")[0] == 0
    assert cyclorama("headshot", "me.jpg", "-o", "g/h")[0] == 0
    for name in ("a/b/id.jpg", "c/check.png", "d/e/me.png", "f/sheet.jpg", "g/h/me-headshot.jpg"):
        assert (empty_folder / name).is_file(), name


@pytest.mark.parametrize("command", ["headshot", "id-photo"])
def test_a_file_in_a_folder_s_place(cyclorama: Run, empty_folder: Path, loads: list[str], command: str) -> None:
    shutil.copy(bundled_path("portrait.png"), empty_folder / "me.png")
    code, _, err = cyclorama(*COMMANDS[command], "me.png", "-o", "me.png/deep/out.jpg")
    assert code == 5 and "me.png/deep" in err and err.count("\n") == 1, err
    assert loads == []
