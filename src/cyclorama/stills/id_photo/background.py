"""Measure the lightness, chroma and evenness of the background of a picture, in CIELAB."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import U8

CELLS = 60
"""Width in cells of the copy that is measured: averaging removes noise and the grain of paper."""
MARGIN_CELLS = 2
"""Cells around the person that are left out: fine hair, and the edge of its shadow."""
MIN_SHARE = 0.04
"""Least share of the picture that has to be background for a measurement."""
RANGE = (2, 98)
"""Percentiles that bound the range of lightness."""


@dataclass(frozen=True, slots=True)
class BackgroundMeasures:
    """CIELAB, D65. ``lightness``: median L*, 0 to 100. ``chroma``: distance of the median (a*, b*) from grey.
    ``spread``: difference between the 2nd and the 98th percentile of L*. ``tint``: 98th percentile of the distance of
    (a*, b*) from the median."""

    lightness: float
    chroma: float
    spread: float
    tint: float


def measure_background(pixels: U8, alpha8: U8) -> BackgroundMeasures | None:
    """Measure the background of a picture, BGR uint8 (H, W, 3); ``alpha8``: uint8 (H, W), 255 = person.

    None where less than MIN_SHARE of the picture is background.
    """
    height, width = alpha8.shape
    size_wh = CELLS, max(1, round(CELLS * height / width))
    cells = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    person = cv2.resize((alpha8 > 0).astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) > 0
    near = cv2.dilate(person.view(np.uint8), np.ones((2 * MARGIN_CELLS + 1, 2 * MARGIN_CELLS + 1), np.uint8))
    free = near == 0
    if free.mean() < MIN_SHARE:
        return None
    lightness, a, b = cv2.cvtColor(cells, cv2.COLOR_BGR2LAB)[free].T
    low, high = np.percentile(lightness, RANGE)
    tint = np.percentile(np.hypot(a - np.median(a), b - np.median(b)), RANGE[1])
    chroma = np.hypot(np.median(a), np.median(b))
    return BackgroundMeasures(float(np.median(lightness)), float(chroma), float(high - low), float(tint))
