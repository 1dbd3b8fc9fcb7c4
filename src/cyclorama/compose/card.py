"""The privacy card, shown while there is no valid composite."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.core.frames import U8, SizeWH

GROUND = (46, 40, 36)
INK = (140, 128, 120)
"""BGR."""
SUPERSAMPLING = 4
BARS = ((191, 191, 191), (0, 191, 191), (191, 191, 0), (0, 191, 0), (191, 0, 191), (0, 0, 191), (191, 0, 0))
"""BGR: white, yellow, cyan, green, magenta, red, blue, at three quarters."""
SAMPLES_WH = (35, 20)
NEAR = 10
"""Levels that a colour may be off on its way through a camera; one that takes the range of levels for another is off by
16."""


def plain_card(size_wh: SizeWH) -> U8:
    """A dark picture with a crossed-out camera: BGR uint8 (H, W, 3). Contains no pixel of any frame."""
    width, height = size_wh
    card = np.full((height, width, 3), GROUND, np.uint8)
    side = max(8, min(width, height) // 4)
    if side > min(width, height):
        return card
    left, top = (width - side) // 2, (height - side) // 2
    ink = (_camera_off(side)[..., None] / 255.0).astype(np.float32)
    place = card[top : top + side, left : left + side]
    place[:] = (place * (1 - ink) + np.array(INK) * ink + 0.5).astype(np.uint8)
    return card


def checking_card(size_wh: SizeWH) -> U8:
    """The plain card with colour bars below, which nothing else shows: to be looked for where it comes out."""
    card = plain_card(size_wh)
    width, height = size_wh
    edges = [width * index // len(BARS) // 2 * 2 for index in range(len(BARS))]  # where I420 has its chroma
    for color, left, right in zip(BARS, edges, [*edges[1:], width], strict=True):
        card[height * 3 // 8 * 2 :, left:right] = color
    return card


def shows_card(pixels: U8, card: U8) -> bool:
    """Whether ``pixels``, BGR uint8 of any size, are a picture of ``card``. Looks at a grid of places."""
    seen, wanted = (
        cv2.resize(each, SAMPLES_WH, interpolation=cv2.INTER_AREA).astype(np.int16) for each in (pixels, card)
    )
    return bool((np.abs(seen - wanted) <= NEAR).all())


def _camera_off(side: int) -> U8:
    """Coverage of the glyph, uint8 (side, side), supersampled for smooth edges."""
    big = side * SUPERSAMPLING
    glyph = np.zeros((big, big), np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        return round(x * big), round(y * big)

    stroke = max(1, round(0.055 * big))
    radius = 0.05
    corners = ((0.12 + radius, 0.30 + radius), (0.62 - radius, 0.70 - radius))
    cv2.rectangle(glyph, at(*corners[0]), at(*corners[1]), 255, thickness=2 * round(radius * big))
    cv2.rectangle(glyph, at(*corners[0]), at(*corners[1]), 255, thickness=-1)
    lens = np.array([at(0.66, 0.46), at(0.86, 0.33), at(0.86, 0.67), at(0.66, 0.54)], np.int32)
    cv2.fillPoly(glyph, [lens], 255)
    cv2.line(glyph, at(0.14, 0.18), at(0.84, 0.86), 0, thickness=3 * stroke)
    cv2.line(glyph, at(0.14, 0.18), at(0.84, 0.86), 255, thickness=stroke)
    return np.asarray(cv2.resize(glyph, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
