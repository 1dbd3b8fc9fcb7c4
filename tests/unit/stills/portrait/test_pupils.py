"""Irises where they were seen by eye, and none where eyes are closed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.models.bundled import bundled_path
from cyclorama.pictures.decode import load_picture
from cyclorama.stills.portrait.face import FaceFinder, FaceGeometry
from cyclorama.stills.portrait.pupils import find_pupils

BUNDLED = ((203.8, 101.2), (247.1, 103.6))
"""The pupils of the bundled portrait, measured by eye on an enlargement."""
LARGE = ((920.0, 860.0), (1123.0, 870.0))
"""The same of shared/photos/portrait_2048.jpg."""


@pytest.fixture(scope="module")
def finder() -> Iterator[FaceFinder]:
    with FaceFinder() as finder:
        yield finder


def measured(finder: FaceFinder, pixels: U8) -> tuple[FaceGeometry, tuple[tuple[float, float], tuple[float, float]]]:
    [face] = finder.find(pixels)
    found = find_pupils(pixels, face)
    assert found is not None
    return face, found


def agrees(found: tuple[tuple[float, float], tuple[float, float]], by_hand: tuple[tuple[float, float], ...]) -> bool:
    apart = math.dist(*by_hand)
    near = all(math.dist(one, other) < 0.03 * apart for one, other in zip(found, by_hand, strict=True))
    middles = [np.mean(eyes, axis=0) for eyes in (found, by_hand)]
    return near and math.dist(*middles) < 0.018 * apart and math.dist(*found) == pytest.approx(apart, rel=0.03)


def test_the_bundled_portrait_as_measured_by_hand(finder: FaceFinder) -> None:
    assert agrees(measured(finder, load_picture(bundled_path("portrait.png")))[1], BUNDLED)


def test_the_large_portrait_as_measured_by_hand(finder: FaceFinder, shared: Path) -> None:
    face, found = measured(finder, load_picture(shared / "photos" / "portrait_2048.jpg"))
    assert agrees(found, LARGE)
    assert not agrees((face.right_eye, face.left_eye), LARGE), "the network alone does it too: pupils is not needed"


def test_a_tilted_photo_has_its_pupils_in_the_same_places(finder: FaceFinder) -> None:
    turn = cv2.getRotationMatrix2D((225, 103), 35, 1)
    pixels = cv2.warpAffine(load_picture(bundled_path("portrait.png")), turn, (512, 512))
    there = np.column_stack([np.array(BUNDLED), np.ones(2)]) @ turn.T
    assert agrees(measured(finder, np.asarray(pixels, np.uint8))[1], tuple((x, y) for x, y in there))


def test_closed_eyes_have_none(finder: FaceFinder) -> None:
    pixels = load_picture(bundled_path("portrait.png"))
    face, _ = measured(finder, pixels)
    closed = face.points.copy()
    closed[[145, 144, 153, 374, 380, 373]] = closed[[159, 160, 158, 386, 385, 387]]
    assert find_pupils(pixels, replace(face, points=closed)) is None


def test_a_photo_too_dark_to_tell_has_none(finder: FaceFinder) -> None:
    pixels = load_picture(bundled_path("portrait.png"))
    face, _ = measured(finder, pixels)
    assert find_pupils(pixels // 8, face) is None
