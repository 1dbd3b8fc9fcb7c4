"""From a decoded frame to upright BGR: display matrix, colour matrix and range."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from cyclorama.clips import color, geometry
from cyclorama.clips.reader import ClipReader

CORNER = 8


@pytest.mark.parametrize(("rotation", "turns"), [(0, 0), (90, 1), (180, 2), (-90, 3), (45, 0)])
def test_quarter_turns_of_a_display_matrix(make_clip: Callable[..., Path], rotation: int, turns: int) -> None:
    with ClipReader(make_clip("turned.mp4", 2, size_wh=(64, 32), rotation=rotation)) as reader:
        frame = next(reader.frames())
    assert geometry.quarter_turns(frame) == turns
    assert geometry.upright_size(frame) == ((32, 64) if turns % 2 else (64, 32))
    assert color.BgrConverter().upright(frame).shape == ((64, 32, 3) if turns % 2 else (32, 64, 3))


@pytest.mark.parametrize("turns", range(4))
def test_turned_counterclockwise(turns: int) -> None:
    pixels = np.random.default_rng(3).integers(0, 255, (4, 6, 3), np.uint8)
    result = geometry.turned(pixels, turns)
    assert np.array_equal(result, np.rot90(pixels, turns))
    assert result.flags.c_contiguous
    assert geometry.turned_size((6, 4), turns) == result.shape[1::-1]


def test_the_matrix_that_is_assumed_and_the_one_that_is_named() -> None:
    assert (color.assumed_matrix(719), color.assumed_matrix(720)) == (Colorspace.ITU601, Colorspace.ITU709)
    small, large = av.VideoFrame(64, 480, "yuv420p"), av.VideoFrame(64, 720, "yuv420p")
    assert (color.matrix_of(small), color.matrix_of(large)) == (Colorspace.ITU601, Colorspace.ITU709)
    small.colorspace = Colorspace.ITU709
    assert color.matrix_of(small) == Colorspace.ITU709


def test_full_and_limited_range() -> None:
    """The luma of 235 is white in limited range, and light grey in full range."""
    frame = av.VideoFrame.from_ndarray(np.full((48, 32), 235, np.uint8), format="gray").reformat(format="yuv420p")
    plane = np.frombuffer(frame.planes[0], np.uint8).reshape(32, -1).copy()
    plane[:] = 235
    frame.planes[0].update(plane.tobytes())
    levels = {}
    for value in (ColorRange.MPEG, ColorRange.JPEG):
        frame.color_range = value
        levels[value] = int(color.BgrConverter().upright(frame)[4, 4, 1])
    assert levels[ColorRange.MPEG] == pytest.approx(255, abs=1)
    assert levels[ColorRange.JPEG] == pytest.approx(235, abs=1)


def test_scaled_on_the_way_but_not_turned(make_clip: Callable[..., Path]) -> None:
    with ClipReader(make_clip("turned.mp4", 12, size_wh=(64, 32), rotation=90)) as reader:
        frame = list(reader.frames())[10]
    stored = color.BgrConverter(bicubic=True).stored(frame, (20, 10))
    assert stored.shape == (10, 20, 3)
    assert np.abs(stored.astype(int) - 60).max() <= 4
