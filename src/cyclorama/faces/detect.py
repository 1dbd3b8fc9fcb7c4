"""Face detection in a square crop, and the crops that together cover every face size."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from cyclorama.core.frames import U8, SizeWH
from cyclorama.faces.base import SIDE, Face, FaceNetwork

SAME = 0.3
"""IoU threshold of non-maximum suppression; the value of the network's authors."""
SMALL = 0.5
"""Side of the smallest crops, as a share of the picture's shorter side: the network detects faces of an eighth of its
input and larger, so this finds faces of a sixteenth."""
STEP = 2 / 3
"""Step from one crop to the next, as a share of their side: with a third of overlap no face is cut by a border."""


@dataclass(frozen=True, slots=True)
class SearchSquare:
    """A square crop, in pixels of the picture; padded with black outside the picture."""

    left: int
    top: int
    side: int


def open_network(path: Path) -> FaceNetwork:
    """Load a network on LiteRT, or on OpenCV where LiteRT cannot be imported. Raises ModelError."""
    try:
        from cyclorama.faces.litert import LiteRtFaces
    except ImportError:
        from cyclorama.faces.opencv import OpenCvFaces

        return OpenCvFaces(path)
    return LiteRtFaces(path)


def find(network: FaceNetwork, pixels: U8, part: SearchSquare) -> list[Face]:
    """Detect the faces in the crop ``part`` of ``pixels``, BGR uint8 (H, W, 3), in pixels of the picture.

    Raises ModelError.
    """
    height, width = pixels.shape[:2]
    left, top = max(0, part.left), max(0, part.top)
    right, bottom = min(width, part.left + part.side), min(height, part.top + part.side)
    scale = SIDE / part.side
    canvas = np.zeros((SIDE, SIDE, 3), np.uint8)
    x, y = round((left - part.left) * scale), round((top - part.top) * scale)
    size_wh = min(SIDE - x, round((right - left) * scale)), min(SIDE - y, round((bottom - top) * scale))
    if min(size_wh) < 1:
        return []
    inside = _resized(pixels[top:bottom, left:right], size_wh)
    canvas[y : y + size_wh[1], x : x + size_wh[0]] = cv2.cvtColor(inside, cv2.COLOR_BGR2RGB)
    found = network.find(canvas)
    return [
        Face(part.left + face.x / scale, part.top + face.y / scale, face.side / scale, face.score)
        for face in merged(found)
    ]


def merged(finds: list[Face]) -> list[Face]:
    """Blended non-maximum suppression: overlapping detections become their mean, weighted by score (BlazeFace, 4.2)."""
    rest = sorted(finds, key=lambda face: -face.score)
    faces = []
    while rest:
        best = rest[0]
        same = [face for face in rest if face is best or face.overlap(best) > SAME]
        rest = [face for face in rest if face is not best and face.overlap(best) <= SAME]
        weight = sum(face.score for face in same)
        x, y, side = (sum(getattr(f, key) * f.score for f in same) / weight for key in ("x", "y", "side"))
        faces.append(Face(x, y, side, best.score))
    return faces


def _resized(pixels: U8, size_wh: SizeWH) -> U8:
    """Halve as often as possible (bilinear at a factor of two is a mean of four, and fast), the rest bilinear."""
    while pixels.shape[1] >= 2 * size_wh[0] and pixels.shape[0] >= 2 * size_wh[1]:
        half_wh = pixels.shape[1] // 2, pixels.shape[0] // 2
        pixels = np.asarray(cv2.resize(pixels, half_wh, interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)


def parts(size_wh: SizeWH) -> list[SearchSquare]:
    """The crops to search for all faces: the whole picture, then large squares, then small ones."""
    width, height = size_wh
    longest, shortest = max(size_wh), min(size_wh)
    whole = SearchSquare((width - longest) // 2, (height - longest) // 2, longest)
    large = list(_squares(size_wh, shortest)) if longest > shortest else []
    return [whole, *large, *_squares(size_wh, max(1, round(shortest * SMALL)))]


def _squares(size_wh: SizeWH, side: int) -> Iterator[SearchSquare]:
    for top in _starts(size_wh[1], side):
        for left in _starts(size_wh[0], side):
            yield SearchSquare(left, top, side)


def _starts(length: int, side: int) -> list[int]:
    """Evenly spaced crop positions from border to border, at most ``STEP`` of a side apart."""
    steps = math.ceil((length - side) / (side * STEP))
    return [round(index * (length - side) / steps) for index in range(steps + 1)] if steps else [0]
