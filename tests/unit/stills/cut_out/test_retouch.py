"""The brush: it follows edges, fills holes, leaves alone what it does not touch."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.retouch import retouch
from cyclorama.stills.cut_out.strokes import Stroke

SIDE, EDGE = 160, 80
DOWN = [(66.0, 50.0), (68.0, 70.0), (65.0, 90.0), (67.0, 110.0)]
"""A path inside the subject, which a brush with a radius of 22 carries over the edge by 8 pixels."""


def texture(color: tuple[int, int, int], seed: int, contrast: float = 14) -> U8:
    noise = np.random.default_rng(seed).normal(0, contrast, (SIDE, SIDE, 3))
    return np.clip(np.float32(color) + cv2.GaussianBlur(noise, (0, 0), 1) * 2, 0, 255).astype(np.uint8)


SUBJECT, ROOM = texture((60, 80, 170), 1), texture((150, 130, 70), 2)


def scene(alpha8: U8, subject: U8 = SUBJECT, room: U8 = ROOM) -> U8:
    share = alpha8[..., None] / np.float32(255)
    return np.rint(subject * share + room * (1 - share)).astype(np.uint8)


def left_half() -> U8:
    """The subject on the left, with an edge two pixels wide."""
    columns = np.clip((EDGE + 1 - np.arange(SIDE)) * 127.5, 0, 255)
    return np.tile(columns, (SIDE, 1)).astype(np.uint8)


def error(alpha8: U8, true8: U8) -> float:
    return float(cv2.absdiff(alpha8, true8)[40:120, 40:120].mean())


def test_a_bite_at_the_edge_is_restored_up_to_the_edge() -> None:
    true = left_half()
    bitten = true.copy()
    cv2.circle(bitten, (78, 80), 25, 0, -1)
    mended = retouch(scene(true), bitten, [Stroke(True, DOWN, 22)])
    assert error(bitten, true) > 30 and error(mended, true) < 1
    assert mended[50:110, : EDGE - 3].min() > 245, "the subject is whole"
    assert mended[50:110, EDGE + 4 :].max() < 10, "nothing of the room comes with it"


def test_kept_room_at_the_edge_is_erased_up_to_the_edge() -> None:
    true = left_half()
    bumped = true.copy()
    cv2.circle(bumped, (82, 80), 25, 255, -1)
    path = [(2 * EDGE - x, y) for x, y in DOWN]
    mended = retouch(scene(true), bumped, [Stroke(False, path, 22)])
    assert error(bumped, true) > 30 and error(mended, true) < 1
    assert mended[50:110, : EDGE - 3].min() > 245, "nothing of the subject goes with it"
    assert mended[50:110, EDGE + 4 :].max() < 10


def test_a_weak_edge_holds() -> None:
    true = left_half()
    pixels = scene(true, texture((118, 118, 118), 1, 3), texture((140, 140, 140), 2, 3))
    bitten = true.copy()
    cv2.circle(bitten, (78, 80), 25, 0, -1)
    mended = retouch(pixels, bitten, [Stroke(True, DOWN, 22)])
    assert error(mended, true) < 3 < 30 < error(bitten, true)


def test_strands_of_hair_become_fractional() -> None:
    true = left_half()
    for row in range(56, 104, 8):
        cv2.line(true, (EDGE - 2, row), (EDGE + 9, row + 2), 255, 1, cv2.LINE_AA)
    true = np.asarray(cv2.GaussianBlur(true, (0, 0), 0.7), np.uint8)
    shaved = true.copy()
    shaved[52:108, EDGE - 4 :] = 0
    mended = retouch(scene(true), shaved, [Stroke(True, [(72.0, 50.0), (72.0, 110.0)], 20)])
    band = slice(54, 106), slice(EDGE + 2, EDGE + 8)
    assert cv2.absdiff(mended, true)[band].mean() < cv2.absdiff(shaved, true)[band].mean() * 0.6
    soft = mended[band]
    assert ((soft > 20) & (soft < 235)).mean() > 0.2


def test_a_soft_edge_stays_soft() -> None:
    true = np.asarray(cv2.GaussianBlur(left_half(), (0, 0), 2.5), np.uint8)
    bitten = true.copy()
    cv2.circle(bitten, (78, 80), 25, 0, -1)
    pixels = scene(true, texture((60, 80, 170), 1, 4), texture((150, 130, 70), 2, 4))
    mended = retouch(pixels, bitten, [Stroke(True, DOWN, 22)])
    edge = slice(60, 100), slice(EDGE - 6, EDGE + 6)
    assert cv2.absdiff(mended, true)[edge].mean() < 12 < 80 < cv2.absdiff(bitten, true)[edge].mean()


def test_a_button_of_the_room_s_colour_is_no_hole() -> None:
    true = left_half()
    pixels = scene(true)
    cv2.circle(pixels, (67, 62), 4, (150, 130, 70), -1)
    cv2.circle(pixels, (52, 80), 4, (150, 130, 70), -1)
    bitten = true.copy()
    cv2.circle(bitten, (72, 80), 25, 0, -1)
    mended = retouch(pixels, bitten, [Stroke(True, DOWN, 22)])
    assert mended[60:100, 46 : EDGE - 3].min() > 200
    assert mended[60:100, EDGE + 4 :].max() < 20


def test_a_hole_is_filled_and_a_piece_of_room_vanishes_wholly() -> None:
    true = left_half()
    damaged = true.copy()
    cv2.circle(damaged, (35, 80), 12, 0, -1)
    cv2.circle(damaged, (125, 80), 12, 255, -1)
    hole, piece = (Stroke(keep, [(x, 74.0), (x, 86.0)], 12) for keep, x in ((True, 35.0), (False, 125.0)))
    mended = retouch(scene(true), damaged, [hole, piece])
    assert (mended[:, :60] == 255).all()
    assert (mended[:, 100:] == 0).all()


@pytest.mark.parametrize("keep", [True, False])
def test_without_an_edge_it_is_a_plain_brush(keep: bool) -> None:
    alpha8 = np.full((SIDE, SIDE), 0 if keep else 255, np.uint8)
    out = retouch(ROOM, alpha8, [Stroke(keep, [(80.0, 80.0)], 15)])
    y, x = np.indices(out.shape)
    away = np.hypot(x - 80, y - 80)
    assert (out[away < 11] == 255 * keep).all()
    assert np.abs(out[away < 14].astype(int) - 255 * keep).max() < 20
    assert (out[away > 18] == alpha8[0, 0]).all()


@pytest.mark.parametrize(("radius", "reach"), [(20, 22), (50, 60)])
def test_a_stroke_changes_nothing_beyond_its_feather_and_only_one_way(radius: float, reach: float) -> None:
    """A large brush is computed in cells of several pixels."""
    rng = np.random.default_rng(5)
    alpha8 = np.asarray(cv2.GaussianBlur(rng.integers(0, 256, (SIDE, SIDE), np.uint8), (0, 0), 3), np.uint8)
    alpha8 = np.clip(8 * (alpha8.astype(int) - 128) + 128, 0, 255).astype(np.uint8)
    before = alpha8.copy()
    y, x = np.indices(alpha8.shape)
    beyond = np.hypot(x - 70, y - 90) > reach
    for keep, sign in ((True, 1), (False, -1)):
        out = retouch(scene(left_half()), alpha8, [Stroke(keep, [(70.0, 90.0)], radius)])
        assert np.array_equal(out[beyond], before[beyond])
        assert ((out.astype(int) - before) * sign >= 0).all() and (out != before).any()
    assert np.array_equal(alpha8, before), "the given alpha is not written to"


def test_no_strokes_give_the_same_values() -> None:
    alpha8 = left_half()
    out = retouch(ROOM, alpha8, [])
    assert np.array_equal(out, alpha8) and out is not alpha8


def test_later_strokes_win_and_may_come_later() -> None:
    alpha8 = left_half()
    keep, erase = (Stroke(kept, [(30.0, 80.0)], 10) for kept in (True, False))
    assert retouch(SUBJECT, alpha8, [keep, erase])[80, 30] == 0
    assert retouch(SUBJECT, alpha8, [erase, keep])[80, 30] == 255
    both = retouch(SUBJECT, alpha8, [erase, keep])
    assert np.array_equal(retouch(SUBJECT, retouch(SUBJECT, alpha8, [erase]), [keep]), both)


def test_a_large_brush_is_as_sharp_as_a_small_one() -> None:
    true = np.asarray(cv2.resize(left_half(), None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC), np.uint8)
    subject, room = (
        cv2.resize(picture, None, fx=6, fy=6, interpolation=cv2.INTER_CUBIC) for picture in (SUBJECT, ROOM)
    )
    bitten = true.copy()
    cv2.circle(bitten, (468, 480), 150, 0, -1)
    stroke = Stroke(True, [(6 * x, 6 * y) for x, y in DOWN], 132)
    mended = retouch(scene(true, np.asarray(subject, np.uint8), np.asarray(room, np.uint8)), bitten, [stroke])
    wrong = cv2.absdiff(mended, true)[240:720, 240:720]
    assert wrong.mean() < 2 and cv2.absdiff(bitten, true)[240:720, 240:720].mean() > 30
    assert mended[480, :460].min() > 240 and mended[480, 500:].max() < 15


def test_a_large_brush_lies_where_it_was_put() -> None:
    """To within half a cell, here 2.5 pixels."""
    plain = np.full((300, 300, 3), 90, np.uint8)
    out = retouch(plain, np.zeros((300, 300), np.uint8), [Stroke(True, [(153.0, 153.0)], 100)])
    for across in (out[150], out[:, 150]):
        inside = np.nonzero(across > 127)[0]
        assert abs((inside[0] + inside[-1]) / 2 - 153) < 2.6 and abs(len(inside) - 200) < 16


@pytest.mark.parametrize("xy", [(150.0, 30.0), (8.0, 50.0)])
def test_a_stroke_reaches_all_of_a_photo_that_is_no_square(xy: tuple[float, float]) -> None:
    alpha8 = np.zeros((60, SIDE), np.uint8)
    for pixels, given8, (x, y) in ((ROOM[:60], alpha8, xy), (ROOM[:, :60], alpha8.T, xy[::-1])):
        out = retouch(pixels, np.ascontiguousarray(given8), [Stroke(True, [(x, y)], 8)])
        assert out[int(y), int(x)] == 255 and 150 < (out > 127).sum() < 260


def test_strokes_outside_the_photo_are_clipped() -> None:
    alpha8 = np.zeros((SIDE, SIDE), np.uint8)
    far = Stroke(True, [(-5e5, 80.0), (-300.0, 80.0)], 20)
    assert np.array_equal(retouch(ROOM, alpha8, [far]), alpha8)
    beside = retouch(ROOM, alpha8, [Stroke(True, [(-10.0, 80.0)], 20)])
    assert (beside[77:84, :6] > 250).all() and not beside[:, 14:].any()
    across = retouch(ROOM, alpha8, [Stroke(True, [(-1e6, 80.0), (1e6, 80.0)], 10)])
    assert (across[73:88] > 250).all() and not across[:66].any() and not across[96:].any()


def test_a_stroke_over_the_whole_picture() -> None:
    alpha8 = left_half()
    assert (retouch(scene(alpha8), alpha8, [Stroke(True, [(80.0, 80.0)], 10_000)]) == 255).all()
    assert not retouch(scene(alpha8), alpha8, [Stroke(False, [(80.0, 80.0)], 10_000)]).any()


def test_too_many_strokes_are_refused() -> None:
    with pytest.raises(SettingsError, match="at most 1000"):
        retouch(ROOM, left_half(), [Stroke(True, [(0.0, 0.0)], 1)] * 1001)


point = st.tuples(st.floats(-40, 90), st.floats(-40, 70))
strokes = st.builds(Stroke, st.booleans(), st.lists(point, min_size=1, max_size=4), st.floats(0.5, 60))


@given(st.lists(strokes, max_size=3), st.integers(0, 9))
def test_any_strokes_keep_what_is_far_from_them(drawn: list[Stroke], seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels, alpha8 = rng.integers(0, 256, (33, 47, 3), np.uint8), rng.integers(0, 256, (33, 47), np.uint8)
    out = retouch(pixels, alpha8, drawn)
    assert out.shape == alpha8.shape and out.dtype == np.uint8
    near = np.zeros((33 + 400, 47 + 400), np.uint8)
    for stroke in drawn:
        path = np.rint((np.array([stroke.points_xy[0], *stroke.points_xy]) + 200) * 16).astype(np.int32)
        mask = np.full_like(near, 255)
        cv2.polylines(mask, [path[:, None]], False, 0, shift=4)
        near |= (cv2.distanceTransform(mask, cv2.DIST_L2, 5) < stroke.radius * 1.2 + 5).astype(np.uint8)
    far = near[200:-200, 200:-200] == 0
    assert np.array_equal(out[far], alpha8[far])
