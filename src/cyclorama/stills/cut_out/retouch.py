"""Apply strokes of the erase and restore brush to an alpha: each is computed in its own part of the photo.

A brush is computed at a radius of at most RADIUS cells and in at most CELLS cells, whatever its size in the photo, and
brought to the photo's size by the same refiner as the network's alpha.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.compose.low_res import unit
from cyclorama.core.frames import F32, U8
from cyclorama.stills.cut_out.grow import grow_subject
from cyclorama.stills.cut_out.refine import refine_alpha
from cyclorama.stills.cut_out.strokes import Stroke, check_strokes

RADIUS = 20
"""Most cells of a brush's radius."""
CELLS = 250_000
"""Most cells of a stroke's part of the photo."""
MARGIN, LEAST_MARGIN = 2.5, 14.0
"""What is looked at around a stroke's path, in radii, and at least in pixels beyond the brush."""
FEATHER, LEAST_FEATHER = 0.05, 1.5
"""Over how many radii a stroke fades out beyond its radius, and at least pixels."""
CHANGED = 0.02
"""A change of alpha below this is none."""
SUBPIXEL_BITS = 4


def retouch(pixels: U8, alpha8: U8, strokes: Sequence[Stroke]) -> U8:
    """Return ``alpha8``, uint8 (H, W), of a photo, BGR uint8 (H, W, 3), after ``strokes``, in their order.

    A restoring stroke never lowers alpha, and an erasing one never raises it; farther than the feather from every
    stroke alpha stays as it is. Retouching the result with more strokes gives the same as all strokes at once. Raises
    SettingsError for too many strokes.
    """
    check_strokes(strokes)
    out = alpha8.copy()
    for stroke in strokes:
        part = _part(stroke, out.shape)
        if part is not None:
            out[part.inside] = part.mended(pixels[part.inside], out[part.inside])
    return out


@dataclass(frozen=True, slots=True)
class _Part:
    """The part of the photo that a stroke needs: ``inside``, its rows and columns; ``scale``: cells per pixel."""

    stroke: Stroke
    inside: tuple[slice, slice]
    scale: float

    def mended(self, pixels: U8, alpha8: U8) -> U8:
        """Alpha of this part after the stroke, uint8 (h, w)."""
        if not self.stroke.keep:
            return 255 - self._grown(pixels, 255 - alpha8)
        return self._grown(pixels, alpha8)

    def _grown(self, pixels: U8, alpha8: U8) -> U8:
        height, width = alpha8.shape
        size_wh = max(1, round(width * self.scale)), max(1, round(height * self.scale))
        distance = self._distance(size_wh)
        radius = self.stroke.radius * self.scale
        if distance is None or distance.min() > radius:
            return alpha8
        alpha = np.asarray(cv2.resize(unit(alpha8), size_wh, interpolation=cv2.INTER_AREA), np.float32)
        small = np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)
        grown = grow_subject(small, alpha, distance, radius)
        feather = max(FEATHER * radius, LEAST_FEATHER * self.scale)
        share = np.clip((radius + feather - distance) / np.float32(feather), 0, 1)
        if self.scale < 1:
            share *= cv2.dilate((grown - alpha > CHANGED).astype(np.uint8), np.ones((3, 3), np.uint8))
            share = np.asarray(cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
            grown = refine_alpha(grown, pixels) * np.float32(1 / 255)
        change = np.maximum(255 * grown - alpha8, 0) * share
        return np.asarray(np.rint(alpha8 + change), np.uint8)

    def _distance(self, size_wh: tuple[int, int]) -> F32 | None:
        """The distance of each cell from the path, float32 (h, w), in cells; None where the path is out of reach."""
        beyond = math.ceil(self.stroke.radius * self.scale) + 1  # the path may leave the photo by less than a radius
        canvas = np.full((size_wh[1] + 2 * beyond, size_wh[0] + 2 * beyond), 255, np.uint8)
        origin = np.array([self.inside[1].start, self.inside[0].start])
        path = (np.array(self.stroke.points_xy, np.float64) - origin + 0.5) * self.scale - 0.5 + beyond
        path = np.concatenate([path[:1], path])  # a single point would not be drawn
        fixed = np.rint(path * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.polylines(canvas, [fixed[:, None]], isClosed=False, color=0, shift=SUBPIXEL_BITS)
        if canvas.all():
            return None
        distance = cv2.distanceTransform(canvas, cv2.DIST_L2, cv2.DIST_MASK_5)
        return np.asarray(distance[beyond : beyond + size_wh[1], beyond : beyond + size_wh[0]], np.float32)


def _part(stroke: Stroke, shape: tuple[int, ...]) -> _Part | None:
    """The part of a photo of this shape that a stroke needs; None where it does not touch the photo."""
    points = np.array(stroke.points_xy, np.float64)
    margin = max(MARGIN * stroke.radius, stroke.radius + LEAST_MARGIN)
    first = np.maximum(np.floor(points.min(axis=0) - margin), 0).astype(int)
    last = np.minimum(np.ceil(points.max(axis=0) + margin) + 1, shape[1::-1]).astype(int)
    if (first >= last).any():
        return None
    cells = int(np.prod(last - first))
    scale = min(1.0, RADIUS / stroke.radius, math.sqrt(CELLS / cells))
    return _Part(stroke, (slice(first[1], last[1]), slice(first[0], last[0])), scale)
