"""Shadows lie on the ground, where objects touch it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.shadow import contact_shadow

RNG = np.random.default_rng(11)


def empty(width: int = 400, height: int = 300) -> U8:
    return np.zeros((height, width), np.uint8)


def table() -> U8:
    """A slab on two legs, 200 wide, on the ground of row 200."""
    alpha8 = empty()
    alpha8[140:160, 100:300] = 255
    alpha8[160:200, 110:130] = 255
    alpha8[160:200, 270:290] = 255
    return alpha8


def test_it_is_dark_where_a_thing_touches_and_faint_where_it_hangs() -> None:
    shadow = contact_shadow(table())
    at_leg, between = shadow[199:203, 110:130].mean(), shadow[199:203, 190:210].mean()
    assert at_leg > 60
    assert between < at_leg / 3
    assert shadow[:120].max() == 0, "nothing above"
    assert shadow[230:].max() < 10, "and little far below"


def test_a_ball_touches_in_one_place() -> None:
    alpha8 = empty()
    cv2.circle(alpha8, (200, 150), 80, 255, -1)
    shadow = contact_shadow(alpha8)
    row = shadow[231].astype(float)
    assert row[200] > 80
    assert row[130] < row[160] < row[200] > row[240] > row[270]
    assert (row @ np.arange(400)) / row.sum() == pytest.approx(200, abs=2)


def test_the_ground_may_slope_as_a_car_s_does() -> None:
    alpha8 = empty()
    cv2.fillPoly(alpha8, [np.array([[60, 200], [340, 120], [340, 60], [60, 100]])], 255)
    shadow = contact_shadow(alpha8)
    for x, y in ((100, 188), (200, 160), (300, 131)):
        assert shadow[y + 2, x] > 60, "beside the lower edge"
        assert shadow[y + 40, x] < 15


def test_each_thing_has_its_own() -> None:
    alpha8 = empty()
    alpha8[50:250, 40:140] = 255
    alpha8[50:150, 260:360] = 255
    shadow = contact_shadow(alpha8)
    assert shadow[251, 90] > 80 < shadow[151, 310]
    assert shadow[251, 310] == 0


def test_what_stands_outside_or_is_no_thing_throws_none() -> None:
    cut = empty()
    cut[100:, 100:300] = 255
    assert contact_shadow(cut).max() == 0
    assert contact_shadow(empty()).max() == 0
    assert contact_shadow(np.full((20, 30), 90, np.uint8)).max() == 0


@pytest.mark.parametrize(("shape", "stands"), [((1, 1), False), ((1, 50), False), ((50, 1), True), ((3, 2000), True)])
def test_pictures_of_any_shape(shape: tuple[int, int], stands: bool) -> None:
    alpha8 = np.zeros(shape, np.uint8)
    alpha8[0] = 255
    shadow = contact_shadow(alpha8)
    assert shadow.shape == shape
    assert (shadow[0] > 20).any() == (shadow[1:] > 15).any() == stands, "on the ground below, where there is one"
    assert shadow[0].max() == shadow.max() and not shadow[5:].any()


def test_large_pictures_get_the_same_as_small_ones() -> None:
    small = contact_shadow(table())
    large = contact_shadow(np.asarray(cv2.resize(table(), None, fx=8, fy=8, interpolation=cv2.INTER_NEAREST), np.uint8))
    again = cv2.resize(large, (400, 300), interpolation=cv2.INTER_AREA)
    assert np.abs(again.astype(int) - small).mean() < 1
