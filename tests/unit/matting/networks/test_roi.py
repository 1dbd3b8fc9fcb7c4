from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.frames import F32
from cyclorama.matting.networks.roi import Box, RegionTracker, person_box, square_around

FRAME_WH = (1280, 720)


def blob(x0: int, y0: int, x1: int, y1: int) -> F32:
    """A person as a rectangle, on a grid of 160x90 cells, given in pixels of the frame."""
    alpha = np.zeros((90, 160), np.float32)
    alpha[y0 // 8 : y1 // 8, x0 // 8 : x1 // 8] = 0.9
    return alpha


def test_person_box_in_pixels() -> None:
    assert person_box(blob(400, 80, 480, 240), FRAME_WH) == Box(400, 80, 480, 240)
    assert person_box(np.full((90, 160), 0.4, np.float32), FRAME_WH) is None


@given(x=st.integers(0, 1200), y=st.integers(0, 640), width=st.integers(8, 1280), height=st.integers(8, 720))
def test_a_region_holds_the_person_and_stays_inside(x: int, y: int, width: int, height: int) -> None:
    person = Box(x, y, min(1280, x + width), min(720, y + height))
    region = square_around(person, FRAME_WH)
    assert region.holds(person)
    assert region.x0 >= 0 and region.y0 >= 0 and region.x1 <= 1280 and region.y1 <= 720
    rows, columns = region.slices()
    assert 0 <= rows.start < rows.stop <= 720 and 0 <= columns.start < columns.stop <= 1280


def test_a_region_is_square_where_the_frame_allows() -> None:
    region = square_around(Box(600, 300, 640, 400), FRAME_WH)
    assert region.x1 - region.x0 == pytest.approx(region.y1 - region.y0)
    tall = square_around(Box(10, 100, 200, 1200), (720, 1280))
    assert (tall.x0, tall.x1) == (0, 720)


def test_growth_is_immediate_and_shrinking_slow() -> None:
    tracker = RegionTracker()
    tracker.update(blob(600, 200, 680, 400), FRAME_WH, 0.0)
    small = tracker.box
    tracker.update(blob(200, 200, 680, 600), FRAME_WH, 0.033)
    assert small is not None and tracker.box is not None
    assert tracker.box.holds(Box(200, 200, 680, 600))
    large = tracker.box
    tracker.update(blob(600, 200, 680, 400), FRAME_WH, 0.066)
    assert tracker.box.area > 0.8 * large.area
    for step in range(200):
        tracker.update(blob(600, 200, 680, 400), FRAME_WH, 0.1 + step / 30)
    assert tracker.box.area < 2 * small.area


def test_small_movements_leave_the_region_alone() -> None:
    tracker = RegionTracker()
    tracker.update(blob(600, 200, 680, 400), FRAME_WH, 0.0)
    before = tracker.box
    for step in range(30):
        tracker.update(blob(600 + 8 * (step % 2), 200, 680, 400), FRAME_WH, step / 30)
    assert tracker.box == before


def test_an_empty_room_is_looked_at_whole() -> None:
    tracker = RegionTracker()
    tracker.update(blob(600, 200, 680, 400), FRAME_WH, 0.0)
    tracker.update(np.zeros((90, 160), np.float32), FRAME_WH, 0.033)
    assert tracker.box is None
