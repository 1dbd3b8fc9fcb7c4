"""Lightness, colour and evenness of backgrounds whose values are known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.stills.id_photo.background import BackgroundMeasures, measure_background


def person() -> U8:
    """A matte of a person in the middle of 300x400."""
    matte = np.zeros((400, 300), np.uint8)
    cv2.ellipse(matte, (150, 180), (60, 90), 0, 0, 360, 255, -1)
    matte[270:, 60:240] = 255
    return matte


def look(pixels: U8) -> BackgroundMeasures:
    found = measure_background(pixels, person())
    assert found is not None
    return found


def test_a_plain_colour_is_what_it_is() -> None:
    pixels = np.full((400, 300, 3), (119, 119, 119), np.uint8)
    pixels[person() > 0] = (0, 0, 255)
    found = look(pixels)
    assert found.lightness == pytest.approx(50.0, abs=0.5)  # sRGB 119 is CIE L* 50
    assert found.chroma < 1 and found.spread < 1 and found.tint < 1, "the person does not count"


def test_colour_is_told_from_grey() -> None:
    cream = np.full((400, 300, 3), (200, 235, 245), np.uint8)
    assert look(cream).chroma > 10


def test_a_shadow_is_uneven_and_noise_is_not() -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(230 + rng.normal(0, 8, (400, 300, 3)), 0, 255).astype(np.uint8)
    assert look(noisy).spread < 4
    shaded = noisy.copy()
    shaded[:150, :100] = shaded[:150, :100] // 4 * 3
    assert look(shaded).spread > 12


def test_a_coloured_thing_is_uneven_though_as_light() -> None:
    pixels = np.full((400, 300, 3), (200, 200, 200), np.uint8)
    pixels[:100, :80] = (160, 200, 225)
    assert look(pixels).tint > 8
    assert look(pixels).spread < 6


def test_hair_that_the_matte_lost_is_not_the_background_s() -> None:
    pixels = np.full((400, 300, 3), 230, np.uint8)
    pixels[cv2.dilate(person(), np.ones((15, 15), np.uint8)) > 0] = 20  # seven pixels around
    assert look(pixels).spread < 1


def test_what_is_half_a_person_is_no_background() -> None:
    matte, pixels = person(), np.full((400, 300, 3), 230, np.uint8)
    matte[20:60, 100:200], pixels[20:60, 100:200] = 120, 20  # hair that stands up
    found = measure_background(pixels, matte)
    assert found is not None and found.spread < 1


def test_too_little_background_is_not_judged() -> None:
    matte = np.full((400, 300), 255, np.uint8)
    matte[:8] = 0
    assert measure_background(np.zeros((400, 300, 3), np.uint8), matte) is None
