from __future__ import annotations

import numpy as np
import pytest

from cyclorama.core.frames import F32
from cyclorama.matting.engine.components import (
    CAME_OFF,
    ENCLOSED,
    FEATURE_LONG,
    FEATURE_SHORT,
    small_features,
    without_detached,
)

SHAPE = (40, 60)


def still() -> F32:
    return np.zeros((*SHAPE, 2), np.float32)


def unexplained(top: int, left: int, high: int, wide: int):  # type: ignore[no-untyped-def]
    cells = np.zeros(SHAPE, bool)
    cells[top : top + high, left : left + wide] = True
    return cells


@pytest.mark.parametrize("high, wide", [(1, 1), (FEATURE_SHORT, FEATURE_LONG), (FEATURE_LONG, FEATURE_SHORT)])
def test_small_things_inside_a_person_pass(high: int, wide: int) -> None:
    cells = unexplained(10, 20, high, wide)
    assert np.array_equal(small_features(cells, np.ones(SHAPE, np.float32)), cells)


@pytest.mark.parametrize(
    "high, wide",
    [
        (FEATURE_SHORT + 1, FEATURE_SHORT + 1),
        (FEATURE_LONG + 1, 1),
        (1, FEATURE_LONG + 1),
        (FEATURE_SHORT + 1, FEATURE_LONG),
    ],
)
def test_what_is_larger_does_not(high: int, wide: int) -> None:
    assert not small_features(unexplained(10, 20, high, wide), np.ones(SHAPE, np.float32)).any()


@pytest.mark.parametrize("row, column", [(9, 22), (13, 22), (11, 19), (11, 24), (9, 19), (11, 22)])
def test_nor_what_has_less_than_a_person_beside_it_or_in_it(row: int, column: int) -> None:
    alpha = np.ones(SHAPE, np.float32)
    alpha[row, column] = ENCLOSED - 0.01
    assert not small_features(unexplained(10, 20, 3, 4), alpha).any()


@pytest.mark.parametrize("top, left", [(0, 20), (37, 20), (10, 0), (10, 56)])
def test_nor_what_lies_at_the_border(top: int, left: int) -> None:
    """What is beyond it is unknown."""
    assert not small_features(unexplained(top, left, 3, 4), np.ones(SHAPE, np.float32)).any()


def test_each_piece_is_judged_for_itself() -> None:
    alpha = np.ones(SHAPE, np.float32)
    eye, gap, large = unexplained(10, 10, 2, 3), unexplained(10, 30, 2, 3), unexplained(25, 10, 10, 10)
    alpha[8:14, 32:36] = 0
    assert np.array_equal(small_features(eye | gap | large, alpha), eye)


def test_a_crowd_of_small_pieces_is_none() -> None:
    """A piece that has another beside it is not enclosed by what is explained."""
    cells = unexplained(10, 20, 3, 3) | unexplained(10, 24, 3, 3) | unexplained(12, 23, 2, 1)
    assert not small_features(cells, np.zeros(SHAPE, np.float32)).any()
    apart = unexplained(10, 20, 3, 3) | unexplained(14, 24, 3, 3)
    assert np.array_equal(small_features(apart, np.ones(SHAPE, np.float32)), apart)


def alpha_of(*pieces: tuple[int, int, int, int]) -> F32:
    alpha = np.zeros(SHAPE, np.float32)
    for top, left, high, wide in pieces:
        alpha[top : top + high, left : left + wide] = 1
    return alpha


PERSON, SPECK = (5, 5, 30, 20), (20, 30, 6, 6)


def test_what_came_off_goes_with_its_soft_rim() -> None:
    joined = alpha_of(PERSON, SPECK, (22, 25, 2, 5))
    carried = alpha_of(PERSON, SPECK)
    carried[18:28, 28:30] = 0.1
    left = without_detached(carried, joined, still())
    assert left[:, 28:].max() == 0
    assert np.array_equal(left[:, :28], carried[:, :28])


def test_what_was_apart_before_may_stay() -> None:
    """A second person far away, or a hand whose arm is out of the picture."""
    carried = alpha_of(PERSON, SPECK)
    assert without_detached(carried, carried, still()) is carried


def test_two_who_part_both_stay() -> None:
    high = 5 + int(CAME_OFF * 600 / 10)
    second = (5, 30, high, 10)
    assert high * 10 > CAME_OFF * 600
    carried, joined = alpha_of(PERSON, second), alpha_of(PERSON, second, (8, 25, 3, 5))
    assert without_detached(carried, joined, still()) is carried


def test_where_they_were_is_looked_up_along_the_motion() -> None:
    """All moved 20 cells to the right since; at the old place of the speck is nobody."""
    joined = np.roll(alpha_of(PERSON, SPECK, (22, 25, 2, 5)), -3, axis=1)
    carried = alpha_of(PERSON, SPECK)
    moved = still()
    moved[..., 0] = -3
    assert without_detached(carried, joined, moved)[:, 28:].max() == 0
    apart = np.roll(carried, -3, axis=1)
    assert without_detached(carried, apart, moved) is carried


def test_an_empty_room_and_one_person_stay_as_they_are() -> None:
    for carried in (alpha_of(), alpha_of(PERSON)):
        assert without_detached(carried, alpha_of(PERSON, SPECK), still()) is carried


def test_the_rim_of_what_came_off_takes_nothing_of_the_person() -> None:
    joined = alpha_of(PERSON, (20, 25, 6, 6))
    carried = joined.copy()
    carried[:, 25] = 0
    left = without_detached(carried, joined, still())
    assert np.array_equal(left, alpha_of(PERSON))
