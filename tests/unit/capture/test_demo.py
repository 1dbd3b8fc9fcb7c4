"""The bundled portrait, moved."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from cyclorama.capture.demo import DemoSource

NEVER = threading.Event()


def test_it_is_the_same_every_time() -> None:
    first, second = DemoSource((320, 180), live=False), DemoSource((320, 180), live=False)
    for time_s in (0.0, 1.7, 4.9):
        assert np.array_equal(first.view(time_s), second.view(time_s))


def test_it_moves_a_little_between_frames_and_more_over_a_second() -> None:
    source = DemoSource((320, 180), live=False)

    def difference(begin_s: float, end_s: float) -> float:
        return float(np.abs(source.view(begin_s).astype(int) - source.view(end_s)).mean())

    assert 0 < difference(1.0, 1.0 + 1 / 30) < difference(1.0, 2.0)


@pytest.mark.parametrize("size_wh", [(1280, 720), (640, 480), (360, 640), (321, 181), (16, 16)])
def test_any_size_is_filled_with_the_portrait(size_wh: tuple[int, int]) -> None:
    picture = DemoSource(size_wh, live=False).view(0.0)
    assert picture.shape == (size_wh[1], size_wh[0], 3)
    assert picture.std() > 20


def test_as_a_clip_it_has_a_length_and_times() -> None:
    source = DemoSource((64, 36), 25, live=False, duration_s=2)
    frames = list(source.frames(NEVER))
    assert len(frames) == source.info.frame_count == 50
    assert frames[-1].time_s == pytest.approx(49 / 25)
