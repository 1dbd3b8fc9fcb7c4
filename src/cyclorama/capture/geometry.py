"""Rotate, crop, scale and mirror frames to the output's geometry, before matting sees them."""

from __future__ import annotations

from typing import Protocol

import cv2
import numpy as np

from cyclorama.capture.view import View, by_hand, cut
from cyclorama.core.frames import U8, SizeWH
from cyclorama.settings.values import CaptureSettings

TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
WHOLE = 1e-3
"""Lines by which a view may be smaller and still count as the whole picture: rounding errors."""


class Framing(Protocol):
    """Decides on the crop of each frame."""

    def view(self, pixels: U8, output_wh: SizeWH, time_s: float) -> View:
        """The part of ``pixels``, BGR uint8 (H, W, 3), taken at ``time_s`` seconds; of the shape of ``output_wh``."""


class Geometry:
    """Rotation, then the part that is shown at the output's size, then mirror; each frame may come in another size."""

    def __init__(self, settings: CaptureSettings, framing: Framing | None = None) -> None:
        """``framing``: decides instead of the zoom and pan of ``settings``."""
        self._settings = settings
        self._framing = framing

    def size_for(self, size_wh: SizeWH) -> SizeWH:
        """The size that a picture of ``size_wh`` comes out with: inside the output for ``contain``, else the
        output's."""
        wanted = self._settings.size_wh
        width, height = size_wh if self._settings.rotate in (0, 180) else size_wh[::-1]
        if wanted is None:
            return width, height
        if self._settings.fit == "cover":
            return wanted
        scale = min(wanted[0] / width, wanted[1] / height)
        return max(1, min(wanted[0], round(width * scale))), max(1, min(wanted[1], round(height * scale)))

    def apply(self, pixels: U8, time_s: float = 0.0) -> U8:
        """Turn BGR uint8 (H, W, 3) into the picture that travels on; the same array where nothing is to be done.

        ``time_s``: of the picture, in seconds. Raises what the framing raises.
        """
        settings = self._settings
        size_wh = self.size_for((pixels.shape[1], pixels.shape[0]))
        if settings.rotate:
            pixels = np.asarray(cv2.rotate(pixels, TURNS[settings.rotate]), np.uint8)
        view = self._view(pixels, size_wh, time_s)
        if pixels.shape[0] - view.height > WHOLE or (pixels.shape[1], pixels.shape[0]) != size_wh:
            pixels = cut(pixels, view, size_wh)
        if settings.mirror:
            pixels = np.asarray(cv2.flip(pixels, 1), np.uint8)
        return pixels

    def _view(self, pixels: U8, size_wh: SizeWH, time_s: float) -> View:
        if self._framing is not None:
            return self._framing.view(pixels, size_wh, time_s)
        picture_wh = (pixels.shape[1], pixels.shape[0])
        return by_hand(picture_wh, size_wh[0] / size_wh[1], self._settings.zoom, self._settings.pan_xy)
