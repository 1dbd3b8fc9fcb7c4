"""What the colours say of the outline: a pixel that looks like the room behind it is room, whatever the network thinks.

Networks take hair with the wall between its strands for solid, which shows as a pale fringe over a dark background.
With F and B the mean colours nearby of what is surely kept and surely not, the compositing equation I = a F + (1 - a) B
has the least-squares solution

    a = (I - B) . (F - B) / |F - B|^2

It counts as far as the two can be told apart: |F - B|^2 against the variances of F and B.
"""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8

SURE = 0.9
"""Where a pixel and its neighbours have at least this much alpha they are surely kept; surely not, at most the rest."""
DISTRUST = 16
"""Weight of the variances."""
MOST_RISE = 2
"""Times its alpha that a pixel may get: bright sky between dark leaves is no part of a bright car."""
FLAT = 1e-3
"""Difference of colours squared, in units of their range squared, that says nothing at all."""
FEW = 0.01
"""Share of sure pixels nearby at which their mean counts half."""


def correct_by_color(alpha: F32, pixels: U8, radius: int) -> F32:
    """``alpha``, float32 (h, w) in [0, 1], with its uncertain part corrected by ``pixels``, BGR uint8 (h, w, 3).

    ``radius``: in pixels, of what is nearby.
    """
    near = np.ones((3, 3), np.uint8)
    low, high = cv2.erode(alpha, near), cv2.dilate(alpha, near)
    image = cv2.multiply(pixels, (1 / 255,) * 4, dtype=cv2.CV_32F)
    kept, kept_variance, kept_share = _nearby(image, low >= SURE, radius)
    room, room_variance, room_share = _nearby(image, high <= 1 - SURE, radius)
    across = kept - room
    distance = _dot(across, across)
    found = np.clip(_dot(image - room, across) / (distance + np.float32(1e-4)), 0, np.minimum(1, MOST_RISE * alpha))
    trust = distance / (distance + DISTRUST * (kept_variance + room_variance) + np.float32(FLAT))
    for share in (kept_share, room_share):
        trust *= share / (share + np.float32(FEW))
    uncertain = ((high > 0) & (low < 1)).astype(np.float32)
    trust *= cv2.blur(uncertain, (3, 3))
    return np.asarray(alpha + (found - alpha) * trust, np.float32)


def _nearby(image: MatLike, sure: NDArray[np.bool_], radius: int) -> tuple[F32, F32, F32]:
    """Mean colour (h, w, 3) of the sure pixels nearby, their variance (h, w), and what share of all they are (h, w)."""
    weight = sure.astype(np.float32) + np.float32(1e-6)
    share = _blurred(weight, radius)
    weights, shares = cv2.merge([weight] * 3), cv2.merge([share] * 3)
    mean = _blurred(image * weights, radius) / shares
    square = _blurred(image * image * weights, radius) / shares
    return mean, np.asarray(np.maximum(square - mean * mean, 0).sum(axis=2), np.float32), share


def _blurred(image: MatLike, radius: int) -> F32:
    """Twice over half the radius: one box's corners would show in alpha."""
    side = radius // 2 * 2 + 1, radius // 2 * 2 + 1
    return np.asarray(cv2.blur(cv2.blur(image, side), side), np.float32)


def _dot(one: MatLike, other: MatLike) -> F32:
    return np.asarray((one * other).sum(axis=2), np.float32)
