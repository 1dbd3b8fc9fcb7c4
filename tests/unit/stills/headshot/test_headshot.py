"""Headshots of a photo: names of the files, what they show, notes, and orders that cannot be carried out."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.core.frames import F32, Frame
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.headshot import headshot
from cyclorama.stills.headshot.headshot import HeadshotOrder, make_headshots
from doubles.null_model import NullModel


def body(frame: Frame) -> F32:
    """The head and shoulders of the bundled portrait, seen through the part that the network gets."""
    height, width = frame.pixels.shape[:2]
    alpha = np.zeros((height, width), np.float32)
    cv2.circle(alpha, (round(0.435 * width), round(0.22 * height)), round(0.2 * height), 1.0, -1)
    alpha[round(0.3 * height) :] = 1
    return alpha


@pytest.fixture
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundled portrait, and a network that knows it."""
    monkeypatch.setattr(headshot, "open_model", lambda name: NullModel(body))
    path = tmp_path / "me.png"
    cv2.imwrite(str(path), cv2.imread(str(bundled_path("portrait.png"))))
    return path


def made(photo: Path, stop: threading.Event | None = None, **order: object) -> headshot.HeadshotReport | None:
    options = HeadshotOrder(**order)  # type: ignore[arg-type]
    return make_headshots(str(photo), options, stop=stop or threading.Event())


def test_one_headshot_lies_beside_the_photo_on_its_backdrop(photo: Path) -> None:
    report = made(photo, backgrounds=["color:#ff0000"])
    assert report is not None and report.faces == 1 and report.score is None
    assert report.slope_deg == pytest.approx(3.2, abs=1)
    (shot,) = report.shots
    assert shot.target == photo.with_name("me-headshot.jpg")
    pixels = np.asarray(cv2.imread(str(shot.target)), np.uint8).astype(int)
    assert (pixels.shape[1], pixels.shape[0]) == shot.size_wh == (1024, 1024)
    assert np.abs(pixels[10, 10] - (0, 0, 254)).max() <= 3, "red, up to JPEG"
    assert shot.enlarged > 1.05 and any("enlarged" in note for note in shot.notes)


@pytest.mark.parametrize(
    ("enlarged", "tighter", "slope", "cut_off", "says"),
    [
        (1.0, 1.0, 0.0, False, []),
        (2.04, 1.0, 0.4, False, ["enlarged 2.0 times, "]),
        (0.5, 1.26, -0.4, False, ["framed 1.3 times tighter "]),
        (1.0, 1.0, 7.2, False, ["the eyes' line still slopes by 7 degrees"]),
        (1.0, 1.0, -7.2, False, ["the eyes' line still slopes by 7 degrees"]),
        (1.0, 1.0, 0.0, True, ["the photo cuts the top of the head off"]),
    ],
)
def test_what_limits_a_headshot_is_said(
    enlarged: float, tighter: float, slope: float, cut_off: bool, says: list[str]
) -> None:
    picture: Any = SimpleNamespace(enlarged=enlarged, box=SimpleNamespace(tighter=tighter, roll_deg=3.0))
    person: Any = SimpleNamespace(face=SimpleNamespace(roll_deg=3.0 + slope), head=SimpleNamespace(cut_off=cut_off))
    notes = list(headshot.notes_on(picture, person))
    assert len(notes) == len(says)
    assert all(note.startswith(begin) for note, begin in zip(notes, says, strict=True))


def test_the_backdrop_s_light_falls_on_the_edges_as_strongly_as_asked(photo: Path) -> None:
    pictures = []
    for strength in (0.0, 1.0):
        report = made(photo, backgrounds=["color:#00ff00"], presets=["zoom"], light_wrap=strength, overwrite=True)
        assert report is not None
        pictures.append(np.asarray(cv2.imread(str(report.shots[0].target)), np.uint8).astype(int))
    differs = np.abs(pictures[1] - pictures[0]).max(axis=2) > 20
    assert 0.01 < differs.mean() < 0.3


def test_names_say_what_differs(photo: Path, tmp_path: Path) -> None:
    report = made(
        photo,
        presets=["square", "zoom"],
        backgrounds=["studio-grey", "transparent"],
        output=tmp_path / "out",
    )
    assert report is not None
    assert sorted(shot.target.name for shot in report.shots) == [
        "me-headshot-square-studio-grey.jpg",
        "me-headshot-square-transparent.png",
        "me-headshot-zoom-studio-grey.jpg",
        "me-headshot-zoom-transparent.png",
    ]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == sorted(
        shot.target.name for shot in report.shots
    )


def test_after_stop_nothing_is_written(photo: Path) -> None:
    stop = threading.Event()
    stop.set()
    assert made(photo, stop) is None
    assert [path.name for path in photo.parent.iterdir()] == ["me.png"]


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({"presets": ["square", "zoom"], "output": Path("one.jpg")}, "one file for 2 headshots"),
        ({"backgrounds": ["transparent"], "output": Path("one.jpg")}, "JPEG has no transparency"),
        ({"output": Path("one.gif")}, "write a folder, or a file ending in"),
        ({"output": Path("me.png")}, "input"),
        ({"sheet": Path("sheet.gif")}, "--sheet sheet.gif: write a name ending in"),
        ({"output": Path("one.png"), "sheet": Path("one.png")}, "give the sheet another one"),
        ({"backgrounds": ["studio-green"]}, "the studio has studio-grey"),
        ({"backgrounds": ["matte"]}, "none for a headshot"),
        ({"backgrounds": ["a/wall.png", "b/wall.png"]}, "two backgrounds would have one name"),
    ],
)
def test_orders_that_cannot_be_carried_out(
    photo: Path, order: dict[str, object], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(photo.parent)
    for name in ("a", "b"):
        Path(name).mkdir()
        cv2.imwrite(f"{name}/wall.png", np.full((9, 9, 3), 90, np.uint8))
    with pytest.raises(SettingsError, match=says):
        made(photo, **order)
    assert sorted(path.name for path in Path().iterdir()) == ["a", "b", "me.png"]


def test_an_existing_file_is_not_replaced(photo: Path) -> None:
    photo.with_name("me-headshot.jpg").write_bytes(b"mine")
    with pytest.raises(SinkError, match="exists"):
        made(photo)
    assert photo.with_name("me-headshot.jpg").read_bytes() == b"mine"
