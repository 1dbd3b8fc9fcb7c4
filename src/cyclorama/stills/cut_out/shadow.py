"""The soft shadow of things on the ground they stand on.

The ground is the lower hull of a thing's outline, as far as that can be ground: a thing touches it there, and hangs
over it elsewhere. From a column's lowest pixel down to the ground is how far the thing is off it: a wheel touches, the
body between two wheels does not. Little light comes into narrow gaps: the shadow is darkest where the thing touches,
and fades with the gap. It is the sum of a thin, dark seam and a wide, faint one, both flat, as ground is when looked
along.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8

SHADOW_BESIDE, SHADOW_BELOW = 0.09, 0.07
"""Room that the shadow takes up beside and below a thing, in its widths."""
SIDE = 1024
"""Longest side at which it is computed; it is soft."""
SOLID = 127
LEAST_SHARE = 0.02
"""Of the largest thing's area that another one has at least."""
STEEPEST, LONG = 0.6, 0.12
"""Slope of ground, and length of an edge of it in the thing's widths; other edges of an outline are the thing's own."""
GAP = 0.09
"""How far off the ground the shadow has half its strength, in the thing's widths."""
DEPTH = 0.06
"""How deep the thing is on the ground in its middle, as it is seen, in its widths."""
FRONT = 0.5
"""How far the shadow comes forward, fading, in depths."""
SOFT = 0.02
"""Standard deviation along the ground of where a thing touches it, in its widths."""
SEAMS = ((0.5, 0.006, 0.5), (0.45, 0.04, 0.45))
"""Of each: strength, standard deviation across in the thing's widths, and how much of that downwards."""


def contact_shadow(alpha8: U8) -> U8:
    """The shadow of what ``alpha8`` shows, uint8 (H, W), in its place: uint8 (H, W), 255 = black.

    It lies under the things too, which are to be put over it. Nothing where nothing is solid; what the picture's lower
    edge cuts off stands outside, if anywhere, and throws none.
    """
    height, width = alpha8.shape
    scale = min(1.0, SIDE / max(height, width))
    small_wh = max(1, round(width * scale)), max(1, round(height * scale))
    solid = np.asarray(cv2.resize(alpha8, small_wh, interpolation=cv2.INTER_AREA), np.uint8) > SOLID
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid.view(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    light = np.ones(solid.shape, np.float32)
    for label in range(1, count):
        if areas[label] >= LEAST_SHARE * areas[1:].max() and not (labels[-1] == label).any():
            light *= _light_under(labels == label)
    levels = cv2.convertScaleAbs(1 - light, alpha=255)
    return np.asarray(cv2.resize(levels, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _light_under(thing: NDArray[np.bool_]) -> F32:
    """What share of the light one thing leaves everywhere, float32 (h, w)."""
    columns = np.flatnonzero(thing.any(axis=0))
    lowest = len(thing) - 1 - np.argmax(thing[::-1, columns], axis=0)
    ground = _ground(columns, lowest)
    extent = len(columns)
    touch = 1 / (1 + ((ground - lowest) / (GAP * extent)) ** 4)
    along = max(0.6, SOFT * extent)
    touch = cv2.GaussianBlur(touch[None], (0, 0), along, sigmaY=1e-3, borderType=cv2.BORDER_CONSTANT)
    # the outline of what stands on the ground is about an ellipse
    across = (columns - columns.mean()) / (extent / 2)
    depth = np.maximum(1, DEPTH * extent * np.sqrt(np.maximum(0, 1 - across * across)))
    front = np.maximum(1, FRONT * depth)
    top = ground - np.clip(ground - lowest, depth, 2 * depth)  # ground seen under the thing is in the shadow too
    rows = np.arange(len(thing))[:, None]
    covered = np.zeros(thing.shape, np.float32)
    covered[:, columns] = touch * np.clip((ground - rows) / front + 1, 0, 1) * np.clip(rows - top + 0.5, 0, 1)
    light = np.ones(thing.shape, np.float32)
    for strength, spread, flat in SEAMS:
        sigma = max(0.6, spread * extent)
        down = max(0.6, sigma * flat)
        light *= 1 - strength * cv2.GaussianBlur(covered, (0, 0), sigma, sigmaY=down, borderType=cv2.BORDER_CONSTANT)
    return light


def _ground(columns: NDArray[np.intp], lowest: NDArray[np.intp]) -> F32:
    """The row of the ground in each column: from the lowest point outwards along the long edges of the lower hull.

    Its short edges are those of a curved underside, which leaves the ground.
    """
    hull = _lower_hull(columns, lowest)
    rows, at = [float(lowest.max())], hull[int(np.argmax(lowest[hull]))]
    places = [at]
    for outwards in ([i for i in hull if i > at], [i for i in reversed(hull) if i < at]):
        here, row = at, float(lowest.max())
        for there in outwards:
            run = abs(int(columns[there] - columns[here]))
            rise = int(lowest[here] - lowest[there])
            if run >= LONG * len(columns) and rise <= STEEPEST * run:
                row -= rise
            places.append(there)
            rows.append(row)
            here = there
    order = np.argsort(places)
    ground = np.interp(columns, columns[np.array(places)[order]], np.array(rows)[order])
    return np.asarray(ground, np.float32)


def _lower_hull(columns: NDArray[np.intp], lowest: NDArray[np.intp]) -> list[int]:
    """Which of the points, by column, are corners of the hull's lower side (Andrew's monotone chain, 1979)."""
    hull: list[int] = []
    for point in range(len(columns)):
        while len(hull) > 1:
            first, second = hull[-2:]
            along = (columns[second] - columns[first]) * (lowest[point] - lowest[second])
            if along < (columns[point] - columns[second]) * (lowest[second] - lowest[first]):
                break
            hull.pop()
        hull.append(point)
    return hull
