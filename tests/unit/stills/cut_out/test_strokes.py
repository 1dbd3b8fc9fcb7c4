"""Strokes: what is none is refused in one line."""

from __future__ import annotations

import math

import pytest

from cyclorama.core.errors import SettingsError
from cyclorama.stills.cut_out.strokes import MOST_POINTS, MOST_STROKES, Stroke, check_strokes


def test_a_click_and_a_path_outside_the_photo_are_strokes() -> None:
    assert Stroke(True, [(3.5, -4.0)], 0.5).radius == 0.5
    assert len(Stroke(False, [(-1e6, 0.0)] * MOST_POINTS, 10_000.0).points_xy) == MOST_POINTS


@pytest.mark.parametrize("radius", [0.0, 0.4, -1.0, 10_001.0, math.nan, math.inf])
def test_radii_that_no_brush_has(radius: float) -> None:
    with pytest.raises(SettingsError, match=r"a radius of .* pixels: give 0.5 to 10000$"):
        Stroke(True, [(0.0, 0.0)], radius)


@pytest.mark.parametrize("count", [0, MOST_POINTS + 1])
def test_numbers_of_points_that_no_stroke_has(count: int) -> None:
    with pytest.raises(SettingsError, match=f"a stroke with {count} points: give 1 to {MOST_POINTS}$"):
        Stroke(True, [(0.0, 0.0)] * count, 5.0)


@pytest.mark.parametrize("point", [(math.nan, 0.0), (0.0, math.inf), (-math.inf, 0.0), (2e6, 0.0), (1.0, 2.0, 3.0)])
def test_points_that_are_none(point: tuple[float, float]) -> None:
    with pytest.raises(SettingsError, match=r"give x and y in pixels of the photo$"):
        Stroke(False, [(0.0, 0.0), point], 5.0)


def test_too_many_strokes() -> None:
    stroke = Stroke(True, [(0.0, 0.0)], 5.0)
    check_strokes([stroke] * MOST_STROKES)
    with pytest.raises(SettingsError, match="1001 strokes: at most 1000"):
        check_strokes([stroke] * (MOST_STROKES + 1))
