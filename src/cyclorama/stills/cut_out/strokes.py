"""Strokes of the erase and restore brush, and the limits that they are checked against."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cyclorama.core.errors import SettingsError

MOST_STROKES, MOST_POINTS = 1000, 10_000
"""Strokes of one photo, and points of one stroke."""
LEAST_RADIUS, MOST_RADIUS = 0.5, 10_000.0
"""Radius of the brush, in pixels of the photo."""
FARTHEST = 1e6
"""Largest coordinate, in pixels: a stroke may leave the photo."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Stroke:
    """One stroke of the brush. ``keep``: it restores the subject; otherwise it erases. ``points_xy``: the path of the
    brush's centre, in pixels of the photo; the centre of the first pixel lies at (0, 0). ``radius``: of the brush, in
    pixels. Raises SettingsError for what is no stroke."""

    keep: bool
    points_xy: Sequence[Point]
    radius: float

    def __post_init__(self) -> None:
        if not LEAST_RADIUS <= self.radius <= MOST_RADIUS:
            raise SettingsError(
                f"a brush with a radius of {self.radius} pixels: give {LEAST_RADIUS:g} to {MOST_RADIUS:g}"
            )
        if not 1 <= len(self.points_xy) <= MOST_POINTS:
            raise SettingsError(f"a stroke with {len(self.points_xy)} points: give 1 to {MOST_POINTS}")
        for point in self.points_xy:
            if len(point) != 2 or not all(math.isfinite(value) and abs(value) <= FARTHEST for value in point):
                raise SettingsError(f"a stroke through {point}: give x and y in pixels of the photo")


def check_strokes(strokes: Sequence[Stroke]) -> None:
    """Raise SettingsError for more strokes than are taken."""
    if len(strokes) > MOST_STROKES:
        raise SettingsError(f"{len(strokes)} strokes: at most {MOST_STROKES} are taken for one photo")
