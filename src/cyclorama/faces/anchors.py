"""Decode the output of the short-range face detector (BlazeFace, Bazarevsky et al. 2019).

A single-shot detector: each of 896 anchors has a logit and a box relative to the anchor. The anchors lie on two grids,
16x16 with two anchors a cell and 8x8 with six.
"""

from __future__ import annotations

import numpy as np

from cyclorama.core.frames import F32
from cyclorama.faces.base import MIN_SCORE, SIDE, Face

GRIDS = ((16, 2), (8, 6))
"""Cells a side, and anchors in each, in the order of the network's output."""


def anchors() -> F32:
    """The anchors, float32 (896, 2), x and y in pixels: the centre of each cell."""
    points = []
    for cells, each in GRIDS:
        middles = (np.arange(cells, dtype=np.float32) + 0.5) * (SIDE / cells)
        x, y = np.meshgrid(middles, middles)
        points.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(points).astype(np.float32)


def decode(boxes: F32, logits: F32, points: F32) -> list[Face]:
    """Faces from the network's output: ``boxes`` (n, 16), of which the first four are the centre's offset from the
    anchor, width and height, in pixels; ``logits`` (n,); ``points`` (n, 2)."""
    certain = np.flatnonzero(logits > np.log(MIN_SCORE / (1 - MIN_SCORE)))
    faces = []
    for index in certain:
        x, y = points[index] + boxes[index, :2]
        side = float(boxes[index, 2:4].mean())
        score = 1 / (1 + np.exp(-min(float(logits[index]), 80.0)))
        faces.append(Face(float(x), float(y), side, float(score)))
    return faces
