"""The crown and the top of the hair, from mattes that were drawn and from those of the bundled network."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.frames import F32, U8
from cyclorama.matting.open import open_model
from cyclorama.models.bundled import bundled_path
from cyclorama.pictures.decode import load_picture
from cyclorama.stills.cut_out.alpha import photo_alpha
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry
from cyclorama.stills.portrait.head import HIGHEST, LOWEST, Head, measure_head

HAIR_TOP = 15.5
"""Of the bundled portrait, its highest row of hair, measured by eye on an enlargement."""
UNIT = 100.0
"""From the eyes to the chin of the drawn face."""


def with_hair(head: Head) -> float:
    """From the chin to the top of the hair, in pixels."""
    return math.dist(head.chin, head.hair_top)


def drawn(degrees: float = 0.0) -> FaceGeometry:
    """A face in the middle of 600x600, eyes 100 apart, tilted clockwise about the eyes' middle."""
    points: F32 = np.zeros((468, 3), np.float32)
    points[[33, 133], 0], points[[263, 362], 0] = -50, 50
    points[152, 1] = UNIT
    points[[234, 454], 0] = -75, 75
    roll = math.radians(degrees)
    turn = np.array([[math.cos(roll), -math.sin(roll)], [math.sin(roll), math.cos(roll)]], np.float32)
    points[:, :2] = points[:, :2] @ turn.T + 300
    return FaceGeometry(points, 20.0)


def covered_to(above_eyes: float, degrees: float = 0.0) -> U8:
    """A matte 300 wide, from so far above the eyes' line down to the bottom."""
    face = drawn(degrees)
    corners = [face.at(-150, -above_eyes), face.at(150, -above_eyes), face.at(150, 900), face.at(-150, 900)]
    matte = np.zeros((600, 600), np.uint8)
    return np.asarray(cv2.fillPoly(matte, [np.rint(corners).astype(np.int32)], 255), np.uint8)


@given(st.floats(90, 112), st.floats(-40, 40))
def test_the_crown_is_the_top_of_a_usual_head(above_eyes: float, degrees: float) -> None:
    head = measure_head(drawn(degrees), covered_to(above_eyes, degrees))
    assert head.height == pytest.approx(UNIT + above_eyes, abs=3)
    assert with_hair(head) == pytest.approx(head.height, abs=1e-6)
    assert math.dist(head.chin, head.crown) == pytest.approx(head.height)
    assert not head.cut_off


def test_big_hair_does_not_raise_the_crown() -> None:
    head = measure_head(drawn(), covered_to(180))
    assert head.height == pytest.approx(UNIT * (1 + HIGHEST))
    assert with_hair(head) == pytest.approx(UNIT + 180, abs=3)


def test_a_matte_that_misses_the_top_does_not_lower_the_crown() -> None:
    head = measure_head(drawn(), covered_to(20))
    assert head.height == with_hair(head) == pytest.approx(UNIT * (1 + LOWEST))


def test_a_few_strands_are_no_top() -> None:
    matte = covered_to(100)
    matte[100:, 297:303] = 255
    assert with_hair(measure_head(drawn(), matte)) == pytest.approx(UNIT + 100, abs=3)


def test_somebody_above_is_not_on_the_head() -> None:
    matte = covered_to(100)
    matte[:150] = 255
    assert with_hair(measure_head(drawn(), matte)) == pytest.approx(UNIT + 100, abs=3)


def test_a_photo_that_ends_within_the_head_says_so() -> None:
    face = drawn()
    face.points[:, 1] -= 205  # the eyes are 95 below the border
    head = measure_head(face, covered_to(900))
    assert head.cut_off
    assert with_hair(head) == pytest.approx(UNIT + 95, abs=3)
    assert head.crown[1] == pytest.approx(0, abs=3)


def test_the_portrait_as_measured_by_hand() -> None:
    pixels = load_picture(bundled_path("portrait.png"))
    with open_model("selfie") as model:
        alpha8 = photo_alpha(model, pixels)
    with FaceFinder() as finder:
        [face] = finder.find(pixels)
    head = measure_head(face, alpha8)
    by_hand = 178.6 - HAIR_TOP
    assert with_hair(head) == pytest.approx(by_hand, rel=0.03)
    assert head.hair_top[1] == pytest.approx(HAIR_TOP, abs=0.02 * by_hand)
    assert head.height <= with_hair(head)
    assert not head.cut_off
