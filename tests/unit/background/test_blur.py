"""The blurred room holds nothing of the person."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from cyclorama.background.blur import Blur
from cyclorama.core.frames import U8

ROOM = (60, 120, 180)
PERSON = (250, 10, 240)


def scene(height: int = 360, width: int = 640) -> tuple[U8, U8]:
    pixels = np.full((height, width, 3), ROOM, np.uint8)
    alpha = np.zeros((height, width), np.uint8)
    alpha[height // 4 :, width // 3 : width * 2 // 3] = 255
    pixels[alpha > 0] = PERSON
    return pixels, alpha


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("size", [(360, 640), (719, 1279), (1080, 608)])
def test_no_colour_of_the_person_is_smeared(strength: float, size: tuple[int, int]) -> None:
    pixels, alpha = scene(*size)
    blurred = Blur("blur", strength).render(pixels, alpha, 0.0)
    assert blurred.shape == pixels.shape
    assert blurred.dtype == np.uint8
    assert np.abs(blurred.astype(int) - ROOM).max() <= 2


def test_a_person_who_fills_the_picture_leaves_something_plain() -> None:
    pixels, alpha = scene()
    blurred = Blur("blur", 0.5).render(pixels, np.full_like(alpha, 255), 0.0)
    assert np.ptp(blurred.reshape(-1, 3), axis=0).max() <= 1
    assert np.abs(blurred.astype(int) - PERSON).max() > 40


def test_more_strength_keeps_less_detail() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (360, 640, 3), np.uint8)
    empty = np.zeros((360, 640), np.uint8)
    detail = [float(Blur("blur", s).render(pixels, empty, 0.0).std()) for s in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert detail == sorted(detail, reverse=True)
    assert detail[-1] < detail[0] / 2


def test_an_outline_that_trembles_does_not_flicker() -> None:
    pixels, alpha = scene()
    narrower = alpha.copy()
    narrower[:, 213:225] = 0  # the matte misses a strip of the person in every other frame
    blur = Blur("blur", 0.5)
    frames = [blur.render(pixels, a, i / 30).astype(int) for i, a in enumerate([alpha, narrower] * 4)]
    fresh = Blur("blur", 0.5).render(pixels, narrower, 0.0).astype(int)
    flicker = max(np.abs(b - a).max() for a, b in pairwise(frames))
    assert flicker < np.abs(fresh - frames[0]).max() / 2


def test_a_place_that_was_left_is_seen_again() -> None:
    pixels, alpha = scene()
    blur = Blur("blur", 0.5)
    blur.render(pixels, alpha, 0.0)
    room = np.random.default_rng(0).integers(0, 255, pixels.shape, np.uint8)
    empty = np.zeros_like(alpha)
    for i in range(1, 120):
        seen = blur.render(room, empty, i / 30)
    expected = Blur("blur", 0.5).render(room, empty, 0.0)
    assert np.abs(seen.astype(int) - expected).max() <= 3


def test_a_place_that_was_left_is_trusted_bit_by_bit() -> None:
    """At once it would flicker, after two seconds it would be a ghost of the person."""
    pixels, alpha = scene()
    empty = np.zeros_like(alpha)
    blur = Blur("blur", 0.5)
    held = blur.render(pixels, alpha, 0.0)[200, 320].astype(int)
    room = pixels.copy()
    room[alpha > 0] = (20, 200, 30)  # what stood behind them
    expected = Blur("blur", 0.5).render(room, empty, 0.0)[200, 320].astype(int)
    off = {step: np.abs(blur.render(room, empty, step / 30)[200, 320] - expected).max() for step in range(1, 61)}
    whole = np.abs(held - expected).max()
    assert whole > 60
    assert off[3] > 0.9 * whole and off[20] < 0.1 * whole
    assert list(off.values()) == sorted(off.values(), reverse=True)


def test_it_cannot_stand_alone() -> None:
    assert Blur("blur", 0.5).card((64, 48), 0.0) is None
