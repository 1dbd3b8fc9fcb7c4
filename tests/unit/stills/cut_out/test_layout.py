"""Crops, scales and positions: the subject is where it was asked for, and all of it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.core.errors import ModelError, SettingsError
from cyclorama.core.frames import U8
from cyclorama.settings.picture_kinds import Length
from cyclorama.stills.cut_out.layout import (
    UNCHANGED,
    Placing,
    crop_background,
    place_subject,
    render_placement,
)


def subject(box: tuple[int, int, int, int], size_wh: tuple[int, int] = (200, 100)) -> U8:
    alpha8 = np.zeros((size_wh[1], size_wh[0]), np.uint8)
    alpha8[box[1] : box[3], box[0] : box[2]] = 255
    return alpha8


def bounds(alpha8: U8) -> tuple[int, int, int, int]:
    left, top, width, height = cv2.boundingRect(np.asarray(alpha8 > 127, np.uint8))
    return left, top, left + width, top + height


def make(alpha8: U8, placing: Placing) -> U8:
    return render_placement(alpha8, place_subject(alpha8, placing))


def test_as_it_is_is_the_same_array() -> None:
    alpha8 = subject((50, 20, 90, 60))
    assert make(alpha8, UNCHANGED) is alpha8


@pytest.mark.parametrize(
    ("margin", "size_wh"), [(Length(0), (40, 20)), (Length(0.1), (48, 28)), (Length(7, relative=False), (54, 34))]
)
def test_a_crop_leaves_its_margin(margin: Length, size_wh: tuple[int, int]) -> None:
    out = make(subject((50, 20, 90, 40)), Placing(crop=True, margin=margin))
    assert out.shape[::-1] == size_wh
    free = (size_wh[0] - 40) // 2
    assert bounds(out) == (free, free, free + 40, free + 20)


def test_haze_that_nobody_sees_is_not_cropped_to() -> None:
    alpha8 = subject((50, 20, 90, 40))
    alpha8[60:, 150:] = 10
    assert make(alpha8, Placing(crop=True)).shape == (20, 40)


def test_a_crop_beyond_the_photo_is_empty_there() -> None:
    out = make(subject((5, 70, 45, 90)), Placing(crop=True, margin=Length(30, relative=False)))
    assert out.shape == (80, 100)
    assert bounds(out) == (30, 30, 70, 50)


def test_a_crop_ends_where_the_photo_cuts_the_subject_off() -> None:
    out = make(subject((0, 80, 40, 100)), Placing(crop=True, margin=Length(30, relative=False)))
    assert out.shape == (50, 70)
    assert bounds(out) == (0, 30, 40, 50)


def test_a_crop_leaves_room_for_a_shadow_of_what_stands() -> None:
    standing, cut = subject((50, 20, 150, 60)), subject((50, 20, 150, 100))
    assert place_subject(standing, Placing(crop=True), shadow=True).size_wh == (118, 47)
    assert place_subject(cut, Placing(crop=True), shadow=True).size_wh == (100, 80)


@pytest.mark.parametrize(
    ("position", "middle"),
    [((0.5, 0.5), (100, 50)), ((0.0, 0.0), (40, 20)), ((1.0, 1.0), (160, 80)), ("original", (70, 30)),
     (None, (100, 50))],
)  # fmt: skip
def test_scale_and_position(position: tuple[float, float] | None, middle: tuple[int, int]) -> None:
    # 40x20 to 80x40: four tenths of the photo, in both directions at once
    out = make(subject((50, 20, 90, 40)), Placing(scale=0.4, position=position))
    left, top, right, bottom = bounds(out)
    assert out.shape == (100, 200)
    assert right - left == pytest.approx(80, abs=1)
    assert bottom - top == pytest.approx(40, abs=1)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx(middle, abs=1)


def test_position_alone_moves() -> None:
    out = make(subject((50, 20, 90, 40)), Placing(position=(1.0, 0.0)))
    assert bounds(out) == (160, 0, 200, 20)


def test_what_the_photo_cuts_off_stays_at_the_edge() -> None:
    assert bounds(make(subject((50, 50, 70, 100)), Placing(scale=0.8)))[3] == 100
    assert bounds(make(subject((0, 20, 100, 40)), Placing(scale=0.9)))[0] == 0
    assert bounds(make(subject((0, 0, 200, 100)), Placing(scale=0.5))) == (50, 25, 150, 75), "cut on both sides"


@given(st.integers(20, 200), st.integers(20, 100), st.floats(0.2, 1))
def test_no_line_is_left_between_what_the_photo_cuts_off_and_the_edge(right: int, bottom: int, scale: float) -> None:
    alpha8 = subject((right - 12, bottom - 11, right, bottom), (right, bottom))
    assert bounds(make(alpha8, Placing(scale=scale)))[2:] == (right, bottom)


@given(
    st.integers(0, 90), st.integers(0, 50), st.integers(10, 100), st.integers(10, 60),
    st.floats(0.01, 1), st.floats(0, 1), st.floats(0, 1),
)  # fmt: skip
def test_nothing_of_a_placed_subject_is_lost(
    left: int, top: int, width: int, height: int, scale: float, x: float, y: float
) -> None:
    box = left, top, min(100, left + width), min(60, top + height)
    alpha8 = subject(box, (100, 60))
    layout = place_subject(alpha8, Placing(scale=scale, position=(x, y)))
    out = render_placement(alpha8, layout)
    assert out.shape == (60, 100)
    expected = layout.scale**2 * (box[2] - box[0]) * (box[3] - box[1])
    border = 2 + layout.scale * max(1, layout.scale) * (box[2] - box[0] + box[3] - box[1])  # half a pixel all around
    assert abs(out.sum() / 255 - expected) <= border


def test_a_window_shows_the_photo_and_its_edge_beyond() -> None:
    photo = np.arange(100 * 200 * 3, dtype=np.uint8).reshape(100, 200, 3)
    layout = place_subject(subject((4, 20, 44, 40)), Placing(crop=True, margin=Length(10, relative=False)))
    part = crop_background(photo, layout)
    assert part.shape == (40, 60, 3)
    assert (part[:, 6:] == photo[10:50, :54]).all()
    assert (part[:, :6] == photo[10:50, :1]).all()


def test_what_contradicts_itself() -> None:
    with pytest.raises(SettingsError, match="--margin"):
        Placing(crop=True, scale=0.5)
    with pytest.raises(SettingsError, match="--crop too"):
        Placing(margin=Length(0.1))


def test_without_a_subject() -> None:
    with pytest.raises(ModelError, match="nothing to cut out"):
        place_subject(np.zeros((10, 10), np.uint8), UNCHANGED)


@pytest.mark.parametrize("margin", [Length(50_000, relative=False), Length(10.0)])
def test_a_margin_makes_no_picture_that_memory_cannot_hold(margin: Length) -> None:
    alpha8 = subject((900, 900, 1100, 1100), (2000, 2000))
    with pytest.raises(SettingsError, match=r"--margin: the picture would have .* megapixels, over 100"):
        place_subject(cv2.resize(alpha8, (5000, 5000)), Placing(crop=True, margin=margin))
    assert place_subject(alpha8, Placing(crop=True, margin=Length(4000, relative=False))).size_wh == (8200, 8200)
