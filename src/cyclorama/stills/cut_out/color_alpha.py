"""Correct alpha along the outline by colour: a pixel of the background's colour becomes background.

Networks take hair, with the wall between its strands, for solid, which shows as a pale fringe over a dark background.
With F and B the local mean colours of sure foreground and sure background, the compositing equation
I = a F + (1 - a) B has the least-squares solution

    a = (I - B) . (F - B) / |F - B|^2

Its weight is the separability of the two: |F - B|^2 against the variances of F and B.
"""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8

SURE = 0.9
"""A pixel is sure foreground where alpha is at least this in its 3x3 neighbourhood, sure background where it is at most
1 minus this."""
DISTRUST = 16
"""Weight of the variances against the distance of the means."""
MAX_GAIN = 2
"""Alpha may grow at most so many times: bright sky between dark leaves does not become part of a bright car."""
FLAT = 1e-3
"""Squared difference of colours, in squared ranges, at which the weight of the correction is halved."""
FEW = 0.01
"""Share of sure pixels nearby at which the weight of the correction is halved."""


def correct_by_color(alpha: F32, pixels: U8, radius: int) -> F32:
    """Correct the uncertain part of ``alpha``, float32 (h, w) in [0, 1], by the colours of ``pixels``, BGR uint8.

    ``radius``: of the local means, in pixels.
    """
    near = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(alpha, near), cv2.dilate(alpha, near)
    image = cv2.multiply(pixels, (1 / 255,) * 4, dtype=cv2.CV_32F)
    kept, kept_variance, kept_share = _nearby(image, low >= SURE, radius)
    room, room_variance, room_share = _nearby(image, high <= 1 - SURE, radius)
    across = kept - room
    distance = _dot(across, across)
    found = np.clip(_dot(image - room, across) / (distance + np.float32(1e-4)), 0, np.minimum(1, MAX_GAIN * alpha))
    trust = distance / (distance + DISTRUST * (kept_variance + room_variance) + np.float32(FLAT))
    for share in (kept_share, room_share):
        trust *= share / (share + np.float32(FEW))
    uncertain = ((high > 0) & (low < 1)).astype(np.float32)
    trust *= cv2.blur(uncertain, (3, 3))
    return np.asarray(alpha + (found - alpha) * trust, np.float32)


def _nearby(image: MatLike, sure: NDArray[np.bool_], radius: int) -> tuple[F32, F32, F32]:
    """Local mean colour (h, w, 3) of the sure pixels, its variance (h, w), and the share of sure pixels (h, w)."""
    weight = sure.astype(np.float32) + np.float32(1e-6)
    share = _blurred(weight, radius)
    weights, shares = cv2.merge([weight] * 3), cv2.merge([share] * 3)
    mean = _blurred(image * weights, radius) / shares
    square = _blurred(image * image * weights, radius) / shares
    return mean, np.asarray(np.maximum(square - mean * mean, 0).sum(axis=2), np.float32), share


def _blurred(image: MatLike, radius: int) -> F32:
    """Two box blurs of half the radius: the corners of a single box would show in alpha."""
    side = radius // 2 * 2 + 1, radius // 2 * 2 + 1
    return np.asarray(cv2.blur(cv2.blur(image, side), side), np.float32)


def _dot(one: MatLike, other: MatLike) -> F32:
    return np.asarray((one * other).sum(axis=2), np.float32)
