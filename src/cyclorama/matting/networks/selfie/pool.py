"""Pool the probabilities of several looks at a frame into one alpha.

The log odds of all looks are averaged (a logarithmic opinion pool; Genest and Zidek 1986). Unlike in an average of
probabilities, a look that is sure counts for more than one that is in doubt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from cyclorama.core.frames import F32, SizeWH

SURE = 0.03
"""Probabilities are clipped to this distance from 0 and 1, so that no single look can outvote all others."""
FEATHER = 8
"""Cells over which a look at a part of the frame is blended into the others, so that its border does not show."""
DOUBT = math.log(0.95 / 0.05)
"""A cell is in doubt where its pooled log odds are no further from 0: its probability lies between 0.05 and 0.95."""
REACH = np.ones((5, 5), np.uint8)
"""How far the band of doubt reaches beyond its cells: two cells around."""

Part = tuple[slice, slice]
"""Rows and columns of a frame or of a grid."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid of cells over a frame. Sizes are width, height."""

    frame_wh: SizeWH
    size_wh: SizeWH

    def cells(self, part: Part) -> Part:
        """The cells of a part of the frame, one at least in each direction."""
        rows, columns = (
            _scaled(span, cells, pixels)
            for span, cells, pixels in zip(part, self.size_wh[::-1], self.frame_wh[::-1], strict=True)
        )
        return rows, columns


class LogOddsPool:
    """The weighted sum of log odds on a grid."""

    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        shape = grid.size_wh[::-1]
        self._sum, self._weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)

    def fitted(self, odds: F32, part: Part) -> F32:
        """Resample log odds of ``part`` of the frame, float32 of any size, to its cells."""
        shape = _shape(self.grid.cells(part))
        if odds.shape == shape:
            return odds
        smaller = odds.shape[1] >= 2 * shape[1] and odds.shape[0] >= 2 * shape[0]
        way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR  # up to a factor of two, bilinear does not alias
        return np.asarray(cv2.resize(odds, shape[::-1], interpolation=way), np.float32)

    def add(self, odds: F32, part: Part, weight: float, ramp: float = 0.0, where: F32 | None = None) -> None:
        """Add a look at ``part`` of the frame: its log odds, float32 of any size.

        The weight falls to 0 towards those borders of the part that are not the frame's: over ``FEATHER`` cells, or
        over ``ramp``, a share of its sides. ``where``: a further factor for each cell of the part.
        """
        cells = self.grid.cells(part)
        ends = self.grid.size_wh[::-1]
        open_sides = tuple((span.start > 0, span.stop < end) for span, end in zip(cells, ends, strict=True))
        factor = weight * feather(_shape(cells), open_sides, ramp)
        if where is not None:
            factor *= where
        self._sum[cells] += self.fitted(odds, part) * factor
        self._weight[cells] += factor

    def alpha(self) -> F32:
        """The pooled probability, exactly 0 or 1 where all looks are sure; 0 where there is none."""
        person = np.float32(1 / (1 - 2 * SURE)) / (1 + cv2.exp(-self._mean())) - np.float32(SURE / (1 - 2 * SURE))
        person[self._weight <= 0] = 0
        return np.asarray(np.clip(person, 0, 1), np.float32)

    def _mean(self, cells: Part = (slice(None), slice(None))) -> F32:
        """The pooled log odds."""
        return np.asarray(self._sum[cells] / np.maximum(self._weight[cells], np.float32(1e-6)), np.float32)

    def doubt(self, part: Part) -> F32:
        """For each cell of the grid 1 in the band of doubt around an outline in ``part`` of the frame, otherwise 0.

        The band has a soft border.
        """
        cells = self.grid.cells(part)
        unsure = cv2.inRange(self._mean(cells), -DOUBT, DOUBT)
        band = np.zeros_like(self._weight)
        np.multiply(cv2.blur(cv2.dilate(unsure, REACH), (3, 3)), np.float32(1 / 255), out=band[cells])
        return band


def log_odds(person: F32) -> F32:
    """The log odds of probabilities, float32."""
    person = np.clip(person, np.float32(SURE), np.float32(1 - SURE))
    return np.asarray(cv2.log(np.divide(person, 1 - person, out=person)), np.float32)


@lru_cache(maxsize=64)
def feather(shape: tuple[int, int], open_sides: tuple[tuple[bool, bool], ...], ramp: float) -> F32:
    """Blending weights of a part of ``shape``: 1 inside, falling to 0 at its open sides.

    ``open_sides``: per axis, whether the frame goes on before and after the part.
    """
    ramps = []
    for length, (before, after) in zip(shape, open_sides, strict=True):
        width = np.float32(max(1.0, ramp * length) if ramp else FEATHER)
        rise = np.minimum(1, (np.arange(length, dtype=np.float32) + np.float32(0.5)) / width)
        ramps.append((rise if before else np.ones_like(rise)) * (rise[::-1] if after else np.ones_like(rise)))
    weights = np.asarray(np.outer(ramps[0], ramps[1]), np.float32)
    weights.flags.writeable = False
    return weights


def _scaled(span: slice, cells: int, pixels: int) -> slice:
    start = min(round(span.start * cells / pixels), cells - 1)
    return slice(start, min(cells, max(start + 1, round(span.stop * cells / pixels))))


def _shape(cells: Part) -> tuple[int, int]:
    rows, columns = cells
    return rows.stop - rows.start, columns.stop - columns.start
