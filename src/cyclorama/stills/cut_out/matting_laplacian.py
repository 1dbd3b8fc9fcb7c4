"""Solve for an alpha that follows the colours of a picture: closed-form matting with a soft constraint on each pixel.

Minimizes  a' L a + sum_i w_i (a_i - prior_i)^2  (Levin, Lischinski, Weiss, "A Closed-Form Solution to Natural Image
Matting", 2008, equation 13, with windows of 3x3 pixels). L is never built: its product with a vector is one pass of a
guided filter (He, Sun, Tang, "Fast Matting Using Large Kernel Matting Laplacian Matrices", 2010), and the system is
solved with conjugate gradients, preconditioned by its diagonal.
"""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike

from cyclorama.core.frames import F32, U8

ITERATIONS = 40
"""Of the conjugate gradients; the start is near the solution, and more changed alpha by less than a level."""
EPSILON = np.float32(1e-4)
"""Regularization of a window's colour line, in squared ranges."""
CONVERGED = 1e-8
"""Squared preconditioned residual at which the iteration ends."""
WINDOW = (3, 3)


def solve_alpha(pixels: U8, prior: F32, weight: F32) -> F32:
    """Return alpha, float32 (h, w) in [0, 1], of ``pixels``, BGR uint8 (h, w, 3).

    ``prior``: the alpha that is expected, float32 (h, w), where the iteration starts too. ``weight``: how strongly, 0
    or more: 100 holds a pixel, 0.001 gives way to the colours.
    """
    laplacian = _Laplacian(pixels)
    alpha, inverse = prior.copy(), 1 / (1 + weight)
    residual = weight * prior - laplacian.times(alpha) - weight * alpha
    direction = np.asarray(inverse * residual, np.float32)
    squared = float((residual * direction).sum())
    for _ in range(ITERATIONS):
        if squared < CONVERGED:
            break
        image = laplacian.times(direction) + weight * direction
        step = np.float32(squared / float((direction * image).sum()))
        alpha += step * direction
        residual -= step * image
        scaled = inverse * residual
        previous, squared = squared, float((residual * scaled).sum())
        direction = np.asarray(scaled + np.float32(squared / previous) * direction, np.float32)
    return np.asarray(np.clip(alpha, 0, 1), np.float32)


class _Laplacian:
    """The matting Laplacian of a picture, divided by the pixels of a window."""

    def __init__(self, pixels: U8) -> None:
        self._colors = [np.asarray(plane, np.uint8) * np.float32(1 / 255) for plane in cv2.split(pixels)]
        self._means = [_mean(plane) for plane in self._colors]
        (b, g, r), (mean_b, mean_g, mean_r) = self._colors, self._means
        bb, gg, rr = (_mean(x * x) - m * m + EPSILON for x, m in zip(self._colors, self._means, strict=True))
        bg, br, gr = _mean(b * g) - mean_b * mean_g, _mean(b * r) - mean_b * mean_r, _mean(g * r) - mean_g * mean_r
        # the inverse of the symmetric covariance, by its cofactors
        c_bb, c_bg, c_br = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
        c_gg, c_gr, c_rr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
        scale = 1 / (bb * c_bb + bg * c_bg + br * c_br)
        rows = ((c_bb, c_bg, c_br), (c_bg, c_gg, c_gr), (c_br, c_gr, c_rr))
        self._inverse = [[np.asarray(cofactor * scale, np.float32) for cofactor in row] for row in rows]

    def times(self, alpha: F32) -> F32:
        """The product with ``alpha``: what a guided filter changes in it."""
        mean = _mean(alpha)
        moments = [_mean(x * alpha) - m * mean for x, m in zip(self._colors, self._means, strict=True)]
        left, offset = alpha.copy(), mean
        for row, color, color_mean in zip(self._inverse, self._colors, self._means, strict=True):
            slope = row[0] * moments[0] + row[1] * moments[1] + row[2] * moments[2]
            offset = offset - slope * color_mean
            left -= _mean(slope) * color
        return np.asarray(left - _mean(offset), np.float32)


def _mean(plane: MatLike) -> F32:
    return np.asarray(cv2.blur(plane, WINDOW, borderType=cv2.BORDER_REFLECT), np.float32)
