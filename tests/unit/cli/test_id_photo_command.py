"""``cyclorama id-photo``: files, codes, warnings, and what is refused before anything is made."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from cyclorama.models.bundled import bundled_path

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def me(tmp_path: Path) -> Path:
    """The bundled portrait in a folder of its own."""
    return Path(shutil.copy(bundled_path("portrait.png"), tmp_path / "me.png"))


@pytest.fixture
def studio(studio_photo: Path, tmp_path: Path) -> Path:
    """A photo that breaks no rule of Canada's, in a folder of its own."""
    return Path(shutil.copy(studio_photo, tmp_path / "studio.jpg"))


def test_a_picture_that_breaks_rules_is_made_and_told(cyclorama: Run, me: Path) -> None:
    code, said, err = cyclorama("id-photo", str(me), "--spec", "us")
    assert code == 6 and err == ""
    assert "FAIL  background colour" in said and "ok    head, chin to hair" in said
    assert "Unofficial: the authority alone decides." in said
    assert said.endswith("--spec us --sheet 10x15 makes a sheet to print\n")
    picture = Image.open(me.with_name("me-us.jpg"))
    assert picture.size == (600, 600) and picture.info["dpi"] == (300, 300)
    assert me.with_name("me-us.jpg").stat().st_size <= 240_000


def test_a_good_photo_passes_with_everything(cyclorama: Run, studio: Path) -> None:
    report = studio.with_name("check.png")
    code, said, err = cyclorama(
        "id-photo", str(studio), "-s", "canada", "--sheet", "10x15", "--sheet", "a4", "--report", str(report), "--json"
    )
    result = json.loads(said)
    assert code == 0, (said, err)
    assert result["passed"] is True and result["official"] is False
    assert result["spec"] == "canada" and result["size_mm"] == [50.0, 70.0]
    names = ["studio-canada.jpg", "check.png", "studio-canada-10x15.jpg", "studio-canada-a4.jpg"]
    assert [Path(name).name for name in result["files"]] == names
    with Image.open(studio.with_name("studio-canada-a4.jpg")) as sheet:
        dpi = result["dpi"]
        assert sheet.info["dpi"] == (dpi, dpi)
        assert sorted(side * 25.4 / dpi for side in sheet.size) == pytest.approx([210, 297], abs=0.05)
    head = result["mm_from_top"]["chin"] - result["mm_from_top"]["crown"]
    (check,) = (check for check in result["checks"] if check["name"] == "head, chin to crown")
    assert check["value"] == pytest.approx(head) and 31 <= head <= 36
    with Image.open(report) as drawn:
        assert drawn.height > 1200


def test_a_new_background_warns_and_names_who_refuses_it(cyclorama: Run, studio: Path) -> None:
    code, said, err = cyclorama("id-photo", str(studio), "-s", "us", "--replace-background", "auto")
    assert code == 6
    assert err.startswith("cyclorama: warning: the background is painted over. United States: passport, visa")
    assert "refused by us, uk, schengen, canada, india, india-digital, australia" in err
    assert "FAIL  unaltered" in said
    code, said, err = cyclorama("id-photo", str(studio), "-s", "germany", "--replace-background", "auto")
    assert code == 0 and "warning" in err and "ask the authority" in err


def test_that_a_photo_may_not_be_handed_in_comes_first(cyclorama: Run, studio: Path) -> None:
    code, said, _ = cyclorama("id-photo", str(studio), "-s", "germany", "--sheet", "10x15")
    assert code == 0 and "Next:" not in said, "a sheet is made already"
    assert said.startswith("A photo made at home is not accepted: since 2025-05-01")
    assert "not accepted from home, though the picture itself passes" in said
    code, said, _ = cyclorama("id-photo", str(studio), "-s", "germany", "--json", "--overwrite")
    result = json.loads(said)
    assert result["home"] is False and "certified photographer" in result["home_photo"]
    assert list(result).index("home") < list(result).index("passed")


def test_a_size_of_one_s_own(cyclorama: Run, studio: Path) -> None:
    code, said, err = cyclorama("id-photo", str(studio), "--size-mm", "30x40", "--kb", "15-25", "--json")
    result = json.loads(said)
    assert code == 0, (said, err)
    picture = studio.with_name("studio-30x40mm.jpg")
    assert 15_000 <= picture.stat().st_size <= 25_000
    with Image.open(picture) as image:
        assert image.size == (354, 472) and image.info["dpi"] == (300, 300)
    assert result["home"] is None and result["size_mm"] == [30.0, 40.0]


def test_advice_stands_below_what_failed(cyclorama: Run, me: Path) -> None:
    _, said, _ = cyclorama("id-photo", str(me), "-s", "us")
    lines = said.splitlines()
    at = next(index for index, line in enumerate(lines) if line.startswith("FAIL  background even"))
    assert lines[at + 1].strip().startswith("do this: stand a metre from the wall")
    assert sum("do this" in line for line in lines) == sum(line.startswith("FAIL") for line in lines)


def test_the_rules_are_listed_with_source_and_date(cyclorama: Run) -> None:
    code, said, _ = cyclorama("id-photo", "--specs")
    assert code == 0
    assert "us " in said and "US Department of State" in said and "Read on 2026-11-29" in said
    of = {rules.split()[0]: rules.splitlines() for rules in said.split("\n\n")}
    assert of["us"][1].strip().startswith("A photo made at home may be handed in: ")
    assert of["us"][2].strip() == (
        "50.8 x 50.8 mm, head 25 to 35 mm from the chin to the hair, eyes 28 to 35 mm above the bottom, "
        "background white or off-white, in colour, 600x600 to 1200x1200 pixels, 240 kB at most."
    )
    assert of["canada"][2].strip() == (
        "50 x 70 mm, head 31 to 36 mm from the chin to the crown, background white or off-white, "
        "in colour or black and white."
    )
    code, said, _ = cyclorama("id-photo", "--specs", "--json")
    assert {"us", "uk", "schengen", "icao"} <= {spec["name"] for spec in json.loads(said)}


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["{me}"], 2, "needs a PHOTO and a --spec"),
        (["--spec", "us"], 2, "needs a PHOTO and a --spec"),
        (["{me}", "-s", "germny"], 2, "did you mean germany"),
        (["{me}", "--size-mm", "35x45", "-s", "us"], 2, "us has its size: leave one of them out"),
        (["{me}", "--size-mm", "35"], 2, "--size-mm: '35' is no size: write WIDTHxHEIGHT in millimetres"),
        (["{me}", "--size-mm", "3x4"], 2, "--size-mm: 3x4 is not a width and a height from 15 to 200 millimetres"),
        (["{me}", "--size-mm", "20x80"], 2, "is no shape for a portrait"),
        (["{me}", "-s", "us", "--kb", "a-b"], 2, "--kb: 'a-b' is no size of a file: write MIN-MAX"),
        (["{me}", "-s", "us", "--kb", "100-20"], 2, "--kb: 100-20 are no sizes of a file: write MIN-MAX"),
        (["{me}", "-s", "us", "--kb", "300-400"], 2, "takes files of 240 kB at most"),
        (["{me}", "-s", "us", "--dpi", "72"], 2, "--dpi: 72 is not one of 300, 600"),
        (["{me}", "-s", "us", "--sheet", "a3"], 2, "'a3' is not one of 10x15, a4, letter"),
        (["{me}", "-s", "us", "-o", "out.png"], 2, "write a name ending in .jpg"),
        (["{me}", "-s", "us", "--report", "out.txt"], 2, "--report out.txt: write a name ending in"),
        (["{me}", "-s", "us", "-o", "a.jpg", "--report", "a.jpg"], 2, "have to be different files"),
        (["{me}", "-s", "us", "--replace-background", "nocolour"], 2, "is no colour"),
        (["absent.jpg", "-s", "us"], 3, "no such file"),
        (["{folder}", "-s", "us", "-o", "a.jpg"], 3, "is a folder"),
        (["{text}", "-s", "us"], 3, "no picture that can be read"),
        (["{me}", "-s", "us", "-o", "{text}/out.jpg"], 5, "text.jpg"),
    ],
)
def test_what_cannot_be_is_one_line(
    cyclorama: Run, me: Path, arguments: list[str], code: int, says: str, empty_folder: Path
) -> None:
    text = me.with_name("text.jpg")
    text.write_text("no picture")
    places = {"me": str(me), "folder": str(me.parent), "text": str(text)}
    got, _, err = cyclorama("id-photo", *(word.format(**places) for word in arguments))
    lines = [line for line in err.splitlines() if "warning" not in line]
    assert got == code, err
    assert len(lines) == 1 and says in lines[0]
    assert not list(empty_folder.iterdir()), "nothing is left"


def test_nothing_is_overwritten_unasked(cyclorama: Run, me: Path) -> None:
    there = me.with_name("me-us-a4.jpg")
    there.write_bytes(b"mine")
    code, _, err = cyclorama("id-photo", str(me), "-s", "us", "--sheet", "a4")
    assert code == 5 and "me-us-a4.jpg exists" in err
    assert there.read_bytes() == b"mine" and not me.with_name("me-us.jpg").exists()
    code, said, _ = cyclorama("id-photo", str(me), "-s", "us", "--sheet", "a4", "--overwrite", "--json")
    assert code == 6 and there.stat().st_size > 10_000
    result = json.loads(said)
    assert result["passed"] is False
    broken = {check["name"]: check["advice"] for check in result["checks"] if check["passed"] is False}
    assert len(broken) == 3 and all(broken.values())
    assert list(result["mm_from_top"]) == ["hair", "crown", "eyes", "chin"]
    heights = list(result["mm_from_top"].values())
    assert heights == sorted(heights) and heights[1] > heights[0] + 0.3, "above the crown there is hair"


def test_a_photo_of_nobody(cyclorama: Run, tmp_path: Path) -> None:
    Image.new("RGB", (300, 300), (200, 200, 200)).save(tmp_path / "wall.jpg")
    code, _, err = cyclorama("id-photo", str(tmp_path / "wall.jpg"), "-s", "icao")
    assert code == 3 and "shows no face" in err
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["wall.jpg"]
