"""Rotation, mirror and size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.capture.geometry import Geometry
from cyclorama.capture.view import View
from cyclorama.core.frames import U8
from cyclorama.settings.values import CaptureSettings, Fit, Rotation

SIDES = st.integers(1, 60)


def marked(width: int = 8, height: int = 4) -> U8:
    """Black, with the corner at the top left in white."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[0, 0] = 255
    return pixels


@pytest.mark.parametrize(
    ("rotate", "mirror", "corner"),
    [
        (0, False, (0, 0)),
        (90, False, (0, -1)),
        (180, False, (-1, -1)),
        (270, False, (-1, 0)),
        (0, True, (0, -1)),
        (90, True, (0, 0)),
    ],
)
def test_clockwise_turns_then_the_mirror(rotate: Rotation, mirror: bool, corner: tuple[int, int]) -> None:
    turned = Geometry(CaptureSettings(rotate=rotate, mirror=mirror)).apply(marked())
    assert turned.shape == ((8, 4, 3) if rotate in (90, 270) else (4, 8, 3))
    assert turned[corner].min() == 255
    assert turned.sum() == 3 * 255


def test_where_nothing_is_to_be_done_nothing_is_copied() -> None:
    pixels = marked()
    assert Geometry(CaptureSettings()).apply(pixels) is pixels
    assert Geometry(CaptureSettings(size_wh=(16, 16))).apply(np.zeros((16, 16, 3), np.uint8)).shape == (16, 16, 3)


def test_cover_cuts_equally_and_contain_keeps_all() -> None:
    pixels = np.zeros((90, 320, 3), np.uint8)
    pixels[:, :80], pixels[:, -80:] = (255, 0, 0), (0, 0, 255)
    cover = Geometry(CaptureSettings(size_wh=(160, 90))).apply(pixels)
    assert cover.shape == (90, 160, 3)
    assert cover.max() == 0, "the coloured quarters at both sides are cut"
    contain = Geometry(CaptureSettings(size_wh=(160, 90), fit="contain")).apply(pixels)
    assert contain.shape == (45, 160, 3)
    assert contain[20, 2].tolist() == [255, 0, 0]
    assert contain[20, -2].tolist() == [0, 0, 255]


@given(
    SIDES,
    SIDES,
    st.integers(16, 60),
    st.integers(16, 60),
    st.sampled_from([0, 90]),
    st.sampled_from(["cover", "contain"]),
)
def test_sizes_are_as_announced_whatever_comes(
    width: int, height: int, wanted_w: int, wanted_h: int, rotate: Rotation, fit: Fit
) -> None:
    geometry = Geometry(CaptureSettings(size_wh=(wanted_w, wanted_h), rotate=rotate, fit=fit, mirror=True))
    pixels = geometry.apply(np.zeros((height, width, 3), np.uint8))
    size_wh = pixels.shape[1], pixels.shape[0]
    assert size_wh == geometry.size_for((width, height))
    assert pixels.flags.c_contiguous
    if fit == "cover":
        assert size_wh == (wanted_w, wanted_h)
    else:
        assert size_wh[0] == wanted_w or size_wh[1] == wanted_h
        assert size_wh[0] <= wanted_w and size_wh[1] <= wanted_h


def test_zoom_and_pan_show_a_part_at_the_whole_size() -> None:
    pixels = np.zeros((90, 160, 3), np.uint8)
    pixels[:45, :80] = 255
    zoomed = Geometry(CaptureSettings(zoom=2, pan_xy=(-1, -1))).apply(pixels)
    assert zoomed.shape == (90, 160, 3)
    assert zoomed[:85, :155].min() == 255
    assert Geometry(CaptureSettings(zoom=2, pan_xy=(1, 1))).apply(pixels)[2:, 2:].max() == 0


def test_a_framing_sees_the_turned_picture_and_its_view_is_cut_before_the_mirror() -> None:
    class LeftHalf:
        def view(self, pixels: U8, output_wh: tuple[int, int], time_s: float) -> View:
            assert pixels.shape == (160, 90, 3) and output_wh == (90, 160) and time_s == 3.5
            return View(22.5, 40, 80, 90 / 160)

    pixels = np.zeros((90, 160, 3), np.uint8)
    pixels[:, :10] = 255  # the top row of the turned picture
    out = Geometry(CaptureSettings(rotate=90, mirror=True), LeftHalf()).apply(pixels, 3.5)
    assert out.shape == (160, 90, 3)
    assert out[:18].min() == 255 and out[22:].max() == 0


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("size_wh", [None, (20, 20), (64, 48)])
def test_a_pictures_own_alpha_travels_along(rotate: Rotation, mirror: bool, size_wh: tuple[int, int] | None) -> None:
    """The alpha is a picture of the same scene: what is done to the one is done to the other."""
    alpha = np.random.default_rng(4).integers(0, 255, (30, 40), np.uint8)
    pixels = np.repeat(alpha[..., None], 3, axis=2)
    settings = CaptureSettings(size_wh=size_wh, rotate=rotate, mirror=mirror, zoom=1.5, pan_xy=(0.3, -0.6))
    moved, rest = Geometry(settings).apply_with_alpha(pixels, alpha)
    assert rest is not None
    assert np.array_equal(moved[..., 0], rest)
    assert np.array_equal(moved, Geometry(settings).apply(pixels))
