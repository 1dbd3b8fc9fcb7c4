"""The contact sheet of headshots: sizes, and every variant in its own tile."""

from __future__ import annotations

import numpy as np
import pytest

from cyclorama.compose.contact_sheet import GAP, PAPER
from cyclorama.stills.headshot.sheet import SIDE, sheet, small_size


@pytest.mark.parametrize(
    ("size_wh", "small"), [((1024, 1024), (SIDE, SIDE)), ((1200, 1500), (288, SIDE)), ((1920, 1080), (SIDE, 202))]
)
def test_the_longer_side_is_that_of_a_tile(size_wh: tuple[int, int], small: tuple[int, int]) -> None:
    assert small_size(size_wh) == small


def test_every_variant_is_whole_and_in_the_middle_of_its_tile() -> None:
    rng = np.random.default_rng(0)
    tall, square = (rng.integers(0, 256, (SIDE, width, 3), np.uint8) for width in (288, SIDE))
    out = sheet([("tall", tall), ("square", square)], columns=2)
    corners = [
        (row, column)
        for picture in (tall, square)
        for row, column in np.argwhere((out[:, :, :] == picture[0, 0]).all(axis=2))
        if np.array_equal(out[row : row + SIDE, column : column + picture.shape[1]], picture)
    ]
    (top, left), (other_top, other_left) = corners
    assert top == other_top
    margin = (SIDE - 288) // 2
    assert other_left - left == SIDE + GAP - margin, "side by side"
    assert left >= margin
    assert (out[top : top + SIDE, left - margin : left] == PAPER).all()
    assert (out[top : top + SIDE, left + 288 : left + 288 + margin] == PAPER).all()
