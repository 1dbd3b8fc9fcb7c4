from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.frames import F32
from cyclorama.matting.networks.selfie.pool import SURE, Grid, LogOddsPool, Part, feather, log_odds

ALL: Part = (slice(0, 120), slice(0, 160))


def grey(value: float, shape: tuple[int, int] = (60, 80)) -> F32:
    return np.full(shape, value, np.float32)


def pool() -> LogOddsPool:
    return LogOddsPool(Grid((160, 120), (80, 60)))


def pooled(*values: float) -> F32:
    looks = pool()
    for value in values:
        looks.add(log_odds(grey(value)), ALL, 1.0)
    return looks.alpha()


@pytest.mark.parametrize("value", [0.0, 0.2, 0.5, 0.9, 1.0])
def test_one_look_alone_is_hardly_changed(value: float) -> None:
    alpha = pooled(value)
    assert np.abs(alpha - value).max() < SURE
    if value in (0.0, 1.0):
        assert (alpha == value).all(), "exactly room, or exactly person"


def test_a_sure_look_counts_for_more_than_a_doubtful_one() -> None:
    assert pooled(0.97, 0.5).min() > (0.97 + 0.5) / 2 + 0.1
    assert pooled(0.03, 0.5).max() < (0.03 + 0.5) / 2 - 0.1


def test_two_that_are_sure_of_the_opposite_leave_it_open() -> None:
    assert pooled(0.0, 1.0) == pytest.approx(0.5, abs=1e-5)


def test_a_place_that_no_look_says_anything_of_is_room() -> None:
    looks = pool()
    looks.add(log_odds(grey(1.0)), (slice(0, 120), slice(0, 80)), 1.0, where=np.eye(60, 40, dtype=np.float32))
    alpha = looks.alpha()
    assert np.count_nonzero(alpha) <= 40 and alpha[:, 40:].max() == 0


def test_the_border_of_a_part_does_not_show() -> None:
    looks = pool()
    looks.add(log_odds(grey(0.2)), ALL, 1.0)
    looks.add(log_odds(grey(0.8)), (slice(0, 120), slice(0, 80)), 2.0)
    alpha = looks.alpha()
    assert alpha[30, 0] > 0.55, "at the frame's own border it has its full weight"
    assert np.abs(np.diff(alpha[30])).max() < 0.15
    assert alpha[30, 40:] == pytest.approx(0.2, abs=SURE)


def test_doubt_is_where_the_looks_are_between_room_and_person() -> None:
    step = np.zeros((60, 80), np.float32)
    step[:, 40:] = 1
    step[:, 38:42] = 0.5
    looks = pool()
    looks.add(log_odds(step), ALL, 1.0)
    doubt = looks.doubt(ALL)
    assert doubt[:, 38:42].min() == 1
    assert doubt[:, :34].max() == 0 and doubt[:, 46:].max() == 0
    assert looks.doubt((slice(0, 120), slice(0, 60)))[:, 30:].max() == 0, "only in the part that was asked for"


@pytest.mark.parametrize(("value", "band"), [(0.06, 1), (0.94, 1), (0.04, 0), (0.96, 0)])
def test_doubt_is_on_both_sides_of_one_half(value: float, band: int) -> None:
    looks = pool()
    looks.add(log_odds(grey(value)), ALL, 1.0)
    doubt = looks.doubt(ALL)
    assert doubt.min() == doubt.max() == band


def test_a_ramp_is_a_share_of_each_side() -> None:
    weights = feather((8, 80), ((True, True), (True, True)), 0.25)
    assert weights[:, 40].tolist() == pytest.approx([0.25, 0.75, 1, 1, 1, 1, 0.75, 0.25])
    assert weights[4, :21:5].tolist() == pytest.approx([0.025, 0.275, 0.525, 0.775, 1])
    assert weights[4, ::-1].tolist() == weights[4].tolist()


@given(
    st.integers(1, 5000),
    st.integers(1, 640),
    st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda ends: sorted(ends)),
)
def test_every_part_of_a_frame_has_a_cell(pixels: int, cells: int, shares: list[float]) -> None:
    start = min(pixels - 1, int(shares[0] * pixels))
    part = slice(start, max(start + 1, int(shares[1] * pixels)))
    rows, columns = Grid((pixels, 7), (min(cells, pixels), 3)).cells((slice(0, 7), part))
    assert 0 <= columns.start < columns.stop <= min(cells, pixels)
    assert (rows.start, rows.stop) == (0, 3)
