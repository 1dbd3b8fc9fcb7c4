from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.frames import F32
from cyclorama.matting.networks.onnx.window import (
    CELL,
    KEPT_S,
    LEAST,
    SETTLED_S,
    WindowTracker,
    WindowView,
    around,
    seen_box,
    whole,
)
from cyclorama.matting.networks.roi import Box

FRAME_WH = (1280, 720)
SIZES = [(384, 224), (512, 288), (640, 352)]
MOST = 50_000
PERSON = Box(430, 20, 1000, 720)
SMALL = Box(800, 450, 1000, 720)


def settled(*boxes: Box, tracker: WindowTracker | None = None, begin_s: float = 0.0) -> tuple[WindowTracker, float]:
    """A tracker that has seen each of the boxes in turn, over and over, until it trusts them; the time then."""
    tracker = tracker or WindowTracker()
    for step in range(31):
        time_s = begin_s + step / 30
        tracker.see(boxes[step % len(boxes)], FRAME_WH, time_s)
        tracker.view(FRAME_WH, SIZES, MOST, time_s)
    return tracker, time_s


def view(tracker: WindowTracker, time_s: float, sizes: list[tuple[int, int]] = SIZES) -> WindowView:
    return tracker.view(FRAME_WH, sizes, MOST, time_s)


@given(
    st.sampled_from(SIZES),
    st.floats(0, 1200),
    st.floats(0, 640),
    st.floats(1, 1280),
    st.floats(1, 720),
)
def test_a_window_holds_its_box_on_the_grid(size_wh: tuple[int, int], x: float, y: float, w: float, h: float) -> None:
    box = Box(x, y, min(1280, x + w), min(720, y + h))
    found = around(box, FRAME_WH, size_wh)
    assert found.on(FRAME_WH).holds(box)
    assert all(edge % CELL == 0 for edge in (found.x0, found.y0, found.x1, found.y1))
    assert found.x0 >= 0 and found.x1 <= size_wh[0] and found.y0 >= 0 and found.y1 <= size_wh[1]
    assert min(found.window_wh) >= LEAST * CELL
    rows, columns = found.slices(CELL)
    assert (columns.stop - columns.start) * CELL == found.window_wh[0] and rows.start * CELL == found.y0


def test_a_picture_of_few_cells_is_looked_at_whole() -> None:
    assert around(Box(10, 10, 20, 20), (64, 48), (64, 48)) == whole((64, 48))


def test_all_is_looked_at_until_somebody_has_been_there_for_a_moment() -> None:
    tracker = WindowTracker()
    assert view(tracker, 0.0) == whole(SIZES[0])
    tracker.see(PERSON, FRAME_WH, 0.0)
    assert view(tracker, SETTLED_S / 2) == whole(SIZES[0])
    found = view(tracker, SETTLED_S)
    assert found.area < 0.7 * whole(SIZES[0]).area and found.on(FRAME_WH).holds(PERSON)


def test_growth_is_immediate_and_shrinking_late() -> None:
    tracker, time_s = settled(PERSON)
    small = view(tracker, time_s)
    arm = Box(200, 300, 1000, 720)
    tracker.see(arm, FRAME_WH, time_s)
    large = view(tracker, time_s)
    assert large.on(FRAME_WH).holds(arm) and large.area > small.area
    for step in range(1, 200):
        now_s = time_s + step / 30
        tracker.see(PERSON, FRAME_WH, now_s)
        assert (view(tracker, now_s) == large) == (step / 30 <= KEPT_S)
    assert view(tracker, now_s) == small


def test_a_moving_head_leaves_the_window_alone() -> None:
    tracker, time_s = settled(PERSON)
    before = view(tracker, time_s)
    for step in range(60):
        shift = 12 * np.sin(step / 5)
        tracker.see(Box(430 + shift, 20, 1000 + shift, 720), FRAME_WH, time_s + step / 30)
        assert view(tracker, time_s + step / 30) == before


def test_several_people_are_in_one_window() -> None:
    tracker, time_s = settled(SMALL)
    other = Box(60, 400, 200, 720)
    tracker.told(other, FRAME_WH, time_s)
    found = view(tracker, time_s)
    assert found.on(FRAME_WH).holds(other) and found.on(FRAME_WH).holds(SMALL)
    known = tracker.seen(FRAME_WH)
    assert known is not None and not known.holds(other), "what the network itself has not seen is asked about again"


def test_somebody_small_is_looked_at_more_finely_and_a_large_one_at_once_less() -> None:
    tracker, time_s = settled(SMALL)
    assert view(tracker, time_s).size_wh == SIZES[-1] and view(tracker, time_s).area <= MOST
    tracker.see(PERSON, FRAME_WH, time_s)
    assert view(tracker, time_s).size_wh == SIZES[0]


def test_another_quality_has_another_window() -> None:
    tracker, time_s = settled(PERSON)
    assert view(tracker, time_s, [(256, 144)]).size_wh == (256, 144)


def test_all_is_looked_at_once_nobody_has_been_seen_for_long() -> None:
    tracker, time_s = settled(PERSON)
    assert not view(tracker, time_s + KEPT_S).is_whole
    assert view(tracker, time_s + KEPT_S + 0.1) == whole(SIZES[0])
    tracker, time_s = settled(PERSON)
    tracker.reset()
    assert view(tracker, time_s) == whole(SIZES[0]) and tracker.seen(FRAME_WH) is None


def test_a_clock_that_goes_back_is_no_reason_to_look_at_less() -> None:
    tracker, time_s = settled(PERSON)
    assert view(tracker, time_s - 1.5) == whole(SIZES[0])


# --- what was seen in a window


def alpha_from_tensor(found: WindowView, x0: int, y0: int, x1: int, y1: int) -> F32:
    alpha = np.zeros(found.window_wh[::-1], np.float32)
    alpha[y0:y1, x0:x1] = 0.9
    return alpha


@pytest.mark.parametrize("size_wh", [(384, 224), (640, 352)])
def test_what_is_seen_is_placed_on_the_frame(size_wh: tuple[int, int]) -> None:
    found = WindowView(size_wh, 96, 32, 96 + 160, 32 + 160)
    box = seen_box(alpha_from_tensor(found, 20, 30, 120, 130), found, FRAME_WH)
    sx, sy = 1280 / size_wh[0], 720 / size_wh[1]
    assert box is not None
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((117 * sx, 63 * sy, 215 * sx, 161 * sy))


def test_specks_are_nobody_and_near_nothing_is_nobody() -> None:
    found = WindowView((384, 224), 96, 32, 256, 192)
    alpha = alpha_from_tensor(found, 60, 60, 100, 100)
    alone = seen_box(alpha, found, FRAME_WH)
    alpha[5:7, 5:7] = 1
    assert seen_box(alpha, found, FRAME_WH) == alone
    assert seen_box(alpha_from_tensor(found, 60, 60, 66, 66), found, FRAME_WH) is None
    assert seen_box(np.full(found.window_wh[::-1], 0.4, np.float32), found, FRAME_WH) is None


def test_who_reaches_the_windows_border_goes_on_behind_it_but_not_behind_the_pictures() -> None:
    found = WindowView((384, 224), 96, 64, 256, 224)
    box = seen_box(alpha_from_tensor(found, 0, 60, 100, 160), found, FRAME_WH)
    assert box is not None and box.x0 < found.on(FRAME_WH).x0 - 40 and box.y1 == 720
    assert not found.on(FRAME_WH).holds(box)
    inside = seen_box(alpha_from_tensor(found, 10, 60, 100, 160), found, FRAME_WH)
    assert inside is not None and found.on(FRAME_WH).holds(inside)
