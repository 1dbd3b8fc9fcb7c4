"""Faces of photos: at any angle and size they are found in the same places; nothing is found where nobody is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.models.bundled import bundled_path
from cyclorama.pictures.decode import load_picture
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry

RIGHT_EYE, LEFT_EYE, CHIN = (203.8, 101.2), (247.1, 103.6), (220.0, 178.6)
"""Of the bundled portrait, measured by eye on an enlargement: the pupils, and the lowest edge of the chin."""
CLOSE = 2.6
"""Pixels: 3 % of the face's height from eyes to chin, and of its width, both about 85."""


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as finder:
        yield finder


@pytest.fixture(scope="module")
def portrait() -> U8:
    return load_picture(bundled_path("portrait.png"))


def one(faces: list[FaceGeometry]) -> FaceGeometry:
    [face] = faces
    return face


def test_the_portrait_as_measured_by_hand(finder: FaceFinder, portrait: U8) -> None:
    face = one(finder.find(portrait))
    assert math.dist(face.right_eye, RIGHT_EYE) < CLOSE
    assert math.dist(face.left_eye, LEFT_EYE) < CLOSE
    assert face.chin[1] == pytest.approx(CHIN[1], abs=CLOSE)
    assert face.eye_distance == pytest.approx(math.dist(RIGHT_EYE, LEFT_EYE), rel=0.03)
    assert face.roll_deg == pytest.approx(3.2, abs=1)
    assert abs(face.yaw_deg) < 5
    assert min(face.openness) > 0.2


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_on_its_side_gives_the_same_face(finder: FaceFinder, portrait: U8, turns: int) -> None:
    upright = one(finder.find(portrait))
    face = one(finder.find(np.rot90(portrait, turns)))
    side = portrait.shape[0]
    x, y = face.chin
    for _ in range(turns):
        x, y = side - y, x
    assert math.dist((x, y), upright.chin) < CLOSE
    assert (face.quarter_turns + turns) % 4 == 0
    assert face.eyes_to_chin == pytest.approx(upright.eyes_to_chin, rel=0.02)


@pytest.mark.parametrize("degrees", [-60, -25, 40, 150])
def test_a_tilted_head_is_measured_along_its_own_axis(finder: FaceFinder, portrait: U8, degrees: int) -> None:
    upright = one(finder.find(portrait))
    turn = cv2.getRotationMatrix2D((225, 140), -degrees, 1)  # OpenCV turns against the clock
    face = one(finder.find(np.asarray(cv2.warpAffine(portrait, turn, (512, 512)), np.uint8)))
    difference = (face.roll_deg - upright.roll_deg - degrees + 180) % 360 - 180
    assert abs(difference) < 1.5
    assert face.eyes_to_chin == pytest.approx(upright.eyes_to_chin, rel=0.03)
    assert face.at(0, face.eyes_to_chin) == pytest.approx(face.chin, abs=12), "down leads to the chin"


@pytest.mark.parametrize("scale", [0.4, 3.0])
def test_size_does_not_matter(finder: FaceFinder, portrait: U8, scale: float) -> None:
    upright = one(finder.find(portrait))
    resized = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    face = one(finder.find(np.asarray(resized, np.uint8)))
    assert math.dist(face.chin, (upright.chin[0] * scale, upright.chin[1] * scale)) < CLOSE * scale


def test_a_mirrored_face_is_turned_to_the_other_side(finder: FaceFinder, shared: Path) -> None:
    clip = cv2.VideoCapture(str(shared / "clips" / "room_720p.mp4"))
    frame = np.asarray(clip.read()[1], np.uint8)
    face, other = one(finder.find(frame)), one(finder.find(frame[:, ::-1]))
    nose = face.points[1, 0] - face.eyes[0]
    assert nose * face.yaw_deg > 0, "the nose points to where the face is turned"
    assert other.yaw_deg == pytest.approx(-face.yaw_deg, abs=4)


def test_a_face_that_fills_the_photo(finder: FaceFinder, portrait: U8) -> None:
    face = one(finder.find(portrait[60:200, 160:290]))
    assert face.chin == pytest.approx((CHIN[0] - 160, CHIN[1] - 60), abs=CLOSE)


def test_two_people_the_larger_first(finder: FaceFinder, portrait: U8) -> None:
    half = cv2.resize(portrait, (256, 256), interpolation=cv2.INTER_AREA)
    both = np.zeros((512, 768, 3), np.uint8)
    both[:256, :256], both[:, 256:] = half, portrait
    large, small = finder.find(both)
    assert large.eyes[0] > 256 > small.eyes[0]
    assert large.width == pytest.approx(2 * small.width, rel=0.05)


def test_nobody_is_nobody(finder: FaceFinder) -> None:
    assert finder.find(np.full((300, 400, 3), 128, np.uint8)) == []
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), dtype=np.uint8)
    assert finder.find(noise) == []
    assert finder.find(np.zeros((1, 1, 3), np.uint8)) == []


def test_a_line_is_not_searched_for_faces(finder: FaceFinder, portrait: U8, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finder, "_detect", lambda pixels: pytest.fail("that would take a thousand looks"))
    assert finder.find(portrait[:1]) == []
