"""Find the centres of the irises, which the landmark network does not give.

The landmarks locate the eyes well, but the distance between them may be 7 % too small. An iris is a dark disc on white
whose size hardly varies between people, so it is found with the integro-differential operator of Daugman (1993): the
circle across which the brightness increases most outwards. Only the left and the right arc count, each on its own,
because lids cover the rest of the circle. Both irises share one radius.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.stills.portrait.face import XY, FaceGeometry
from cyclorama.stills.portrait.rotated_square import RotatedSquare

SIZE = 128
"""Side in pixels of the scaled picture of one eye in which the iris is searched."""
EYES_APART = 200
"""Distance between the eyes at that scale, in pixels."""
RADII = (16, 17, 18, 19, 20, 21, 22)
"""Candidate radii at that scale, in pixels: an iris is 11 to 13 mm wide, the eyes are 54 to 74 mm apart."""
ARC_DEG = 40
"""Extent of an arc above and below the horizontal."""
HALF_GAP = 3
"""Half the distance between the inner and the outer arc that are compared, in pixels."""
BLUR = 1.5
"""Standard deviation of the Gaussian before the search, in pixels."""
REACH_XY = (36, 16)
"""Largest distance of the iris from the centre of the eye, in pixels, in x and in y."""
OPEN = 0.15
"""Least openness of an eye (``FaceGeometry.openness``) in which the iris is searched."""
PEAK = 0.7
"""Share of the highest score from which pixels belong to the peak, whose centroid is the result. The maximum alone was
off by up to 5 % of the distance between the eyes, the centroid by up to 2.3 % (two portraits measured by hand, tilted
by up to 40 degrees, at three sizes)."""
CLEAR = 15.0
"""Least difference of brightness across the edge, in levels; closed eyes and dark photos have less."""


def find_pupils(pixels: U8, face: FaceGeometry) -> tuple[XY, XY] | None:
    """Find the centres of the right and the left iris of ``face`` in a photo, BGR uint8 (H, W, 3), in its pixels.

    None where an eye is not open or too dark.
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
    """The centroid of the peak around the highest score, weighted by the score: x and y, float32 (2,)."""
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    _, labels = cv2.connectedComponents((score >= PEAK * score.max()).view(np.uint8))
    weights = np.where(labels == labels[row, column], score, 0)
    rows, columns = np.indices(score.shape) + 0.5
    centroid = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
    return np.asarray(centroid, np.float32)


def _scores(bgr: U8) -> dict[int, F32]:
    """For each radius, the increase of brightness across a circle around each pixel, the smaller of both sides: float32
    (SIZE, SIZE), 0 where no iris can be."""
    gray = cv2.GaussianBlur(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.float32), (0, 0), BLUR)
    rows, columns = np.indices(gray.shape)
    near = (abs(columns - SIZE / 2) < REACH_XY[0]) & (abs(rows - SIZE / 2) < REACH_XY[1])
    return {
        radius: np.where(near, np.minimum(*(cv2.filter2D(gray, -1, _edge(radius, side)) for side in (-1, 1))), 0)
        for radius in RADII
    }


@cache
def _edge(radius: int, side: int) -> F32:
    """A filter kernel: the mean along the arc outside ``radius`` minus the mean along the arc inside it, on the left
    (-1) or the right (1)."""
    return _arc(radius + HALF_GAP, side) - _arc(radius - HALF_GAP, side)


def _arc(radius: int, side: int) -> F32:
    """A filter kernel: the mean along one arc."""
    half = max(RADII) + HALF_GAP + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for degrees in range(-ARC_DEG, ARC_DEG + 1, 2):
        angle = np.radians(degrees)
        x, y = half + side * radius * np.cos(angle), half + radius * np.sin(angle)
        kernel[round(y), round(x)] += 1
    return np.asarray(kernel / kernel.sum(), np.float32)
