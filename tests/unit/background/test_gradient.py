"""Gradients: ends, direction, no bands."""

from __future__ import annotations

import numpy as np
import pytest

from cyclorama.background.gradient import paint_gradient


def test_ends_are_the_colours_that_were_asked_for() -> None:
    picture = paint_gradient((10, 20, 200), (240, 200, 30), 90.0, (64, 48)).astype(int)
    assert np.abs(picture[0] - (200, 20, 10)).max() <= 1
    assert np.abs(picture[-1] - (30, 200, 240)).max() <= 1


@pytest.mark.parametrize(
    ("angle", "first", "last"),
    [(0, (24, 0), (24, 63)), (90, (0, 32), (47, 32)), (180, (24, 63), (24, 0)), (45, (0, 0), (47, 63))],
)
def test_direction(angle: float, first: tuple[int, int], last: tuple[int, int]) -> None:
    picture = paint_gradient((0, 0, 0), (255, 255, 255), angle, (64, 48))
    assert picture[first].max() <= 1
    assert picture[last].min() >= 254


def test_one_colour_twice_is_that_colour() -> None:
    assert (paint_gradient((7, 8, 9), (7, 8, 9), 30.0, (20, 10)) == (9, 8, 7)).all()


def test_a_slow_gradient_has_no_bands() -> None:
    picture = paint_gradient((40, 40, 40), (48, 48, 48), 90.0, (256, 1024))[..., 0].astype(float)
    rows = picture.mean(1)
    steps = np.abs(rows[32:] - rows[:-32])  # undithered, half of these are 0 and the rest 1
    assert steps.max() < 0.5
    assert (picture[512] != picture[512, 0]).any()


def test_the_middle_is_not_grey() -> None:
    middle = paint_gradient((255, 255, 0), (0, 0, 255), 0.0, (101, 3))[1, 50].astype(int)
    assert middle.max() - middle.min() > 40


def test_white_stays_white_where_the_noise_is_greatest() -> None:
    """In single precision 255 and the greatest noise are 256, which would be black dots in eight bits."""
    assert paint_gradient((255, 255, 255), (255, 255, 255), 90, (1024, 1024)).min() == 255
