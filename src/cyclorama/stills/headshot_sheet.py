"""Variants of a headshot side by side, for people to choose from."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cyclorama.compose.contact_sheet import CAPTION_H, INK, PAPER, contact_sheet
from cyclorama.frames import U8

SIDE = 360
"""Of a tile's picture, in pixels."""


def sheet(variants: Sequence[tuple[str, U8]], columns: int) -> U8:
    """``variants``: names and pictures, BGR uint8 of any size. BGR uint8."""
    return contact_sheet([_tile(picture, name) for name, picture in variants], columns)


def _tile(picture: U8, name: str) -> U8:
    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    out = np.full((SIDE + CAPTION_H, SIDE, 3), PAPER, np.uint8)
    left = (SIDE - small.shape[1]) // 2
    top = (SIDE - small.shape[0]) // 2
    out[top : top + small.shape[0], left : left + small.shape[1]] = small
    cv2.putText(out, name, (4, SIDE + CAPTION_H - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return out
