"""Parts of pictures, to a fraction of a pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.capture.view import View, by_hand, cut, widest
from cyclorama.core.frames import U8


def ramp(width: int, height: int) -> U8:
    """Blue grows to the right, green downwards: pixel values tell where they come from."""
    x, y = np.meshgrid(np.arange(width), np.arange(height))
    return np.dstack([x * 255 / (width - 1), y * 255 / (height - 1), np.zeros_like(x)]).round().astype(np.uint8)


def test_the_widest_view() -> None:
    assert widest((1920, 1080), 16 / 9) == View(960, 540, 1080, 16 / 9)
    assert widest((1920, 1080), 1.0).width == 1080
    assert widest((1000, 3000), 2.0).height == 500


def test_zoom_and_pan_by_hand() -> None:
    whole = by_hand((1600, 900), 16 / 9, 1, (0.5, -1))
    assert (whole.x, whole.y, whole.height) == (800, 450, 900), "nowhere to pan to"
    left = by_hand((1600, 900), 16 / 9, 2, (-1, 1))
    assert (left.x - left.width / 2, left.y + left.height / 2) == pytest.approx((0, 900))
    strip = by_hand((1600, 900), 9 / 16, 1, (1, 0))
    assert strip.x + strip.width / 2 == pytest.approx(1600), "what another shape cuts off can be panned to"


@pytest.mark.parametrize("size_wh", [(64, 36), (200, 112), (640, 360), (1280, 720)])
def test_a_cut_shows_the_part_at_any_scale(size_wh: tuple[int, int]) -> None:
    picture = ramp(640, 360)
    view = View(200.25, 100.5, 180, 16 / 9)
    out = cut(picture, view, size_wh)
    assert out.shape == (size_wh[1], size_wh[0], 3) and out.flags.c_contiguous
    for column in (0.1, 0.5, 0.9):
        x = view.x + (column - 0.5) * view.width
        got = int(out[size_wh[1] // 2, round(column * size_wh[0]), 0])
        assert got == pytest.approx(x * 255 / 639, abs=2)


def test_half_a_pixel_is_seen() -> None:
    picture = np.zeros((90, 160, 3), np.uint8)
    picture[:, 80:] = 200
    edges = [
        float(cut(picture, View(80 + shift, 45, 45, 16 / 9), (160, 90))[45].astype(float).mean())
        for shift in (0, 0.125, 0.25, 0.5)
    ]
    assert np.diff(edges) == pytest.approx([200 * s / 80 for s in (0.125, 0.125, 0.25)], abs=0.15)


@given(
    st.integers(1, 300),
    st.integers(1, 300),
    st.integers(1, 200),
    st.integers(1, 200),
    st.floats(1, 4),
    st.floats(-1, 1),
)
def test_whatever_the_sizes_the_output_has_its_own_and_no_foreign_colour(
    width: int, height: int, out_w: int, out_h: int, zoom: float, pan: float
) -> None:
    picture = np.full((height, width, 3), (10, 20, 30), np.uint8)
    view = by_hand((width, height), out_w / out_h, zoom, (pan, -pan))
    out = cut(picture, view, (out_w, out_h))
    assert out.shape == (out_h, out_w, 3)
    assert (out == (10, 20, 30)).all()


def test_a_view_is_pushed_inside() -> None:
    assert View(0, 0, 90, 16 / 9).inside((320, 180)) == View(80, 45, 90, 16 / 9)
    assert View(0, 0, 900, 16 / 9).inside((320, 180)) == widest((320, 180), 16 / 9)
