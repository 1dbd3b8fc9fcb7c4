"""``cyclorama backgrounds``: the list, and the sheet."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.background.builtin import list_builtin
from cyclorama.compose.contact_sheet import CAPTION_H, GAP, TILE_WH

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def own(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the user's own backgrounds, with a red picture in it."""
    folder = empty_folder / "mine"
    folder.mkdir()
    cv2.imwrite(str(folder / "red.png"), np.full((36, 64, 3), (0, 0, 255), np.uint8))
    monkeypatch.setattr("cyclorama.background.gallery.user_folder", lambda: folder)
    return folder


def test_ours_and_the_users_are_listed(cyclorama: Run, own: Path) -> None:
    code, out, err = cyclorama("backgrounds")
    assert (code, err) == (0, "")
    groups = {part.partition(":\n")[0]: part.split("\n  ")[1:] for part in out.split("\n\n")[:3]}
    assert groups == {
        "Your own room": ["blur"],
        "Pictures that come with cyclorama": list(list_builtin()),
        "Yours": [str(own / "red.png")],
    }
    assert f"What you put into {own} is listed here.\nNext: cyclorama live --background " in out
    rows = [spec for specs in groups.values() for spec in specs]
    listed = json.loads(cyclorama("backgrounds", "--json")[1])
    assert [each["background"] for each in listed["backgrounds"]] == rows
    assert (listed["folder"], listed["sheet"]) == (str(own), None)


def test_the_sheet_has_each_of_them_and_tells_what_it_leaves_out(cyclorama: Run, own: Path) -> None:
    (own / "broken.jpg").write_text("no picture")
    code, out, err = cyclorama("backgrounds", "--sheet", "all.png")
    assert code == 0 and out.endswith("The sheet: all.png\n")
    assert err.count("\n") == 1 and "broken.jpg" in err and err.endswith("; it is left out\n")
    sheet = cv2.imread("all.png")
    shown = len(list_builtin()) + 1
    (width, height), rows = TILE_WH, -(-shown // 3)
    assert sheet is not None
    assert sheet.shape == (GAP + rows * (height + CAPTION_H + GAP), GAP + 3 * (width + GAP), 3)
    y = GAP + (shown - 1) // 3 * (height + CAPTION_H + GAP) + height // 2
    x = GAP + (shown - 1) % 3 * (width + GAP) + width // 2
    assert sheet[y, x].tolist() == [0, 0, 255]


@pytest.mark.parametrize(
    ("sheet", "code", "says"),
    [
        ("all.gif", 2, "--sheet all.gif: write a name ending in .png"),
        ("there.png", 5, "there.png exists: give --overwrite"),
        ("mine/red.png", 2, "red.png is both input and output"),
        ("nowhere/all.png", 5, "there is no folder nowhere"),
    ],
)
def test_a_sheet_that_cannot_be_written(cyclorama: Run, own: Path, sheet: str, code: int, says: str) -> None:
    Path("there.png").touch()
    got, out, err = cyclorama("backgrounds", "--sheet", sheet)
    assert (got, out) == (code, "")
    assert says in err and err.count("\n") == 1
