"""A picture is halved once, and kept alive by nobody."""

from __future__ import annotations

import gc
import weakref

import cv2
import numpy as np
import pytest

from cyclorama.core.opencv import halved, resampled


def picture(level: int) -> np.ndarray:
    pixels = np.full((48, 64, 3), level, np.uint8)
    pixels.flags.writeable = False
    return pixels


def test_the_half_of_a_picture_in_use_is_kept_and_of_one_that_may_change_is_not() -> None:
    first, second = picture(10), picture(20)
    half = halved(first)
    assert half.shape == (24, 32, 3) and (half == 10).all()
    assert (halved(second) == 20).all()
    assert halved(first) is half
    open_to_change = np.full((48, 64, 3), 30, np.uint8)
    assert halved(open_to_change) is not halved(open_to_change)


def test_a_picture_that_nobody_uses_any_more_is_let_go() -> None:
    pixels = picture(40)
    half = weakref.ref(halved(pixels))
    whole = weakref.ref(pixels)
    del pixels
    gc.collect()
    assert whole() is None
    last = picture(50)
    halved(last)
    gc.collect()
    assert half() is None


@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 3)])
@pytest.mark.parametrize("size_wh", [(240, 320), (75, 100), (30, 40)])
def test_resampled_pictures_look_as_if_resized(shape: tuple[int, ...], size_wh: tuple[int, int]) -> None:
    picture = cv2.blur(np.random.default_rng(0).integers(0, 256, shape, np.uint8), (5, 5))
    expected = cv2.resize(picture, size_wh, interpolation=cv2.INTER_LINEAR)
    got = resampled(picture, size_wh)
    assert got.dtype == np.uint8 and got.shape == expected.shape
    assert np.abs(got.astype(int) - expected).max() <= 1


def test_a_picture_may_be_resampled_for_less_than_all_of_it() -> None:
    picture = np.arange(12, dtype=np.float32).reshape(3, 4)
    whole = resampled(picture, (8, 6))
    np.testing.assert_allclose(resampled(picture, (5, 3), (2, 2)), whole[:3, :5], atol=1e-5)
