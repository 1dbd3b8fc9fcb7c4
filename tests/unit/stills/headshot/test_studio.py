"""Studio backdrops: the falloff of the light, the ends of the ramp, and plain walls."""

from __future__ import annotations

import numpy as np
import pytest

from cyclorama.background.gradient import STEPS, color_ramp
from cyclorama.stills.headshot.preset import load_studio
from cyclorama.stills.headshot.studio import REACH, paint_studio, studio


def test_the_light_falls_off_as_that_of_a_lamp() -> None:
    """At distance r the ramp has the position (1 - e(r)) / (1 - e(corner)), with e(r) = 1 / (1 + r^2)^2."""
    width, height = 300, 200
    light, shade = (200, 200, 200), (0, 0, 0)
    ramp = color_ramp(light, shade)[:, 0]
    wall = paint_studio(light, shade, (width, height)).astype(float)[..., 0]
    unit = REACH * np.hypot(width, height) / 2

    def irradiance(x: float, y: float) -> float:
        return float((1 + ((x - 150) ** 2 + (y - 80) ** 2) / unit**2) ** -2)

    darkest = irradiance(0.5, 199.5)
    for x, y in ((150, 80), (200, 80), (150, 150), (60, 120), (270, 170)):
        position = (1 - irradiance(x, y)) / (1 - darkest)
        expected = ramp[round(position * (STEPS - 1))]
        mean = wall[y - 3 : y + 3, x - 3 : x + 3].mean()  # of 36 pixels, because of the dither
        assert mean == pytest.approx(expected, abs=1.5)


def test_it_goes_from_light_to_shade() -> None:
    wall = paint_studio((220, 200, 180), (70, 60, 50), (320, 240)).astype(int)
    assert np.abs(wall[96, 160] - (180, 200, 220)).max() <= 2, "BGR, at the centre of the light"
    assert np.abs(wall[-1, 0] - (50, 60, 70)).max() <= 2, "in the furthest corner"


def test_every_painting_of_one_size_is_the_same() -> None:
    first, second = (paint_studio((220, 200, 180), (70, 60, 50), (64, 48)) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_backdrop_by_its_name() -> None:
    assert studio("office") is None
    for name, (light, shade) in load_studio().items():
        backdrop = studio(name)
        assert backdrop is not None
        wall = backdrop.render(np.zeros((90, 120, 3), np.uint8), np.zeros((90, 120), np.uint8), 0.0)
        rgb = [int(light[at : at + 2], 16) for at in (1, 3, 5)]
        assert np.abs(wall[36, 60].astype(int) - rgb[::-1]).max() <= 2, name
        assert (light == shade) == bool((wall == wall[0, 0]).all()), name
