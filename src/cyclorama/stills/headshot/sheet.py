"""Variants of a headshot side by side, for people to choose from."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cyclorama.compose.contact_sheet import CAPTION_H, INK, PAPER, contact_sheet
from cyclorama.core.frames import U8, SizeWH

SIDE = 360
"""Of a tile's picture, in pixels."""


def small_size(size_wh: SizeWH) -> SizeWH:
    """The size of a picture of ``size_wh`` on the sheet."""
    scale = SIDE / max(size_wh)
    return round(size_wh[0] * scale), round(size_wh[1] * scale)


def sheet(variants: Sequence[tuple[str, U8]], columns: int) -> U8:
    """``variants``: names and pictures of their small size, BGR uint8. BGR uint8."""
    return contact_sheet([_tile(picture, name) for name, picture in variants], columns)


def _tile(picture: U8, name: str) -> U8:
    height, width = picture.shape[:2]
    out = np.full((SIDE + CAPTION_H, SIDE, 3), PAPER, np.uint8)
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    out[top : top + height, left : left + width] = picture
    cv2.putText(out, name, (4, SIDE + CAPTION_H - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return out
