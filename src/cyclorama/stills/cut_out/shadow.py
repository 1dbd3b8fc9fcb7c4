"""Paint a soft contact shadow under objects that stand on the ground.

The ground line is the lower convex hull of an object's outline, as far as its slope allows. The gap of a column is the
distance from the object's lowest pixel to the ground: wheels touch it, the body between two wheels does not. Little
light enters narrow gaps, so the shadow is darkest at the contact and fades with the gap. It is the sum of a narrow dark
blur and a wide faint one, both flattened, as the ground is seen at a low angle.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.core.opencv import at_most

SHADOW_BESIDE, SHADOW_BELOW = 0.09, 0.07
"""Extent of the shadow beside and below an object, in widths of the object."""
SIDE = 1024
"""Longest side in pixels at which the shadow is computed; it is soft."""
SOLID = 127
"""Alpha above which a pixel counts as object."""
LEAST_SHARE = 0.02
"""Least area of an object that casts a shadow, as a share of the largest object's area."""
STEEPEST, LONG = 0.6, 0.12
"""Steepest slope and least length, in widths of the object, of an edge of the hull that counts as ground."""
GAP = 0.09
"""Gap at which the shadow has half its strength, in widths of the object."""
DEPTH = 0.06
"""Visible depth of the object on the ground at its centre, in widths of the object."""
FRONT = 0.5
"""Distance over which the shadow fades in front of the object, in depths."""
SOFT = 0.02
"""Standard deviation of the blur of the contact along the ground, in widths of the object."""
BLURS = ((0.5, 0.006, 0.5), (0.45, 0.04, 0.45))
"""Of each blur: strength, horizontal standard deviation in widths of the object, and the vertical share of that."""


def contact_shadow(alpha8: U8) -> U8:
    """Compute the shadow of the objects in ``alpha8``, uint8 (H, W), in place: uint8 (H, W), 255 = black.

    It extends under the objects, which are composited over it. Objects that the lower edge cuts off cast none, since
    they stand outside the picture. 0 everywhere where nothing is solid.
    """
    height, width = alpha8.shape
    solid = at_most(alpha8, SIDE) > SOLID
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid.view(np.uint8), connectivity=8)
    areas = stats[:, cv2.CC_STAT_AREA]
    light = np.ones(solid.shape, np.float32)
    for label in range(1, count):
        if areas[label] >= LEAST_SHARE * areas[1:].max() and not (labels[-1] == label).any():
            light *= _light_under(labels == label)
    levels = cv2.convertScaleAbs(1 - light, alpha=255)
    return np.asarray(cv2.resize(levels, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _light_under(silhouette: NDArray[np.bool_]) -> F32:
    """The share of light that one object leaves at each pixel, float32 (h, w) in [0, 1]."""
    columns = np.flatnonzero(silhouette.any(axis=0))
    lowest = len(silhouette) - 1 - np.argmax(silhouette[::-1, columns], axis=0)
    ground = _ground(columns, lowest)
    extent = len(columns)
    touch = 1 / (1 + ((ground - lowest) / (GAP * extent)) ** 4)
    along = max(0.6, SOFT * extent)
    touch = cv2.GaussianBlur(touch[None], (0, 0), along, sigmaY=1e-3, borderType=cv2.BORDER_CONSTANT)
    # the footprint is approximated by an ellipse
    across = (columns - columns.mean()) / (extent / 2)
    depth = np.maximum(1, DEPTH * extent * np.sqrt(np.maximum(0, 1 - across * across)))
    front = np.maximum(1, FRONT * depth)
    top = ground - np.clip(ground - lowest, depth, 2 * depth)  # visible ground below the object is in shadow too
    rows = np.arange(len(silhouette))[:, None]
    covered = np.zeros(silhouette.shape, np.float32)
    covered[:, columns] = touch * np.clip((ground - rows) / front + 1, 0, 1) * np.clip(rows - top + 0.5, 0, 1)
    light = np.ones(silhouette.shape, np.float32)
    for strength, spread, flat in BLURS:
        sigma = max(0.6, spread * extent)
        down = max(0.6, sigma * flat)
        light *= 1 - strength * cv2.GaussianBlur(covered, (0, 0), sigma, sigmaY=down, borderType=cv2.BORDER_CONSTANT)
    return light


def _ground(columns: NDArray[np.intp], lowest: NDArray[np.intp]) -> F32:
    """The row of the ground in each column, float32: from the lowest point outwards along long edges of the lower hull.

    Short or steep edges of the hull belong to a curved underside that leaves the ground; there the ground stays level.
    """
    hull = _lower_hull(columns, lowest)
    start = hull[int(np.argmax(lowest[hull]))]
    points, rows = [start], [float(lowest.max())]
    for outwards in ([i for i in hull if i > start], [i for i in reversed(hull) if i < start]):
        previous, row = start, float(lowest.max())
        for point in outwards:
            run = abs(int(columns[point] - columns[previous]))
            rise = int(lowest[previous] - lowest[point])
            if run >= LONG * len(columns) and rise <= STEEPEST * run:
                row -= rise
            points.append(point)
            rows.append(row)
            previous = point
    order = np.argsort(points)
    ground = np.interp(columns, columns[np.array(points)[order]], np.array(rows)[order])
    return np.asarray(ground, np.float32)


def _lower_hull(columns: NDArray[np.intp], lowest: NDArray[np.intp]) -> list[int]:
    """Indices of the points on the lower convex hull, by column (Andrew's monotone chain, 1979)."""
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
