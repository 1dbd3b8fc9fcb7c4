"""Every line of Python in the documentation, run where it stands, and what it makes looked at: a block that nobody
looks at fails here."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import cyclorama

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
ELSEWHERE = {("docs/cookbook.md", "From Python")}
"""Looked at in test_cookbook.py."""
TEAL = (0, 128, 128)


@dataclass(frozen=True)
class Block:
    page: str
    heading: str
    program: str


def blocks() -> list[Block]:
    found = []
    for page in PAGES:
        name, heading = page.relative_to(ROOT).as_posix(), ""
        for title, program in re.findall(
            r"^#+ (.*?)$|^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        ):
            heading = title.partition("(")[0].strip("`") if title else heading
            if program:
                found.append(Block(name, heading, program))
    return found


BLOCKS = blocks()


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory, studio_photo: Path) -> dict[str, Any]:
    """What the blocks of a page share, as a reader types them in one after the other; and a folder to run them in."""
    folder = tmp_path_factory.mktemp("documented")
    shutil.copy(studio_photo, folder / "me.jpg")
    cyclorama.live(
        source="demo", to=str(folder / "talk.mp4"), background="color:maroon", size=(320, 180), duration=0.6
    ).wait()
    return {"folder": folder}


def cheek(picture: Image.Image) -> tuple[int, int]:
    return round(0.46 * picture.width), round(0.37 * picture.height)


def is_skin(pixel: Any) -> bool:
    red, green, blue = (int(value) for value in pixel[:3])
    return red > green > blue and red > 120


def last_frame(path: Path) -> Any:
    with av.open(str(path)) as clip:
        return [frame.to_ndarray(format="rgb24") for frame in clip.decode(video=0)][-1]


def check_photos(space: dict[str, Any], out: str) -> None:
    picture, white, photo = space["picture"], space["white"], Image.open("me.jpg")
    assert picture.size == photo.size
    assert picture.getpixel(cheek(photo)) == (*photo.getpixel(cheek(photo)), 255)  # type: ignore[misc]
    assert picture.getpixel((3, 3))[3] == 0 and white.getpixel((1, 1)) == (255, 255, 255)
    assert white.height < photo.height and Image.open("me.png").tobytes() == picture.tobytes()


def check_headshot(space: dict[str, Any], out: str) -> None:
    picture, report = space["made"].picture, space["made"].report
    assert Image.open("linkedin.jpg").size == picture.size == (800, 800)
    assert is_skin(picture.getpixel((400, 400))) and report.slope_deg == pytest.approx(3.3, abs=1)
    assert out.startswith(str(report.slope_deg))


def check_id_photo(space: dict[str, Any], out: str) -> None:
    report = space["made"].report
    passport = Image.open("passport.jpg")
    assert passport.size == tuple(round(side / 25.4 * report.dpi) for side in (35, 45))
    assert is_skin(passport.getpixel((passport.width // 2, passport.height // 2)))
    assert report.passed == (not space["broken"])


def check_product(space: dict[str, Any], out: str) -> None:
    assert (np.asarray(space["made"].picture)[0] == 255).all()
    assert "background ok" in out.splitlines()
    assert "whole cut off by the photo: left, bottom, wanted: all of the product" in out.splitlines()


def check_frames(space: dict[str, Any], out: str) -> None:
    room, alpha, foreground, shown = (space[name] for name in ("room", "alpha", "foreground", "shown"))
    x, y = cheek(Image.open("me.jpg"))
    assert alpha.dtype == np.uint8 and alpha[y, x] == 255 and alpha[3, 3] == 0
    assert np.array_equal(foreground[y, x], room[y, x]) and foreground[3, 3].min() < 235  # the wall is 240
    assert tuple(shown[3, 3]) == TEAL[::-1] and np.abs(shown[y, x].astype(int) - room[y, x]).max() < 12
    assert out == ""


def check_sessions(space: dict[str, Any], out: str) -> None:
    status = space["status"]
    assert status.state == "running" and status.frames > 5 and status.fault is None
    shown = Image.open("shown.png")
    assert shown.size == (854, 480) and shown.getpixel((5, 5)) == TEAL and is_skin(shown.getpixel((410, 210)))
    assert is_skin(last_frame(Path("intro.mp4"))[320, 620])


def check_clips(space: dict[str, Any], out: str) -> None:
    report, frame = space["report"], last_frame(Path("teal.mp4"))
    assert out.splitlines()[-1].startswith(f"{report.frames} of ")  # in all: what the container says of it
    assert np.abs(frame[3, 3].astype(int) - TEAL).max() < 8 and is_skin(frame[80, 150])


def check_lists(space: dict[str, Any], out: str) -> None:
    assert "selfie Apache-2.0 here" in out and "rvm GPL-3.0 cyclorama models pull rvm" in out and "'office'" in out


def check_errors(space: dict[str, Any], out: str) -> None:
    assert space["message"] == "photo nowhere.jpg: there is no such file; check the path"


CHECKS: dict[tuple[str, str], Callable[[dict[str, Any], str], None]] = {
    ("docs/api.md", "Photos"): check_photos,
    ("docs/api.md", "headshot"): check_headshot,
    ("docs/api.md", "id_photo"): check_id_photo,
    ("docs/api.md", "product"): check_product,
    ("docs/api.md", "Frame by frame"): check_frames,
    ("docs/api.md", "Sessions"): check_sessions,
    ("docs/api.md", "Clips"): check_clips,
    ("docs/api.md", "What there is"): check_lists,
    ("docs/api.md", "Errors"): check_errors,
}


def test_every_block_is_looked_at() -> None:
    assert sorted((block.page, block.heading) for block in BLOCKS) == sorted([*CHECKS, *ELSEWHERE])


@pytest.mark.parametrize(
    "block",
    [block for block in BLOCKS if (block.page, block.heading) not in ELSEWHERE],
    ids=lambda block: f"{block.page}: {block.heading}",
)
def test_the_block_does_what_it_says(
    block: Block, space: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(space["folder"])
    space.setdefault("cyclorama", cyclorama)
    exec(block.program, space)
    CHECKS[block.page, block.heading](space, capsys.readouterr().out)
