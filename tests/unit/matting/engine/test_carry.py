from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.carry import BELOW, BEYOND, CHROMA_WEIGHT, DOUBTFUL, EXPLAINED, Track
from cyclorama.matting.engine.warp import warped

SHAPE = (40, 60)
ROOM, SHIRT = (110, 140, 120), (60, 120, 140)
"""YCrCb."""


def flow(x: float = 0.0, y: float = 0.0) -> F32:
    """The content came from ``x`` cells further right and ``y`` further down."""
    return np.full((*SHAPE, 2), (x, y), np.float32)


def person(left: int, top: int = 12) -> tuple[U8, F32]:
    """A room with a person 12 cells wide and high in it, and the alpha."""
    seen, alpha = np.full((*SHAPE, 3), ROOM, np.uint8), np.zeros(SHAPE, np.float32)
    seen[top : top + 12, left : left + 12] = SHIRT
    alpha[top : top + 12, left : left + 12] = 1
    return seen, alpha


def carried(seen: U8, alpha: F32, now: U8, *flows: F32):  # type: ignore[no-untyped-def]
    track = Track(seen)
    for each in flows:
        track.follow(each)
    return track.carry(alpha, now)


def test_of_the_frame_itself_an_alpha_is_as_it_is() -> None:
    seen, alpha = person(20)
    found = Track(seen).carry(alpha, seen)
    assert found.alpha is alpha and found.difference is None and found.lost == 0 and found.unexplained is None


def test_it_moves_with_the_picture() -> None:
    seen, alpha = person(20, 12)
    now, there = person(24, 10)
    found = carried(seen, alpha, now, flow(-4, 2))
    assert np.array_equal(found.alpha, there) and found.lost == 0
    assert found.difference is not None and found.difference[:, 4:].max() == 0


def test_steps_add_up_on_an_alpha_of_another_size() -> None:
    """Twice as wide and three times as high: each axis has a scale of its own."""
    seen, alpha = person(20, 12)
    now, _ = person(26, 15)
    large = np.kron(alpha, np.ones((3, 2), np.float32))
    found = carried(seen, large, now, flow(-2, -1), flow(-4, -2))
    assert np.array_equal(found.alpha, np.roll(large, (9, 12), axis=(0, 1)))


def test_who_left_is_no_more_there() -> None:
    """Nothing moved, says the flow, and the room behind the person is seen."""
    seen, alpha = person(20)
    room = np.full((*SHAPE, 3), ROOM, np.uint8)
    found = carried(seen, alpha, room, flow())
    assert found.unexplained is not None
    unknown = found.unexplained[12:24, 20:32]
    assert (~unknown).sum() <= 4, "all of it, but for the corners"
    assert found.alpha.sum() <= 4 and found.lost > 0.97


def test_what_is_lost_is_a_matter_of_each_place() -> None:
    seen, alpha = person(10)
    seen[12:24, 40:52], alpha[12:24, 40:52] = SHIRT, 1
    now, _ = person(10)
    found = carried(seen, alpha, now, flow())
    assert found.alpha[12:24, 10:22].min() == 1, "who stayed"
    assert found.alpha[:, 40:52].sum() <= 4, "who left"
    assert found.lost == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_difference_is_one_of_brightness_or_of_colour(channel: int, sign: int) -> None:
    """A person whose brightness equals the wall's differs from it by colour alone."""
    weight = 1.0 if channel == 0 else CHROMA_WEIGHT
    most = int(EXPLAINED / weight)
    seen = np.full((*SHAPE, 3), 128, np.uint8)
    for change, kept in ((most, 1), (most + 1, 0)):
        now = seen.copy()
        now[..., channel] += np.uint8(sign * change % 256)
        found = carried(seen, np.ones(SHAPE, np.float32), now, flow())
        assert (found.alpha.min(), found.alpha.max()) == (kept, kept), change


def test_what_lies_within_a_cell_counts_as_seen() -> None:
    """A stripe that moved by one cell more than the flow says is the same stripe; by three it is another."""
    seen = np.full((*SHAPE, 3), ROOM, np.uint8)
    seen[:, 30] = SHIRT
    alpha = np.ones(SHAPE, np.float32)
    assert carried(seen, alpha, np.roll(seen, 1, axis=1), flow()).lost == 0
    off = carried(seen, alpha, np.roll(seen, 3, axis=1), flow())
    assert off.lost > 0 or off.difference.max() > 0


def test_slow_changes_are_measured_against_what_the_network_saw() -> None:
    """Each step is small: the frame before would always do."""
    seen = np.full((*SHAPE, 3), 128, np.uint8)
    track, lost = Track(seen), []
    for step in range(1, 9):
        track.follow(flow())
        now = seen.copy()
        now[..., 0] += np.uint8(7 * step)
        lost.append(track.carry(np.ones(SHAPE, np.float32), now).lost)
    assert lost[:4] == [0] * 4 and lost[4:] == pytest.approx([1] * 4)


@pytest.mark.parametrize(("x", "y"), [(1, 0), (-1, 0), (0, -1), (0, 1)])
def test_nobody_comes_from_beyond_the_border(x: int, y: int) -> None:
    """The border's colours would go on for ever; what comes in there was never seen."""
    seen, alpha = np.full((*SHAPE, 3), SHIRT, np.uint8), np.ones(SHAPE, np.float32)
    most = int(BELOW if y > 0 else BEYOND)
    near = carried(seen, alpha, seen, flow(most * x, most * y))
    assert near.alpha.min() == 1 and near.lost == 0
    far = carried(seen, alpha, seen, flow((most + 2) * x, (most + 2) * y))
    new = far.alpha == 0
    assert new.sum() == (most + 2 - most) * SHAPE[1 if x == 0 else 0]
    edge = {(1, 0): new[:, -1], (-1, 0): new[:, 0], (0, -1): new[0], (0, 1): new[-1]}[x, y]
    assert edge.all()


def test_what_came_in_from_beyond_stays_unknown_when_it_moves_on() -> None:
    seen, alpha = np.full((*SHAPE, 3), SHIRT, np.uint8), np.ones(SHAPE, np.float32)
    found = carried(seen, alpha, seen, flow(5), flow(-3))
    assert found.alpha[:, :2].max() == 0, "from beyond the left border"
    assert found.alpha[:, 59].max() == 0, "what had come in on the right, and has not all left again"
    assert found.alpha[:, 2:59].min() == 1


def test_back_where_it_was_it_is_what_it_was() -> None:
    seen, alpha = person(20)
    found = carried(seen, alpha, seen, flow(6), flow(-6))
    assert np.array_equal(found.alpha[:, 10:50], alpha[:, 10:50])


@given(x=st.floats(-20, 20), y=st.floats(-20, 20), level=st.integers(0, 255), tint=st.integers(0, 255))
def test_an_alpha_is_used_only_where_the_picture_is_what_was_seen(x: float, y: float, level: int, tint: int) -> None:
    """Whatever the motion: where the picture is far from all colours that were seen, nothing is carried."""
    seen, alpha = person(20)
    now = np.full((*SHAPE, 3), (level, tint, tint), np.uint8)
    found = carried(seen, alpha, now, flow(x, y))
    apart = max(60 - level, level - 110, CHROMA_WEIGHT * (120 - tint), CHROMA_WEIGHT * (tint - 140))
    if apart > EXPLAINED + 1:  # levels are whole
        assert found.alpha.max() == 0
    assert found.alpha.min() >= 0 and found.alpha.max() <= 1 and 0 <= found.lost <= 1 + 1e-5


def test_a_checked_shirt_has_not_every_grey_in_between() -> None:
    """Within a cell it has black and white; a wall has grey alone."""
    rows, columns = np.indices(SHAPE)
    checks = np.full((*SHAPE, 3), 128, np.uint8)
    checks[..., 0] = np.where((rows // 2 + columns // 2) % 2, 190, 60)
    alpha, wall = np.ones(SHAPE, np.float32), np.full((*SHAPE, 3), 128, np.uint8)
    assert carried(checks, alpha, checks, flow()).lost == 0
    assert carried(checks, alpha, wall, flow()).lost == pytest.approx(1)
    assert carried(wall, alpha, checks, flow()).lost == pytest.approx(1)


def test_where_something_was_uncovered_half_the_difference_is_enough() -> None:
    """Somebody moves on, twenty cells in a frame: the wall behind, nearly as bright, cannot come from their back."""
    seen, now = np.full((*SHAPE, 3), 128, np.uint8), np.full((*SHAPE, 3), 128, np.uint8)
    now[..., 0] += EXPLAINED - 8
    alpha = np.ones(SHAPE, np.float32)
    assert carried(seen, alpha, now, flow(-2)).lost < 0.1, "all of it moves, and is lit a little more"
    pulled = flow()
    pulled[:, 20:40, 0] = -np.arange(20, dtype=np.float32)  # twenty places come from one
    found = carried(seen, alpha, now, pulled)
    assert found.alpha[:, 24:36].max() == 0
    assert found.alpha[:, :14].min() == 1


def test_doubt_begins_where_noise_ends() -> None:
    seen, alpha = np.full((*SHAPE, 3), 128, np.uint8), np.zeros(SHAPE, np.float32)
    alpha[:, :30] = 1
    now = seen.copy()
    now[:20, :, 0] += DOUBTFUL + 1
    now[20:, :, 0] += DOUBTFUL - 1
    found = carried(seen, alpha, now, flow())
    assert found.lost == 0 and found.doubtful == pytest.approx(0.5, abs=0.03)


def test_samples_keep_their_kind() -> None:
    values = np.arange(SHAPE[0] * SHAPE[1], dtype=np.uint8).reshape(SHAPE)
    moved = warped(values, flow(1))
    assert moved.dtype == np.uint8 and np.array_equal(moved[:, :-1], values[:, 1:])
    assert np.array_equal(moved[:, -1], values[:, -1])


def test_however_small_what_is_new_at_an_outline_is_it_is_unknown() -> None:
    """A hundredth of the picture: the head of somebody at the other end of the room."""
    seen, alpha = np.full((*SHAPE, 3), ROOM, np.uint8), np.ones(SHAPE, np.float32)
    alpha[:, :31] = 0
    now = seen.copy()
    now[20:25, 30:35] = SHIRT
    found = carried(seen, alpha, now, flow())
    assert found.alpha[21:24, 31:34].max() == 0
    assert found.lost > 0


def test_a_mouth_that_opens_is_no_hole() -> None:
    seen, alpha = np.full((*SHAPE, 3), SHIRT, np.uint8), np.ones(SHAPE, np.float32)
    now = seen.copy()
    now[20:24, 30:37] = ROOM
    found = carried(seen, alpha, now, flow())
    assert found.alpha.min() == 1 and found.lost == 0
    assert found.unexplained is not None and not found.unexplained.any()
    assert found.doubtful > 0.01, "but it is more than noise"


def test_what_a_person_moves_away_from_was_none_of_them() -> None:
    """The network joined a piece of the room to the person. They go on to the left; it stays where it is."""
    seen, alpha = person(26)
    alpha[20:23, 38:41] = 1
    now, _ = person(22)
    moves = flow()
    moves[:, :34] = (4, 0)
    found = carried(seen, alpha, now, moves)
    assert found.alpha[13:23, 23:32].min() == 1
    assert found.alpha[:, 36:].max() == 0


def test_each_place_has_its_own_way_back() -> None:
    """A person walks on before a room that stands still: their steps add up where they are now, and there alone."""
    seen, alpha = person(10)
    track = Track(seen)
    for left in (16, 22, 28):
        step = flow()
        step[12:24, left : left + 12, 0] = -6
        track.follow(step)
    now, there = person(28)
    found = track.carry(alpha, now)
    assert found.difference is not None and found.difference[14:22, 30:38].max() == 0
    assert found.alpha[14:22, 30:38].min() == 1, "the person"
    assert found.alpha[there == 0].sum() <= 4, "the room, but for corners"


def test_small_steps_over_the_border_add_up() -> None:
    """Each one alone would be let pass."""
    seen, alpha = np.full((*SHAPE, 3), SHIRT, np.uint8), np.ones(SHAPE, np.float32)
    found = carried(seen, alpha, seen, *[flow(0.8)] * 3)
    assert found.alpha[:, 58:].max() == 0 and found.alpha[:, :58].min() == 1


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_no_difference_is_too_large_to_be_one(channel: int) -> None:
    """Weighted, the difference of a colour can be more than a byte holds."""
    seen = np.full((*SHAPE, 3), 64, np.uint8)
    for change in range(EXPLAINED + 1, 192, 4):
        now = seen.copy()
        now[..., channel] += np.uint8(change)
        assert carried(seen, np.ones(SHAPE, np.float32), now, flow()).alpha.max() == 0, change
