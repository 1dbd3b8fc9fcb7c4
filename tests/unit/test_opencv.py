"""A picture is halved once, and kept alive by nobody."""

from __future__ import annotations

import gc
import weakref

import numpy as np

from cyclorama.opencv import halved


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
