from __future__ import annotations

import numpy as np
import pytest

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.carry import Carried, Track
from cyclorama.matting.engine.motion import Motion
from cyclorama.matting.engine.temporal import DOUBT_WEIGHT, TemporalFilter

SHAPE = (12, 16)
GRID = (6, 8)


def constant(value: float) -> F32:
    return np.full(SHAPE, value, np.float32)


def picture(level: int = 100) -> U8:
    return np.full((*GRID, 3), (level, 128, 128), np.uint8)


def motion(speed: float = 0.0, shift: float = 0.0) -> Motion:
    """The whole picture moved right by ``shift`` of the alpha's cells; or ``speed``, in picture heights a frame, as an
    even picture moves: nothing of it can be seen."""
    flow = np.zeros((*GRID, 2), np.float32)  # each of its cells is two of the alpha's
    flow[..., 0] = -shift / 2
    flow[2:4, 2:6, 1] = speed * GRID[0]
    return Motion(flow, cut=False)


class Filter:
    """A filter, and the picture before it: even, and of ``level``."""

    def __init__(self, smooth: float) -> None:
        self.temporal = TemporalFilter(smooth)

    def update(self, alpha: F32, elapsed_s: float, moved: Motion | None, level: int = 100) -> F32:
        self.temporal.follow(moved, picture(level), elapsed_s)
        return self.temporal.update(Carried(alpha), picture(level), moved)

    def carry(self, elapsed_s: float, moved: Motion | None, level: int = 100) -> F32:
        self.temporal.follow(moved, picture(level), elapsed_s)
        return self.temporal.carry()


def step_response(fps: int, seconds: float, speed_per_s: float = 0.0, smooth: float = 0.5) -> float:
    """What is left of a step from 0 to 1 after ``seconds``, in the middle, where it moves."""
    temporal = Filter(smooth)
    temporal.update(constant(0), 0.0, None)
    out = constant(0)
    for _ in range(round(fps * seconds)):
        out = temporal.update(constant(1), 1 / fps, motion(speed=speed_per_s / fps))
    return float(out[5:7, 6:10].mean())


@pytest.mark.parametrize("speed_per_s", [0.0, 0.05, 0.5])
def test_15_and_60_frames_a_second_look_the_same(speed_per_s: float) -> None:
    slow, fast = (step_response(fps, 0.2, speed_per_s) for fps in (15, 60))
    assert slow == pytest.approx(fast, abs=1e-3 if speed_per_s < 0.1 else 0.01)
    assert 0.3 < slow < 0.99


def test_calm_where_still_and_quick_where_moving() -> None:
    assert step_response(30, 0.1, speed_per_s=0.0) < step_response(30, 0.1, speed_per_s=1.0) - 0.2


def test_smooth_sets_the_calm_and_zero_is_off() -> None:
    assert step_response(30, 0.1, smooth=1.0) < step_response(30, 0.1, smooth=0.3)
    assert step_response(30, 1 / 30, smooth=0.0) == 1.0


def test_the_old_counts_for_nothing_where_the_picture_is_another() -> None:
    temporal = Filter(1.0)
    temporal.update(constant(0), 0.0, None)
    assert np.array_equal(temporal.update(constant(1), 1 / 30, motion(), level=180), constant(1))


def test_what_is_no_more_what_was_seen_is_room() -> None:
    """Also once the picture looks in between what it was and what it is: what counts is what the network saw."""
    temporal = Filter(0.5)
    temporal.update(constant(1), 0.0, None)
    assert temporal.carry(1 / 30, motion(), level=120).min() == 1
    assert temporal.carry(1 / 30, motion(), level=140).max() == 0
    assert temporal.temporal.lost == pytest.approx(1)
    assert temporal.carry(1 / 30, motion(), level=110).min() == 1, "what comes back is known again"
    assert temporal.temporal.lost == 0


def test_small_steps_do_not_add_up_to_another_picture() -> None:
    temporal = Filter(0.5)
    temporal.update(constant(1), 0.0, None, level=100)
    carried = [float(temporal.carry(1 / 30, motion(), level=level).max()) for level in range(105, 160, 5)]
    assert carried == [1] * 5 + [0] * 6, "up to 28 levels"


def test_where_the_network_saw_another_picture_what_was_known_before_counts() -> None:
    """Somebody passes through while the network looks: its answer says nothing of the place that they have left."""
    temporal = Filter(0.5)
    temporal.update(constant(1), 0.0, None)
    run = Track(picture(200))
    run.follow(motion().flow)
    temporal.temporal.follow(motion(), picture(100), 1 / 30)
    answer = run.carry(constant(0.6), picture(100))
    assert answer.alpha.max() == 0 and answer.lost == pytest.approx(1)
    assert np.array_equal(temporal.temporal.update(answer, run.seen_now(), motion()), constant(1))


def test_what_was_kept_is_compared_with_what_it_was_seen_with() -> None:
    """A hand that waves: seen, away while the network looks, back when its answer comes, and away again."""
    hand, room = picture(100), picture(200)
    temporal = TemporalFilter(0.5)
    temporal.update(Carried(constant(1)), hand, None)
    run = Track(room)
    temporal.follow(motion(), room, 1 / 30)
    run.follow(motion().flow)
    temporal.follow(motion(), hand, 1 / 30)
    answer = run.carry(constant(0), hand)
    assert temporal.update(answer, run.seen_now(), motion()).min() == 1, "what was known before"
    temporal.follow(motion(), room, 1 / 30)
    assert temporal.carry().max() == 0


def test_where_neither_knows_the_picture_it_is_room() -> None:
    temporal = Filter(1.0)
    temporal.update(constant(1), 0.0, None)
    run = Track(picture(200))
    run.follow(motion().flow)
    temporal.temporal.follow(motion(), picture(20), 1 / 30)
    answer = run.carry(constant(1), picture(20))
    assert temporal.temporal.update(answer, run.seen_now(), motion()).max() == 0


def test_flicker_of_a_still_picture_is_damped() -> None:
    temporal = Filter(0.5)
    rng = np.random.default_rng(1)
    outs = [temporal.update(constant(float(rng.uniform(0.3, 0.7))), 1 / 30, motion()) for _ in range(60)]
    changes = np.abs(np.diff([float(out.mean()) for out in outs[20:]]))
    assert changes.max() < 0.1


def test_a_new_value_in_doubt_counts_for_less() -> None:
    """Long after the old one: memory alone has none of it left."""

    def after(new: float, *, old: float = 1.0, doubt: bool = True, level: int = 100, smooth: float = 0.5) -> float:
        filter_ = Filter(smooth)
        filter_.temporal = TemporalFilter(smooth, doubt=doubt)
        filter_.update(constant(old), 0.0, None)
        return float(filter_.update(constant(new), 9.0, motion(), level)[5:7, 6:10].mean())

    assert after(0.5) == pytest.approx(0.5 + DOUBT_WEIGHT * 0.5, abs=1e-3)
    assert after(0.5, old=0.0) == pytest.approx(0.5 - DOUBT_WEIGHT * 0.5, abs=1e-3)
    assert after(0.75) == pytest.approx(0.75 + DOUBT_WEIGHT * 0.5 * 0.25, abs=1e-3)
    assert after(0.0) == pytest.approx(0, abs=1e-3), "sure of the room"
    assert after(1.0, old=0.0) == pytest.approx(1, abs=1e-3), "sure of the person"
    assert after(0.5, doubt=False) == pytest.approx(0.5, abs=1e-3), "glass, or hair"
    assert after(0.5, smooth=0) == pytest.approx(0.5, abs=1e-3), "without smoothing every frame is its own"
    assert after(0.5, level=150) == pytest.approx(0.5, abs=1e-3), "another picture"


def test_a_carried_alpha_moves_with_the_picture() -> None:
    edge = np.zeros(SHAPE, np.float32)
    edge[:, :8] = 1
    temporal = Filter(0.5)
    temporal.update(edge.copy(), 0.0, None)
    moved = temporal.carry(1 / 30, motion(shift=2.0))
    assert moved[:, :10].min() == 1
    assert moved[:, 10:].max() == 0


def test_a_network_that_looks_finer_from_now_on_goes_on_from_what_was_known() -> None:
    temporal = Filter(1.0)
    temporal.update(constant(0), 0.0, None)
    fine = np.ones((2 * SHAPE[0], 2 * SHAPE[1]), np.float32)
    out = temporal.update(fine, 1 / 30, motion())
    assert out.shape == fine.shape and 0 < out.mean() < 0.2
    assert temporal.carry(1 / 30, motion()).shape == fine.shape


def test_held_still_it_does_not_change_at_all() -> None:
    soft = np.random.default_rng(2).random(SHAPE, dtype=np.float32)
    temporal = Filter(0.5)
    temporal.update(soft.copy(), 0.0, None)
    for _ in range(10):
        held = temporal.carry(1 / 30, None)
    assert np.array_equal(held, soft)


def test_skipped_frames_count_as_time() -> None:
    """Six frames skipped and then one update weigh as the time that passed, not as one frame."""
    temporal = Filter(0.5)
    temporal.update(constant(0), 0.0, None)
    for _ in range(5):
        temporal.carry(1 / 30, None)
    once = float(temporal.update(constant(1), 1 / 30, motion()).mean())
    assert once == pytest.approx(step_response(30, 0.2), abs=1e-3)


def test_nothing_to_carry_after_a_reset() -> None:
    temporal = Filter(0.5)
    temporal.update(constant(1), 0.0, None)
    temporal.temporal.reset()
    assert temporal.temporal.is_empty and temporal.temporal.lost == 0
    with pytest.raises(ValueError, match="no alpha"):
        temporal.carry(1 / 30, motion())
    assert np.allclose(temporal.update(constant(0.25), 1 / 30, motion()), 0.25)
