"""How a decoded frame lies: the display matrix that its file carries (ISO/IEC 14496-12, 8.3.2)."""

from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame

from cyclorama.core.frames import U8, SizeWH

TURNS = {1: cv2.ROTATE_90_COUNTERCLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_CLOCKWISE}


def quarter_turns(frame: VideoFrame) -> int:
    """Counterclockwise quarter turns, 0 to 3, that make ``frame`` upright; 0 where its matrix is of another angle.

    The matrix's mirror part is not looked at.
    """
    angle = round(frame.rotation) % 360
    return angle // 90 if angle % 90 == 0 else 0


def turned_size(size_wh: SizeWH, turns: int) -> SizeWH:
    """``size_wh`` after ``turns`` quarter turns."""
    return size_wh if turns % 2 == 0 else size_wh[::-1]


def upright_size(frame: VideoFrame) -> SizeWH:
    """Width and height of the upright picture. Pixels are taken for square ones."""
    return turned_size((frame.width, frame.height), quarter_turns(frame))


def turned(pixels: U8, turns: int) -> U8:
    """uint8 ``pixels`` (H, W, 3) after ``turns`` counterclockwise quarter turns; contiguous."""
    if turns in TURNS:
        return np.asarray(cv2.rotate(pixels, TURNS[turns]), np.uint8)
    return np.ascontiguousarray(pixels, np.uint8)  # rows of odd widths come padded
