"""How sure a coarse alpha is of its soft places: whether the picture is soft there too.

Two kinds of alpha look alike on a coarse grid. A matte is soft where person and room mix, in hair and in blur; the
probability of a segmentation network is soft where the network doubts, whatever the picture shows. The compositing
equation tells them apart: where I = a F + (1 - a) B with slowly changing F and B,

    dI = (F - B) da,

so the differences of neighbouring cells of a matte explain those of the picture. They are fitted in blocks, one colour
F - B for each, and counted where alpha is soft: a crisp outline loses nothing by being sharpened.
"""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.matting.downscale import downscaled_to

T = TypeVar("T", np.uint8, np.float32)

BLOCK = 8
"""Side of a block in cells: F and B change little within it, and it holds 112 differences for one colour."""
OUTLINE = 0.05, 0.95
"""Range of alpha of an outline's cells."""
CRISP = 0.5
"""Range of alpha in the 3x3 cells around a cell from which on it is crisp: one that goes from 0 to 1 in two cells."""
NOISE = 4.0
"""Squared differences in a block that are noise in any case, in levels squared: a tenth of a level for each of 336."""
PRIOR = 0.05
"""Share of the outline that is counted as unexplained in any case: few soft cells say little."""
SURE = 0.31, 0.35
"""Explained share of the picture's differences, below which alpha is a probability, above which it is a matte."""
EVERY = 8
"""Frames from one measurement to the next: a network does not change its kind from frame to frame."""


class Sureness:
    """The sureness of a network's alpha, frame by frame, measured every ``EVERY`` frames and averaged with the one
    before. Used by one thread."""

    def __init__(self) -> None:
        self._frames = 0
        self._value: float | None = None

    def see(self, alpha: F32, pixels: U8) -> float:
        """The sureness of ``alpha`` for a frame; see :func:`sureness`."""
        if self._value is None or self._frames % EVERY == 0:
            measured = sureness(alpha, pixels)
            self._value = measured if self._value is None else (self._value + measured) / 2
        self._frames += 1
        return self._value


def sureness(alpha: F32, pixels: U8) -> float:
    """How sure ``alpha``, float32 (h, w) of the whole frame, is where it is soft: 0 a probability, 1 a matte.

    ``pixels``: the frame, BGR uint8 of any size.
    """
    low, high = SURE
    return min(1.0, max(0.0, (explained_share(alpha, pixels) - low) / (high - low)))


def explained_share(alpha: F32, pixels: U8) -> float:
    """Share, 0 to 1, of the picture's differences that those of alpha explain, averaged over the soft cells."""
    outline = np.asarray(cv2.inRange(alpha, *OUTLINE), np.uint8)
    change = cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    soft = np.asarray(cv2.bitwise_and(outline, cv2.inRange(change, 0, CRISP)), np.uint8)
    counts = _counts(soft)
    chosen = counts > 0
    if not chosen.any():
        return 0.0
    picture = downscaled_to(pixels, (alpha.shape[1], alpha.shape[0]))
    shares = _explained(_blocks(alpha)[chosen], _blocks(picture)[chosen].astype(np.float32))
    weight = counts[chosen]
    return float((shares * weight).sum() / (weight.sum() + PRIOR * cv2.countNonZero(outline)))


def _counts(mask: U8) -> F32:
    """Cells of each block that are 255 and not 0 in ``mask``, float32 (rows, columns)."""
    rows, columns = mask.shape[0] // BLOCK, mask.shape[1] // BLOCK
    if not rows or not columns:
        return np.zeros((rows, columns), np.float32)
    whole = mask[: rows * BLOCK, : columns * BLOCK]
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA) * np.float32(BLOCK * BLOCK / 255)


def _explained(alpha: F32, colors: F32) -> F32:
    """The explained share of each of n blocks: ``alpha`` float32 (n, 8, 8), ``colors`` (n, 8, 8, 3)."""
    of_alpha, of_colors = _differences(alpha[..., None]), _differences(colors)
    common = np.square(of_alpha.swapaxes(1, 2) @ of_colors).sum(axis=(1, 2))
    own, picture = (np.square(values).sum(axis=(1, 2)) for values in (of_alpha, of_colors))
    return np.asarray(common / np.maximum(own * (picture + np.float32(NOISE)), np.float32(1e-6)), np.float32)


def _differences(blocks: F32) -> F32:
    """Differences of neighbours to the right and below: float32 (n, 8, 8, c) to (n, 112, c)."""
    count, depth = len(blocks), blocks.shape[3]
    both = [np.diff(blocks, axis=axis).reshape(count, -1, depth) for axis in (1, 2)]
    return np.concatenate(both, axis=1)


def _blocks(plane: NDArray[T]) -> NDArray[T]:
    """A view of (h, w, ...) as blocks, (rows, columns, 8, 8, ...); what is left over at the right and below is cut."""
    rows, columns = plane.shape[0] // BLOCK, plane.shape[1] // BLOCK
    cut = plane[: rows * BLOCK, : columns * BLOCK]
    return cut.reshape(rows, BLOCK, columns, BLOCK, *plane.shape[2:]).swapaxes(1, 2)
