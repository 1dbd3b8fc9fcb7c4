"""A contact sheet of the variants of a headshot, with their names."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from cyclorama.compose.contact_sheet import CAPTION_H, INK, PAPER, contact_sheet
from cyclorama.core.frames import U8, SizeWH

SIDE = 360
"""Longest side of a variant on the sheet, in pixels."""


def small_size(size_wh: SizeWH) -> SizeWH:
    """Scale ``size_wh`` so that its longer side is SIDE."""
    scale = SIDE / max(size_wh)
    return round(size_wh[0] * scale), round(size_wh[1] * scale)


def sheet(variants: Sequence[tuple[str, U8]], columns: int) -> U8:
    """Arrange ``variants``, names and pictures (BGR uint8, at their :func:`small_size`), in ``columns``: BGR uint8."""
    return contact_sheet([_tile(picture, name) for name, picture in variants], columns)


def _tile(picture: U8, name: str) -> U8:
    height, width = picture.shape[:2]
    out = np.full((SIDE + CAPTION_H, SIDE, 3), PAPER, np.uint8)
    left, top = (SIDE - width) // 2, (SIDE - height) // 2
    out[top : top + height, left : left + width] = picture
    cv2.putText(out, name, (4, SIDE + CAPTION_H - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)
    return out
