"""Squares of a photo: what they show, and the way back to the photo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.stills.portrait.rotated_square import RotatedSquare


def test_an_upright_square_of_its_own_size_is_a_copy() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    assert np.array_equal(RotatedSquare(40, 30, 20, 0).crop(pixels, 20), pixels[20:40, 30:50])


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_quarter_turn_is_that_of_numpy(turns: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    assert np.array_equal(RotatedSquare(40, 30, 20, 90 * turns).crop(pixels, 20), np.rot90(pixels[20:40, 30:50], turns))


@given(st.floats(0, 300), st.floats(0, 200), st.floats(10, 400), st.floats(-180, 180))
def test_a_dot_is_found_where_it_is(x: float, y: float, side: float, roll: float) -> None:
    pixels = np.zeros((200, 300, 3), np.uint8)
    pixels[90:98, 140:148] = 255  # about (144, 94)
    square = RotatedSquare(144 + 0.2 * side * np.cos(x), 94 + 0.2 * side * np.sin(y), side, roll)
    shown = square.crop(pixels, 100)[..., 0].astype(float)
    rows, columns = np.indices(shown.shape) + 0.5
    middle = np.array([[(columns * shown).sum(), (rows * shown).sum()]], np.float32) / shown.sum()
    assert square.to_photo(middle, 100)[0] == pytest.approx((144, 94), abs=0.02 * side + 0.5)


def test_beyond_the_photo_it_is_black() -> None:
    pixels = np.full((60, 80, 3), 255, np.uint8)
    shown = RotatedSquare(0, 30, 20, 0).crop(pixels, 20)
    assert not shown[:, :9].any() and shown[:, 11:].all()
    assert not RotatedSquare(-500, -500, 20, 0).crop(pixels, 20).any()
