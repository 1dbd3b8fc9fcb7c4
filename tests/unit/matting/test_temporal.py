from __future__ import annotations

import numpy as np
import pytest

from cyclorama.frames import F32
from cyclorama.matting.motion import Motion
from cyclorama.matting.temporal import TemporalFilter

SHAPE = (12, 16)


def constant(value: float) -> F32:
    return np.full(SHAPE, value, np.float32)


def motion(trust: float = 1.0, speed: float = 0.0, shift: float = 0.0) -> Motion:
    """The whole picture moved right by ``shift`` cells; ``speed`` in picture heights a frame."""
    flow = np.zeros((6, 8, 2), np.float32)  # each of its cells is two of the alpha's
    flow[..., 0] = -shift / 2
    return Motion(flow, np.full((6, 8), trust, np.float32), np.full((6, 8), speed, np.float32), cut=False)


def step_response(fps: int, seconds: float, speed_per_s: float = 0.0, smooth: float = 0.5) -> float:
    """What is left of a step from 0 to 1 after ``seconds``."""
    temporal = TemporalFilter(smooth)
    temporal.update(constant(0), 0.0, None)
    out = constant(0)
    for _ in range(round(fps * seconds)):
        out = temporal.update(constant(1), 1 / fps, motion(speed=speed_per_s / fps))
    return float(out.mean())


@pytest.mark.parametrize("speed_per_s", [0.0, 0.05, 0.5])
def test_15_and_60_frames_a_second_look_the_same(speed_per_s: float) -> None:
    slow, fast = (step_response(fps, 0.2, speed_per_s) for fps in (15, 60))
    assert slow == pytest.approx(fast, abs=1e-3)
    assert 0.3 < slow < 0.99


def test_calm_where_still_and_quick_where_moving() -> None:
    assert step_response(30, 0.1, speed_per_s=0.0) < step_response(30, 0.1, speed_per_s=1.0) - 0.2


def test_smooth_sets_the_calm_and_zero_is_off() -> None:
    assert step_response(30, 0.1, smooth=1.0) < step_response(30, 0.1, smooth=0.3)
    assert step_response(30, 1 / 30, smooth=0.0) == 1.0


def test_the_old_counts_for_nothing_where_it_cannot_be_trusted() -> None:
    temporal = TemporalFilter(1.0)
    temporal.update(constant(0), 0.0, None)
    assert np.allclose(temporal.update(constant(1), 1 / 30, motion(trust=0.0)), 1)


def test_nor_after_it_was_carried_to_where_it_could_not_be_trusted() -> None:
    temporal = TemporalFilter(1.0)
    temporal.update(constant(0), 0.0, None)
    temporal.carry(1 / 30, motion(trust=0.0))
    temporal.carry(1 / 30, motion())
    assert np.allclose(temporal.update(constant(1), 1 / 30, motion()), 1)
    assert temporal.update(constant(0), 1 / 30, motion()).min() > 0.5, "what the network says is trusted again"


def test_flicker_of_a_still_picture_is_damped() -> None:
    temporal = TemporalFilter(0.5)
    rng = np.random.default_rng(1)
    outs = [temporal.update(constant(float(rng.uniform(0.3, 0.7))), 1 / 30, motion()) for _ in range(60)]
    changes = np.abs(np.diff([float(out.mean()) for out in outs[20:]]))
    assert changes.max() < 0.1


def test_a_carried_alpha_moves_with_the_picture() -> None:
    edge = np.zeros(SHAPE, np.float32)
    edge[:, :8] = 1
    temporal = TemporalFilter(0.5)
    temporal.update(edge.copy(), 0.0, None)
    moved = temporal.carry(1 / 30, motion(shift=3.0))
    assert moved[:, :11].min() == 1
    assert moved[:, 11:].max() == 0


def test_a_network_that_looks_finer_from_now_on_goes_on_from_what_was_known() -> None:
    temporal = TemporalFilter(1.0)
    temporal.update(constant(0), 0.0, None)
    fine = np.ones((2 * SHAPE[0], 2 * SHAPE[1]), np.float32)
    out = temporal.update(fine, 1 / 30, motion())
    assert out.shape == fine.shape and 0 < out.mean() < 0.2
    assert temporal.carry(1 / 30, motion()).shape == fine.shape


def test_held_still_it_does_not_change_at_all() -> None:
    soft = np.random.default_rng(2).random(SHAPE, dtype=np.float32)
    temporal = TemporalFilter(0.5)
    temporal.update(soft.copy(), 0.0, None)
    for _ in range(10):
        held = temporal.carry(1 / 30, None)
    assert np.array_equal(held, soft)


def test_skipped_frames_count_as_time() -> None:
    """Six frames skipped and then one update weigh as the time that passed, not as one frame."""
    temporal = TemporalFilter(0.5)
    temporal.update(constant(0), 0.0, None)
    for _ in range(5):
        temporal.carry(1 / 30, None)
    once = float(temporal.update(constant(1), 1 / 30, motion()).mean())
    assert once == pytest.approx(step_response(30, 0.2), abs=1e-3)


def test_nothing_to_carry_after_a_reset() -> None:
    temporal = TemporalFilter(0.5)
    temporal.update(constant(1), 0.0, None)
    temporal.reset()
    assert temporal.is_empty
    with pytest.raises(ValueError, match="no alpha"):
        temporal.carry(1 / 30, motion())
    assert np.allclose(temporal.update(constant(0.25), 1 / 30, motion()), 0.25)
