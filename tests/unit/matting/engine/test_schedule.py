from __future__ import annotations

from itertools import pairwise

import pytest

from cyclorama.matting.engine.schedule import MAX_AGE_S, SETTLE_S, Schedule


def run(schedule: Schedule, frames: int, fps: float, cost_s: float = 0.0, still_from: float = 1e9) -> list[int]:
    """Play frames; the indices of those that the network ran for."""
    ran = []
    for index in range(frames):
        time_s = index / fps
        if schedule.is_due(time_s, still=index > 0 and time_s >= still_from):
            schedule.began()
            schedule.ran(time_s, cost_s)
            ran.append(index)
    return ran


def test_a_file_gets_the_network_on_every_frame() -> None:
    assert run(Schedule(0, None), 20, 30, cost_s=10.0, still_from=0.0) == list(range(20))


def test_every_n_runs_every_nth_frame() -> None:
    assert run(Schedule(3, None), 10, 30) == [0, 3, 6, 9]
    assert run(Schedule(1, 30.0), 5, 30) == [0, 1, 2, 3, 4]


def test_every_n_is_cut_short_by_the_age_bound() -> None:
    ran = run(Schedule(60, 10.0), 30, 10)
    assert ran[:3] == [0, 5, 10]


def test_adaptive_runs_as_often_as_it_pays_when_there_is_time() -> None:
    for fps, stride in ((15.0, 1), (24.0, 2), (30.0, 2), (60.0, 4)):
        assert run(Schedule(0, fps), 32, fps, cost_s=0.004) == list(range(0, 32, stride))


def test_adaptive_takes_its_share_of_the_time_and_no_more() -> None:
    fps, cost_s = 30.0, 0.05
    ran = run(Schedule(0, fps), 300, fps, cost_s=cost_s)
    assert 0.4 < len(ran) * cost_s / (300 / fps) <= 0.55
    assert max(b - a for a, b in pairwise(ran)) <= 4, "evenly, not in bursts"


@pytest.mark.parametrize("cost_s", [0.004, 0.03])
def test_a_camera_slower_than_the_session_gets_the_network_as_often(cost_s: float) -> None:
    """In poor light many cameras give half of the frames that they promised, each twice as far from the one before."""
    assert run(Schedule(0, 30.0), 32, 15.0, cost_s) == list(range(32))
    assert run(Schedule(0, 30.0), 32, 10.0, cost_s) == list(range(32))


def test_a_slow_cameras_network_takes_no_more_than_its_share() -> None:
    ran = run(Schedule(0, 30.0), 150, 15.0, cost_s=0.1)
    assert 0.4 < len(ran) * 0.1 / (150 / 15) <= 0.55


def test_a_network_far_too_slow_still_refreshes_within_the_age_bound() -> None:
    ran = run(Schedule(0, 30.0), 90, 30, cost_s=5.0)
    assert all((b - a) / 30 <= MAX_AGE_S + 1 / 30 for a, b in pairwise(ran))


def test_a_still_picture_needs_only_refreshes() -> None:
    fps = 30.0
    ran = run(Schedule(0, fps), 120, fps, still_from=1.0)
    late = [index for index in ran if index / fps > 1.0 + SETTLE_S]
    assert 2 <= len(late) <= 8
    assert all((b - a) / fps <= MAX_AGE_S + 1 / fps for a, b in pairwise(late))


def test_motion_wakes_it_at_once() -> None:
    schedule = Schedule(0, 30.0)
    run(schedule, 60, 30.0, still_from=0.1)
    for index in range(60, 66):  # between two refreshes
        schedule.is_due(index / 30, still=True)
    assert schedule.is_due(66 / 30, still=False), "it has rested for long enough"


def test_age_counts_frames_since_the_network_ran() -> None:
    schedule = Schedule(4, None)
    ages = []
    for index in range(6):
        if schedule.is_due(index / 30, still=False):
            schedule.began()
            schedule.ran(index / 30, 0.0)
        ages.append(schedule.age)
    assert ages == [0, 1, 2, 3, 0, 1]


def test_reset_runs_for_the_next_frame() -> None:
    schedule = Schedule(10, None)
    schedule.is_due(0.0, still=False)
    schedule.began()
    schedule.ran(0.0, 0.0)
    assert not schedule.is_due(0.03, still=False)
    schedule.reset()
    assert schedule.is_due(0.06, still=False)


def test_a_run_that_spans_frames_takes_its_share_as_one_that_does_not() -> None:
    """40 ms begun at a frame are over two frames later; half of the time is the network's, as if it were waited for."""
    fps, cost_s = 30.0, 0.04
    schedule, begun, over_at = Schedule(0, fps), [], -1
    for index in range(300):
        due = schedule.is_due(index / fps, still=False)
        if index == over_at:
            schedule.ran(begun[-1] / fps, cost_s)
        if due and index >= over_at:
            schedule.began()
            begun.append(index)
            over_at = index + 2
    assert 0.4 < len(begun) * cost_s / (300 / fps) <= 0.55


def test_a_slow_network_begins_before_its_answer_is_missed() -> None:
    """120 ms beside a still picture: the next matte is there before the last one is too old."""
    fps, cost_frames = 30.0, 4
    schedule, over_at, begun = Schedule(0, fps), -1, 0
    for index in range(150):
        due = schedule.is_due(index / fps, still=index > 0)
        if index == over_at:
            schedule.ran(begun / fps, cost_frames / fps)
        assert index < cost_frames or not schedule.is_late(index / fps)
        if due and index >= over_at:
            schedule.began()
            begun, over_at = index, index + cost_frames
