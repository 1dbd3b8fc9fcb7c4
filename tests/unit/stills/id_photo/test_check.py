"""Each rule of the unofficial check, kept and broken."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import F32
from cyclorama.models.bundled import bundled_path
from cyclorama.pictures.decode import load_picture
from cyclorama.stills.id_photo.background import BackgroundMeasures
from cyclorama.stills.id_photo.check import (
    IdLines,
    IdPhotoCheck,
    check_background,
    check_color,
    check_file,
    check_head,
    check_pixels,
    passed,
)
from cyclorama.stills.id_photo.frame import IdFrame
from cyclorama.stills.id_photo.spec import find_spec
from cyclorama.stills.portrait.face import LEFT_LIDS, RIGHT_LIDS, FaceGeometry

US, UK, ICAO, CANADA, GERMANY = (find_spec(name) for name in ("us", "uk", "icao", "canada", "germany"))
GOOD = IdLines(crown=3.0, hair=2.0, chin=32.0, eyes=((21.4, 18.0), (29.4, 18.0)), pupils_seen=True)
"""Of a US picture, 50.8 mm a side."""


def face(open_px: float = 10.0, turned: float = 0.0, left_px: float | None = None) -> FaceGeometry:
    """Eyes 30 pixels wide, lids ``open_px`` apart, or ``left_px`` on the left; ``turned``: how much deeper the left
    side is."""
    points: F32 = np.zeros((468, 3), np.float32)
    points[[33, 133], 0], points[[263, 362], 0] = (0, 30), (110, 80)
    for lids, apart in ((RIGHT_LIDS, open_px), (LEFT_LIDS, open_px if left_px is None else left_px)):
        for upper, lower in lids:
            points[upper, 1], points[lower, 1] = -apart / 2, apart / 2
    for right, left in ((234, 454), (127, 356), (61, 291), (172, 397)):
        points[right, 0], points[left, 0] = -10, 120
    points[[454, 356, 263, 291, 397], 2] = turned
    return FaceGeometry(points, 20.0)


def head(lines: IdLines = GOOD, who: FaceGeometry | None = None, **options: object) -> dict[str, IdPhotoCheck]:
    arguments: dict[str, object] = {"levelled_deg": 0.0, "cut_off": False, **options}
    checks = check_head(US, lines, who or face(), **arguments)  # type: ignore[arg-type]
    return {check.name: check for check in checks}


def test_a_good_head_breaks_nothing() -> None:
    checks = head()
    assert passed(list(checks.values()))
    assert checks["head, chin to hair"].value == pytest.approx(30.0)
    assert checks["eyes above the bottom"].value == pytest.approx(32.8)
    assert checks["eyes apart"].value == pytest.approx(8.0)
    assert checks["eyes apart"].passed is None


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("head, chin to hair", replace(GOOD, hair=8.0)),
        ("head, chin to hair", replace(GOOD, hair=-4.0)),
        ("eyes above the bottom", replace(GOOD, eyes=((21.4, 12.0), (29.4, 12.0)))),
        ("tilt", replace(GOOD, eyes=((21.4, 17.5), (29.4, 18.5)))),
        ("tilt", replace(GOOD, eyes=((21.4, 18.5), (29.4, 17.5)))),
        ("centred", replace(GOOD, eyes=((15.4, 18.0), (23.4, 18.0)))),
        ("whole head", replace(GOOD, hair=-0.5)),
    ],
)
def test_a_line_out_of_place_breaks_its_rule(name: str, lines: IdLines) -> None:
    assert head()[name].passed is True
    assert head(lines)[name].passed is False


def test_pose_and_eyes() -> None:
    assert head(who=face(open_px=3))["eyes"].passed is False
    assert head(who=face(left_px=3))["eyes"].passed is False, "one is enough"
    assert head(who=face(open_px=3, left_px=10))["eyes"].passed is False
    for side in (1, -1):
        assert head(who=face(turned=40 * side))["turned to the side"].passed is False
        assert head(who=face(turned=10 * side))["turned to the side"].passed is True
    assert head(cut_off=True)["whole head"].passed is False
    assert "3.0 before the photo was levelled" in head(levelled_deg=3.0)["tilt"].found


def test_hair_counts_where_the_rules_say_so() -> None:
    us, uk = (check_head(spec, GOOD, face(), levelled_deg=0, cut_off=False)[0].value for spec in (US, UK))
    assert (us, uk) == (pytest.approx(30.0), pytest.approx(29.0))


def test_lengths_are_judged_to_a_tenth() -> None:
    assert head(replace(GOOD, hair=-3.04))["head, chin to hair"].passed is True
    assert head(replace(GOOD, hair=-3.06))["head, chin to hair"].passed is False


@pytest.mark.parametrize(
    ("look", "colour", "even"),
    [
        (BackgroundMeasures(95, 3, 4, 2), True, True),
        (BackgroundMeasures(80, 3, 4, 2), False, True),
        (BackgroundMeasures(95, 15, 4, 2), False, True),
        (BackgroundMeasures(95, 3, 15, 2), True, False),
        (BackgroundMeasures(95, 3, 4, 9), True, False),
    ],
)
def test_backgrounds(look: BackgroundMeasures, colour: bool, even: bool) -> None:
    assert [check.passed for check in check_background(US, look, "")] == [colour, even]


def test_a_painted_background_breaks_the_rule_of_those_who_refuse_it() -> None:
    look = BackgroundMeasures(95, 3, 4, 2)
    assert check_background(US, look, "#ffffff")[-1].passed is False
    assert check_background(GERMANY, look, "#ffffff")[-1].passed is None
    assert check_background(US, None, "")[0].passed is None


def frame(px_per_mm: float) -> IdFrame:
    return IdFrame((50.8, 50.8), (0.0, 0.0), (25.4, 18.0), px_per_mm, 0.0)


def test_a_photo_with_too_few_pixels_fails() -> None:
    own, size = check_pixels(US, GOOD, frame(600 / 25.4), 600)
    assert own.passed and size.passed
    own, size = check_pixels(US, GOOD, frame(200 / 25.4), 300)
    assert own.passed is False and "too few pixels, enlarged 1.50 times" in own.found
    assert size.passed, "the file itself is large enough"


def test_pixels_between_the_eyes_are_the_photo_s_own() -> None:
    lines = replace(GOOD, eyes=((13.0, 18.0), (21.0, 18.0)))  # 8 mm, 94 pixels at 300 dpi
    assert check_pixels(ICAO, lines, frame(300 / 25.4), 300)[-1].passed is True
    assert check_pixels(ICAO, lines, frame(150 / 25.4), 300)[-1].passed is False
    near = replace(GOOD, eyes=((13.0, 18.0), (18.0, 18.0)))  # 5 mm, 59 pixels of the file and 118 of the photo
    assert check_pixels(ICAO, near, frame(600 / 25.4), 300)[-1].passed is False, "and no more than the file has"


def test_black_and_white_fails_where_colour_is_asked_for() -> None:
    grey = np.full((8, 8, 3), 120, np.uint8)
    skin = np.full((8, 8, 3), (120, 150, 200), np.uint8)
    assert check_color(US, grey)[0].passed is False
    assert [check_color(find_spec(name), grey)[0].passed for name in ("schengen", "india", "australia")] == [False] * 3
    assert check_color(US, skin)[0].passed is True
    assert check_color(CANADA, grey) == []


@pytest.mark.parametrize("tone", [(0.75, 0.9, 1.05), (1.1, 1.0, 0.9)], ids=["sepia", "blue"])
def test_a_tone_over_a_black_and_white_photo_is_no_colour(tone: tuple[float, float, float]) -> None:
    face = load_picture(bundled_path("portrait.png"))[80:200, 165:285]
    assert check_color(US, face)[0].passed is True
    pale = (0.4 * face + 0.6 * face.mean(axis=2, keepdims=True)).astype(np.uint8)
    assert check_color(US, pale)[0].passed is True, "pale, and in colour"
    toned = np.clip(cv2.cvtColor(face, cv2.COLOR_BGR2GRAY)[..., None] * np.array(tone), 0, 255).astype(np.uint8)
    jpeg = cv2.imdecode(cv2.imencode(".jpg", toned, [cv2.IMWRITE_JPEG_QUALITY, 90])[1], cv2.IMREAD_COLOR)
    check = check_color(US, np.asarray(jpeg, np.uint8))[0]
    assert check.passed is False and check.found == "black and white, with a tone"


def test_file_sizes() -> None:
    assert check_file(US, 240_000)[0].passed is True
    assert check_file(US, 240_001)[0].passed is False
    assert check_file(UK, 49_999)[0].passed is False
    assert check_file(CANADA, 1) == []
