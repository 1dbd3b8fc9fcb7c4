"""How light, colourful and even the background of a picture is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import U8

CELLS = 60
"""Cells across, in each of which colours are averaged: noise and the grain of paper are not unevenness."""
AWAY = 2
"""Cells around the person that are left out: hair, and its shadow's very edge."""
LEAST = 0.04
"""Share of the picture that has to be background for a judgement."""
RANGE = (2, 98)
"""Percentiles between which lightness is said to range."""


@dataclass(frozen=True, slots=True)
class BackgroundMeasures:
    """CIELAB for D65. ``lightness``: median L*, 0 to 100; ``chroma``: median distance from grey; ``spread``: of L*,
    between the 2nd and the 98th percentile; ``tint``: the same of the distance from the median colour, 98th
    percentile."""

    lightness: float
    chroma: float
    spread: float
    tint: float


def measure_background(pixels: U8, alpha8: U8) -> BackgroundMeasures | None:
    """The look of what is behind the person in a picture, BGR uint8 (H, W, 3), with its matte, uint8 (H, W), 255 =
    person. None where there is too little of it."""
    height, width = alpha8.shape
    size_wh = CELLS, max(1, round(CELLS * height / width))
    cells = cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    person = cv2.resize((alpha8 > 0).astype(np.float32), size_wh, interpolation=cv2.INTER_AREA) > 0
    near = cv2.dilate(person.view(np.uint8), np.ones((2 * AWAY + 1, 2 * AWAY + 1), np.uint8))
    free = near == 0
    if free.mean() < LEAST:
        return None
    lightness, a, b = cv2.cvtColor(cells, cv2.COLOR_BGR2LAB)[free].T
    low, high = np.percentile(lightness, RANGE)
    tint = np.percentile(np.hypot(a - np.median(a), b - np.median(b)), RANGE[1])
    chroma = np.hypot(np.median(a), np.median(b))
    return BackgroundMeasures(float(np.median(lightness)), float(chroma), float(high - low), float(tint))
