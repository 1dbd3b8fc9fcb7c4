"""Pictures for documents, made of real photos: measures as taken by hand, and nothing altered but place and size."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.matting.open import open_model
from cyclorama.models.bundled import bundled_path
from cyclorama.pictures.decode import load_picture
from cyclorama.stills.id_photo.frame import IdFrame
from cyclorama.stills.id_photo.id_photo import IdPhoto, Sitter, find_sitter, make_id_photo, picture_of, render_frame
from cyclorama.stills.id_photo.spec import find_spec
from cyclorama.stills.portrait.face import XY

PORTRAIT = bundled_path("portrait.png")
AGREES = 0.03
"""Of the head's height."""


def made(photo: Path, spec: str, *, paint: str | None = None, dpi: int | None = None, level: bool = True) -> IdPhoto:
    return make_id_photo(photo, find_spec(spec), dpi=dpi, level=level, paint=paint, model="selfie")


def found(photo: IdPhoto, name: str) -> bool | None:
    (passed,) = (check.passed for check in photo.checks if check.name == name)
    return passed


@pytest.fixture(scope="module")
def us() -> IdPhoto:
    return made(PORTRAIT, "us")


def by_hand(photo: IdPhoto, *, hair: XY, chin: XY, right: XY, left: XY) -> None:
    """Compare with places in the photo, in its pixels, that were read off enlargements by eye."""
    lines, height = photo.lines, photo.spec.size[1]
    hair, chin, right, left = (photo.frame.to_mm(place) for place in (hair, chin, right, left))
    head = chin[1] - hair[1]
    assert lines.chin - lines.hair == pytest.approx(head, rel=AGREES)
    assert lines.hair == pytest.approx(hair[1], abs=AGREES * head)
    assert lines.chin == pytest.approx(chin[1], abs=AGREES * head)
    assert max(math.dist(*pair) for pair in zip(lines.eyes, (right, left), strict=True)) < 0.015 * head
    assert lines.eyes_apart == pytest.approx(math.dist(right, left), rel=AGREES)
    assert height - lines.eye_line == pytest.approx(height - (right[1] + left[1]) / 2, rel=AGREES)


def test_the_bundled_portrait_measures_as_by_hand(us: IdPhoto) -> None:
    assert us.pixels.shape == (600, 600, 3) and us.dpi == 300
    by_hand(us, hair=(230.0, 15.5), chin=(220.0, 178.6), right=(203.8, 101.2), left=(247.1, 103.6))
    assert us.levelled_deg == pytest.approx(-3.2, abs=0.7)


def test_the_large_portrait_measures_as_by_hand(shared: Path) -> None:
    photo = made(shared / "photos" / "portrait_2048.jpg", "uk")
    assert photo.pixels.shape == (1063, 827, 3) and photo.dpi == 600
    by_hand(photo, hair=(1000.0, 395.0), chin=(1000.0, 1225.5), right=(920.0, 860.0), left=(1123.0, 870.0))
    assert found(photo, "photo's own pixels") is True
    assert photo.lines.crown > photo.lines.hair + 2, "big hair is not the crown"


def test_a_photo_with_much_around_the_head_is_measured_in_its_own_places(us: IdPhoto, tmp_path: Path) -> None:
    around = cv2.copyMakeBorder(load_picture(PORTRAIT), 0, 0, 2000, 2000, cv2.BORDER_CONSTANT, value=(200, 200, 200))
    cv2.imwrite(str(tmp_path / "wide.png"), around)
    wide = made(tmp_path / "wide.png", "us")
    assert wide.frame.eyes == pytest.approx((us.frame.eyes[0] + 2000, us.frame.eyes[1]), abs=1)
    assert wide.lines.hair == pytest.approx(us.lines.hair, abs=0.4)


@pytest.fixture(scope="module")
def sitter(studio_photo: Path) -> Sitter:
    return find_sitter(studio_photo, lambda: open_model("selfie"))


def test_hair_that_stands_up_does_not_count_where_the_rules_say_crown(sitter: Sitter) -> None:
    head = sitter.head
    tall = replace(head, hair_top=(head.hair_top[0], head.hair_top[1] - 0.25 * head.height))
    lines = picture_of(replace(sitter, head=tall), find_spec("uk"), dpi=600, level=True, paint=None).lines
    assert 29 <= lines.chin - lines.crown <= 34
    assert 0 < lines.hair < lines.crown - 6


@pytest.mark.parametrize(("across", "alone"), [(0.4, False), (4.0, True)])
def test_who_stands_outside_the_frame_does_not_count(sitter: Sitter, across: float, alone: bool) -> None:
    face = sitter.face
    other = replace(face, points=face.points + np.array([across * face.width, 0, 0], np.float32))
    both = picture_of(replace(sitter, faces=[face, other]), find_spec("uk"), dpi=300, level=True, paint=None)
    (check,) = (check for check in both.checks if check.name == "one person")
    assert (check.passed, check.found) == (alone, "1 face" if alone else "2 faces")


def test_a_good_quality_comes_before_fewer_pixels_and_a_poor_one_after(sitter: Sitter) -> None:
    spec = replace(find_spec("schengen"), dpi=(350, 250))
    usual = len(picture_of(sitter, spec, dpi=350, level=True, paint=None).file) / 1000
    chosen = []
    for share in (1.0, 0.6, 0.2):
        limited = replace(spec, kilobytes=(0.0, share * usual))
        chosen.append(picture_of(sitter, limited, dpi=None, level=True, paint=None).dpi)
    assert chosen == [350, 350, 250]


def test_where_no_pupil_is_seen_the_corners_of_the_eyes_count(us: IdPhoto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cyclorama.stills.id_photo.id_photo.find_pupils", lambda pixels, face: None)
    corners = made(PORTRAIT, "us")
    assert corners.lines.tilt_deg == pytest.approx(us.lines.tilt_deg, abs=2)
    assert max(math.dist(*pair) for pair in zip(corners.lines.eyes, us.lines.eyes, strict=True)) < 1
    (apart,) = (check.found for check in corners.checks if check.name == "eyes apart")
    assert apart.endswith(" (from the corners of the eyes)")


def test_what_the_portrait_breaks(us: IdPhoto) -> None:
    broken = {check.name for check in us.checks if check.passed is False}
    assert broken == {"background colour", "background even", "photo's own pixels"}


def test_a_photo_on_its_side_gives_the_same_picture(us: IdPhoto, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "side.png"), np.rot90(load_picture(PORTRAIT)))
    other = made(tmp_path / "side.png", "us")
    assert np.abs(other.pixels.astype(int) - us.pixels).mean() < 4
    assert other.lines.chin == pytest.approx(us.lines.chin, abs=0.3)


def test_a_tilt_may_be_left_and_a_strong_one_is(tmp_path: Path) -> None:
    left = made(PORTRAIT, "us", level=False)
    assert left.levelled_deg == 0
    assert left.lines.tilt_deg == pytest.approx(3.2, abs=0.7)
    turn = cv2.getRotationMatrix2D((225, 140), -12, 1)
    cv2.imwrite(str(tmp_path / "tilted.png"), cv2.warpAffine(load_picture(PORTRAIT), turn, (512, 512)))
    strong = made(tmp_path / "tilted.png", "uk")
    assert strong.levelled_deg == 0 and found(strong, "tilt") is False


def test_a_frame_as_fine_as_the_photo_is_a_copy_of_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    frame = IdFrame((35.0, 45.0), (200.0, 150.0), (17.5, 20.0), 4.0, 0.0)  # left 130, top 70
    assert np.array_equal(render_frame(pixels, frame, (140, 180)), pixels[70:250, 130:270])


def test_a_frame_turned_by_a_right_angle_is_a_copy_of_it() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (300, 400, 3), dtype=np.uint8)
    frame = IdFrame((35.0, 45.0), (200.0, 150.0), (17.5, 20.0), 4.0, 90.0)  # 180 wide and 140 high in the photo
    shown = render_frame(pixels, frame, (140, 180))
    assert np.abs(shown.astype(int) - np.rot90(pixels[80:220, 100:280])).mean() < 1


def test_a_levelled_frame_shows_what_stood_level() -> None:
    stripes = np.zeros((600, 600, 3), np.uint8)
    stripes[300:] = 255
    turn = cv2.getRotationMatrix2D((300, 300), -5, 1)  # clockwise
    turned = np.asarray(cv2.warpAffine(stripes, turn, (600, 600)), np.uint8)
    shown = render_frame(turned, IdFrame((35.0, 45.0), (300.0, 300.0), (17.5, 22.5), 6.0, 5.0), (210, 270))
    assert shown[:130].max() < 10 and shown[140:].min() > 245


def test_the_background_is_the_photo_s_own_unless_asked(us: IdPhoto) -> None:
    painted = made(PORTRAIT, "us", paint="white")
    corner = (slice(0, 60), slice(0, 100))
    assert (painted.pixels[corner] == 255).all()
    assert not (us.pixels[corner] > 245).any()
    assert found(painted, "background colour") is True and found(painted, "unaltered") is False
    assert "unaltered" not in {check.name for check in us.checks}
    face = slice(150, 350), slice(250, 350)
    assert np.abs(painted.pixels[face].astype(int) - us.pixels[face]).max() <= 3, "the face stays as it is"


def test_two_people_are_one_too_many(tmp_path: Path) -> None:
    pixels = load_picture(PORTRAIT)
    cv2.imwrite(str(tmp_path / "two.png"), np.hstack([pixels[:, 150:312], pixels[:, 150:312]]))
    assert found(made(tmp_path / "two.png", "us"), "one person") is False


def test_nobody_and_nothing(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "wall.png"), np.full((300, 300, 3), 200, np.uint8))
    with pytest.raises(CaptureError, match=r"wall\.png shows no face"):
        made(tmp_path / "wall.png", "us")
    with pytest.raises(CaptureError, match="no such file"):
        made(tmp_path / "absent.png", "us")
    with pytest.raises(SettingsError, match="--replace-background: "):
        made(PORTRAIT, "us", paint="no colour")
