"""The middles of the irises, which the network of face points does not give.

Its points of the eyes are good for where they are, but the distance between them may be too small by 7 %. An iris is a
dark disc on white whose size hardly differs from person to person, so it is looked for with the integro-differential
operator of Daugman (1993): the circle along which the picture gets brighter outwards the most. Only the arcs to the
left and to the right count, each by itself, as lids cover the others, and both irises have one radius.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.stills.portrait.face import XY, FaceGeometry
from cyclorama.stills.portrait.rotated_square import RotatedSquare

SIZE = 128
"""Of the picture in which an iris is looked for, in pixels."""
EYES_APART = 200
"""The network's distance between the eyes, in those pixels."""
RADII = (16, 17, 18, 19, 20, 21, 22)
"""In those pixels. The iris is 11 to 13 mm wide, the eyes are 54 to 74 mm apart."""
ARC_DEG = 40
"""Above and below the horizontal."""
STEP = 3
"""Between the two arcs that are compared, half of it, in pixels."""
BLUR = 1.5
REACH_XY = (36, 16)
"""How far the iris may lie from the eye's middle, in pixels."""
OPEN = 0.15
"""Less open eyes show too little (``FaceGeometry.openness``)."""
PEAK = 0.7
"""Of the highest score, what belongs to its peak: with the highest alone, places were off by 5 % of the eyes' distance
at worst, and by 2.3 % so (two portraits by hand, tilted by up to 40 degrees, at three sizes)."""
CLEAR = 15.0
"""Levels of brightness across the edge; closed eyes and dark photos have less."""


def find_pupils(pixels: U8, face: FaceGeometry) -> tuple[XY, XY] | None:
    """The middles of the right and the left iris of ``face`` in a photo, BGR uint8 (H, W, 3); in pixels of it.

    None where the eyes are not open or too dark to tell.
    """
    if min(face.openness) < OPEN:
        return None
    side = face.eye_distance * SIZE / EYES_APART
    squares = [RotatedSquare(*eye, side, face.roll_deg) for eye in (face.right_eye, face.left_eye)]
    scores = [_scores(square.crop(pixels, SIZE)) for square in squares]
    radius = max(RADII, key=lambda radius: sum(float(each[radius].max()) for each in scores))
    found = []
    for square, each in zip(squares, scores, strict=True):
        score = each[radius]
        if score.max() < CLEAR:
            return None
        x, y = square.to_photo(_peak(score)[None], SIZE)[0]
        found.append((float(x), float(y)))
    return found[0], found[1]


def _peak(score: F32) -> F32:
    """The middle of the peak around the highest score, weighted by it: x and y, float32 (2,)."""
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    _, labels = cv2.connectedComponents((score >= PEAK * score.max()).view(np.uint8))
    weights = np.where(labels == labels[row, column], score, 0)
    rows, columns = np.indices(score.shape) + 0.5
    places = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
    return np.asarray(places, np.float32)


def _scores(bgr: U8) -> dict[int, F32]:
    """For each radius, how much brighter it gets outwards around each pixel, on the worse of the two sides: float32
    (SIZE, SIZE), 0 where no iris may be."""
    gray = cv2.GaussianBlur(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), BLUR)
    rows, columns = np.indices(gray.shape)
    near = (abs(columns - SIZE / 2) < REACH_XY[0]) & (abs(rows - SIZE / 2) < REACH_XY[1])
    return {
        radius: np.where(near, np.minimum(*(cv2.filter2D(gray, -1, _edge(radius, side)) for side in (-1, 1))), 0)
        for radius in RADII
    }


@cache
def _edge(radius: int, side: int) -> F32:
    """A kernel: the mean along the arc outside of ``radius`` less that along the one inside, to the left (-1) or the
    right (1)."""
    return _arc(radius + STEP, side) - _arc(radius - STEP, side)


def _arc(radius: int, side: int) -> F32:
    half = max(RADII) + STEP + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for degrees in range(-ARC_DEG, ARC_DEG + 1, 2):
        angle = np.radians(degrees)
        x, y = half + side * radius * np.cos(angle), half + radius * np.sin(angle)
        kernel[round(y), round(x)] += 1
    return np.asarray(kernel / kernel.sum(), np.float32)
