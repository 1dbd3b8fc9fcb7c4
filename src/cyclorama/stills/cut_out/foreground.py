"""Estimate the foreground's colours along its edges and beyond them: multi-level foreground estimation.

At an edge, a pixel I of the photo is a mix of foreground F and background B. Germer, Uelwer, Conrad and Harmeling
("Fast Multi-Level Foreground Estimation", 2020) minimize the error of the compositing equation plus a smoothness term,
which is larger where alpha changes:

    sum_i |a_i F_i + (1 - a_i) B_i - I_i|^2  +  sum_ij w_ij (|F_i - F_j|^2 + |B_i - B_j|^2)
    w_ij = FLAT + STEEP |a_i - a_j|,  j one of the four neighbours of i

With its neighbours fixed, the two colours of a pixel solve two linear equations. With S the sum of its weights, and F'
and B' the weighted means of its neighbours' colours, the residual r is distributed:

    r = I - a F' - (1 - a) B',   F = F' + a r / D,   B = B' + (1 - a) r / D,   D = S + a^2 + (1 - a)^2

The solver is red-black Gauss-Seidel on an image pyramid, from one pixel upwards: each level starts with the upsampled
result of the level below, so a few sweeps are enough. Levels larger than SMALL compute only the uncertain pixels, as a
list. On pictures with a known foreground (benchmarks/foreground.py) the error of the colours was half that of blur
fusion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8

FLAT, STEEP = 1e-5, 0.1
"""The weight of two neighbours of equal alpha, and its increase for a step of alpha from 0 to 1."""
SMALL, SMALL_SWEEPS = 64, 10
"""Longest side in pixels of a small level, and its number of sweeps: all of its pixels are computed."""
SWEEPS = 4
"""Sweeps of a large level."""
REACH = 2 * SWEEPS
"""Rows above and below that a row depends on: one for each half of a sweep. Even, as the first row of a strip is."""
STRIP_PIXELS = 1 << 20
"""Pixels of a strip. An uncertain pixel takes about 200 bytes while its strip is solved."""
GREY = 128
"""The colour of the foreground of a photo that has none."""
CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))

Indices = NDArray[np.intp]


def foreground_strips(pixels: U8, alpha8: U8, strip_pixels: int = STRIP_PIXELS) -> Iterator[tuple[slice, U8]]:
    """Yield the foreground of a photo, BGR uint8 (H, W, 3), with alpha uint8 (H, W), as slices of rows and their
    colours.

    Where alpha is 255 these are the photo's own colours; where it is 0 they are extrapolated from the foreground nearby
    and hold nothing of the background. A strip includes all rows that it depends on, so strips equal the result for the
    whole photo. Takes the memory of the photo once more, and that of a strip.
    """
    levels = [_PyramidLevel(pixels, alpha8)]
    while max(levels[-1].alpha8.shape) > 1:
        levels.append(levels[-1].half())
    below = _Colors(*np.full((2, 1, 1, 3), GREY, np.uint8))
    for level in reversed(levels[1:]):
        below = level.solved(below, strip_pixels)
    for rows, colors in levels[0].strips(below, strip_pixels):
        yield rows, colors.foreground


@dataclass(frozen=True, slots=True)
class _Colors:
    """Foreground and background colours of a level, or of some of its rows: BGR uint8 (h, w, 3)."""

    foreground: U8
    background: U8

    def rows(self, start: int, stop: int) -> _Colors:
        return _Colors(self.foreground[start:stop], self.background[start:stop])

    def doubled(self, start: int, stop: int, width: int) -> _Colors:
        """Upsample both to twice the size, bilinear: rows ``start`` (even) to ``stop``, ``width`` columns."""
        low, high = max(0, start // 2 - 1), stop // 2 + 1

        def part(colors: U8) -> U8:
            taken = colors[low:high]
            size_wh = 2 * taken.shape[1], 2 * taken.shape[0]
            large = cv2.resize(taken, size_wh, interpolation=cv2.INTER_LINEAR)
            return np.ascontiguousarray(large[start - 2 * low : stop - 2 * low, :width], np.uint8)

        return _Colors(part(self.foreground), part(self.background))


@dataclass(frozen=True, slots=True)
class _PyramidLevel:
    """The photo, BGR uint8 (h, w, 3), and its alpha, uint8 (h, w), at one size of the pyramid."""

    pixels: U8
    alpha8: U8

    def half(self) -> _PyramidLevel:
        return _PyramidLevel(_halved(self.pixels), _halved(self.alpha8))

    def solved(self, below: _Colors, strip_pixels: int) -> _Colors:
        out = _Colors(np.empty_like(self.pixels), np.empty_like(self.pixels))
        for rows, colors in self.strips(below, strip_pixels):
            out.foreground[rows], out.background[rows] = colors.foreground, colors.background
        return out

    def strips(self, below: _Colors, strip_pixels: int) -> Iterator[tuple[slice, _Colors]]:
        """Yield slices of rows and their colours; ``below``: the colours of the level of half the size."""
        height, width = self.alpha8.shape
        small = max(height, width) <= SMALL
        step = height if small else max(2, strip_pixels // width // 2 * 2)
        for top in range(0, height, step):
            bottom = min(height, top + step)
            start, stop = max(0, top - REACH), min(height, bottom + REACH)
            colors = below.doubled(start, stop, width)
            part = _PyramidLevel(self.pixels[start:stop], self.alpha8[start:stop])
            points = _UncertainPixels(part, colors, everywhere=small)
            points.sweep(SMALL_SWEEPS if small else SWEEPS)
            points.put(colors)
            cv2.copyTo(part.pixels, cv2.inRange(part.alpha8, 255, 255), colors.foreground)
            cv2.copyTo(part.pixels, cv2.inRange(part.alpha8, 0, 0), colors.background)
            yield slice(top, bottom), colors.rows(top - start, bottom - start)


class _UncertainPixels:
    """The pixels of a level that are computed, and their neighbours, as a list.

    Their colours are float32 (6, n) in [0, 255], three rows of foreground above three of background: numpy is fast on
    long rows.
    """

    def __init__(self, level: _PyramidLevel, colors: _Colors, *, everywhere: bool) -> None:
        height, width = level.alpha8.shape
        band = np.full_like(level.alpha8, 255) if everywhere else cv2.inRange(level.alpha8, 1, 254)
        self._cells = np.flatnonzero(cv2.dilate(band, CROSS))
        self._colors = np.concatenate([self._of(picture) for picture in (colors.foreground, colors.background)])
        number = np.empty(band.size, np.intp)
        number[self._cells] = np.arange(self._cells.size)
        alpha = level.alpha8.reshape(-1).take(self._cells) * np.float32(1 / 255)
        pixels = self._of(level.pixels)
        computed = band.reshape(-1).take(self._cells) > 0
        y, x = np.divmod(self._cells, width)
        self._halves = []
        for color in (0, 1):
            own = np.flatnonzero(computed & ((x + y) % 2 == color))
            cell, column, row = self._cells[own], x[own], y[own]
            # a pixel at the border is its own neighbour
            beside = (
                cell - (column > 0),
                cell + (column < width - 1),
                cell - width * (row > 0),
                cell + width * (row < height - 1),
            )
            self._halves.append(_half(own, [number.take(cells) for cells in beside], alpha, pixels))

    def sweep(self, times: int) -> None:
        for _ in range(times):
            for half in self._halves:
                half.relax(self._colors)

    def put(self, colors: _Colors) -> None:
        """Write the computed colours, rounded, into ``colors``."""
        levels = cv2.convertScaleAbs(self._colors)
        for picture, found in zip((colors.foreground, colors.background), (levels[:3], levels[3:]), strict=True):
            picture.reshape(-1, 3)[self._cells] = found.T

    def _of(self, picture: U8) -> F32:
        """The colours of a picture at the listed pixels, float32 (3, n)."""
        return np.ascontiguousarray(picture.reshape(-1, 3).take(self._cells, axis=0).T, np.float32)


@dataclass(frozen=True, slots=True)
class _CheckerboardHalf:
    """The n pixels of one colour of the checkerboard, and the constants of the update formula for each.

    ``own``: their indices in the list; ``beside``: the indices of the four neighbours, and weights with the sum 1;
    ``pixels``: float32 (3, n); ``mix``: a and 1 - a; ``share``: a / D and (1 - a) / D.
    """

    own: Indices
    beside: list[tuple[Indices, F32]]
    pixels: F32
    mix: tuple[F32, F32]
    share: tuple[F32, F32]

    def relax(self, colors: F32) -> None:
        """One Gauss-Seidel update of these pixels in ``colors``, float32 (6, all pixels of the list)."""
        found = np.zeros((6, self.own.size), np.float32)
        for indices, weight in self.beside:
            found += colors.take(indices, axis=1) * weight
        left = self.pixels - self.mix[0] * found[:3] - self.mix[1] * found[3:]
        found[:3] += self.share[0] * left
        found[3:] += self.share[1] * left
        colors[:, self.own] = np.clip(found, 0, 255, out=found)


def _half(own: Indices, beside: list[Indices], alpha: F32, pixels: F32) -> _CheckerboardHalf:
    """Precompute the constants; ``alpha``, float32 (n,) in [0, 1], and ``pixels``, float32 (3, n): of all listed
    pixels."""
    share = alpha.take(own)
    weights = [np.float32(FLAT) + np.float32(STEEP) * np.abs(alpha.take(indices) - share) for indices in beside]
    total = np.sum(weights, axis=0)
    divisor = total + share * share + (1 - share) * (1 - share)
    return _CheckerboardHalf(
        own,
        [(indices, weight / total) for indices, weight in zip(beside, weights, strict=True)],
        pixels.take(own, axis=1),
        (share, 1 - share),
        (share / divisor, (1 - share) / divisor),
    )


def _halved(picture: U8) -> U8:
    """Half the size, each pixel the mean of four; the last row or column of an odd side is replicated."""
    height, width = picture.shape[:2]
    if height % 2 or width % 2:
        picture = np.asarray(cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE), np.uint8)
    half_wh = picture.shape[1] // 2, picture.shape[0] // 2
    return np.asarray(cv2.resize(picture, half_wh, interpolation=cv2.INTER_AREA), np.uint8)
