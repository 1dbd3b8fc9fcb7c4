"""Rims: places where the matte reaches a few pixels too far, and shows the room's colours as the person's.

There alpha is 1 and decontamination, which goes by alpha, finds nothing to do. The colours tell: along such a stretch
of the outline they lie near the room's. So the share of the person in each pixel's colour is estimated, as in Bayesian
matting (Chuang et al. 2001, equation 9, with one variance for both sides), on the line from the room's local mean to
the person's:

    t = (I - Bs) . (Fs - Bs) / |Fs - Bs|^2

and where its mean along the outline is low, the colours of a narrow band are estimated with t instead of alpha. Alpha
itself stays: it is no surer than before. One pixel's t is no evidence, since a person has light and dark places; the
mean over a stretch of the outline is. A collar or a cuff is shorter.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.compose.blend import Outline
from cyclorama.compose.decontaminate import EdgeColors
from cyclorama.compose.low_res import SHRINK, around_person
from cyclorama.core.frames import F32, U8
from cyclorama.core.opencv import mixed, resampled

DEPTH = 5
"""How far within the outline a rim may reach, in pixels of a 720-line picture."""
STRETCH = 112
"""Side of the box, applied twice, over which t is averaged, in pixels of a 720-line picture."""
SURE = 230
"""Alpha from which a pixel shows nothing but the person, as the matte says."""
STEP = 4
"""The mean is taken of every fourth pixel in both directions,"""
CELL = 16
"""and in cells of so many pixels."""
RIM, NO_RIM = 0.7, 0.85
"""Mean t at which a stretch is wholly a rim, and at which it is none. An outline in its place has about 0.9."""
APART = 30.0, 60.0
"""Distance of the two local means, of 255, at which t says nothing, and at which it is believed."""
FEW = 0.1
"""Weight of the assumption that there is no rim, in pixels looked at for each cell."""


@dataclass(frozen=True, slots=True)
class Rim:
    """Three pictures of the block, uint8 (h, w). ``strength``: 255 where the outline is wholly a rim. ``inner``: alpha
    a little further in, blurred. ``points``: not 0 where alpha is 255 and in the band."""

    strength: U8
    inner: U8
    points: U8

    def share(self, outline: Outline, pixels: F32, person: F32, room: F32) -> F32:
        """The alpha by which to decontaminate, float32 (n, 3); all colours (n, 3) along the outline, 0..255."""
        strength = outline.of_levels(self.strength)
        rim = np.flatnonzero(strength)
        t, believed = _share_of_person(pixels[rim], person[rim], room[rim])
        alpha = outline.alpha[rim, 0]
        by_color = np.minimum(alpha, np.maximum(outline.of_levels(self.inner)[rim], t))
        share = outline.alpha.copy()
        share[rim] = mixed(by_color, alpha, strength[rim] * believed)[:, np.newaxis]
        return share


def find_rim(pixels: U8, alpha8: U8, colors: EdgeColors, frame_height: int) -> Rim | None:
    """Look along the outline of a block. BGR uint8 (h, w, 3) and its alpha (h, w); None where no rim is seen."""
    in_cells = _strength(pixels, alpha8, colors, frame_height)
    if in_cells is None:
        return None
    height, width = alpha8.shape
    strength = resampled(in_cells, (width, height), (CELL, CELL))
    depth = max(1, DEPTH * frame_height // 720)
    inner, points = np.zeros_like(alpha8), np.zeros_like(alpha8)
    part = around_person(strength, 2 * depth)
    if part is not None:
        within = cv2.erode(alpha8[part], _square(depth))
        band = cv2.bitwise_and(cv2.inRange(within, 0, 254), cv2.inRange(alpha8[part], 255, 255))
        inner[part] = cv2.blur(within, (depth, depth))
        points[part] = cv2.bitwise_and(band, strength[part])
    return Rim(strength, inner, points)


def _strength(pixels: U8, alpha8: U8, colors: EdgeColors, frame_height: int) -> U8 | None:
    """How much of a rim there is, uint8 in cells; None where there is none at all."""
    alpha = np.ascontiguousarray(alpha8[::STEP, ::STEP])
    within = cv2.erode(alpha, _square(max(1, round(DEPTH * frame_height / (720 * STEP)))))
    found = cv2.findNonZero(cv2.bitwise_and(cv2.inRange(alpha, SURE, 255), cv2.inRange(within, 0, SURE - 1)))
    if found is None:
        return None
    x, y = found.reshape(-1, 2).T * STEP
    small = y // SHRINK, x // SHRINK
    seen, person, room = (part.astype(np.float32) for part in (pixels[y, x], colors.person[small], colors.room[small]))
    t, _ = _share_of_person(seen, person, room)
    size = -(-alpha8.shape[0] // CELL), -(-alpha8.shape[1] // CELL)
    cell = y // CELL * size[1] + x // CELL
    total, count = (_over_a_stretch(np.bincount(cell, of, size[0] * size[1]), size, frame_height) for of in (t, None))
    mean = (total + FEW) / (count + FEW)
    strength = np.clip((NO_RIM - mean) * (255 / (NO_RIM - RIM)), 0, 255).astype(np.uint8)
    return strength if strength.any() else None


def _over_a_stretch(sums: NDArray[np.generic], size: tuple[int, int], frame_height: int) -> F32:
    side = 2 * max(1, STRETCH * frame_height // (720 * CELL * 2)) + 1
    cells = sums.reshape(size).astype(np.float32)
    return np.asarray(cv2.blur(cv2.blur(cells, (side, side)), (side, side)), np.float32)


def _share_of_person(pixels: F32, person: F32, room: F32) -> tuple[F32, F32]:
    """t of n colours (n, 3) within [0, 1], and how far it is to be believed, both float32 (n,)."""
    apart = person - room
    squared = np.einsum("nc,nc->n", apart, apart)
    t = np.einsum("nc,nc->n", pixels - room, apart) / np.maximum(squared, 1)
    believed = (np.sqrt(squared) - APART[0]) / (APART[1] - APART[0])
    return np.clip(t, 0, 1), np.clip(believed, 0, 1)


def _square(reach: int) -> U8:
    return np.ones((2 * reach + 1,) * 2, np.uint8)
