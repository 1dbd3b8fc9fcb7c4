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
        return self.apply_with_alpha(pixels, None, time_s)[0]

    def apply_with_alpha(self, pixels: U8, alpha: U8 | None, time_s: float = 0.0) -> tuple[U8, U8 | None]:
        """The same with the picture's own alpha, uint8 (H, W), which travels along."""
        size_wh = self.size_for((pixels.shape[1], pixels.shape[0]))
        pixels = self._turned(pixels)
        view = self._view(pixels, size_wh, time_s)
        rest = None if alpha is None else self._placed(self._turned(alpha), view, size_wh)
        return self._placed(pixels, view, size_wh), rest

    def _turned(self, picture: U8) -> U8:
        turn = self._settings.rotate
        return np.asarray(cv2.rotate(picture, TURNS[turn]), np.uint8) if turn else picture

    def _placed(self, picture: U8, view: View, size_wh: SizeWH) -> U8:
        """``view`` of the turned picture at the output's size, mirrored if need be."""
        if picture.shape[0] - view.height > WHOLE or (picture.shape[1], picture.shape[0]) != size_wh:
            picture = cut(picture, view, size_wh)
        return np.asarray(cv2.flip(picture, 1), np.uint8) if self._settings.mirror else picture

    def _view(self, pixels: U8, size_wh: SizeWH, time_s: float) -> View:
        if self._framing is not None:
            return self._framing.view(pixels, size_wh, time_s)
        picture_wh = (pixels.shape[1], pixels.shape[0])
        return by_hand(picture_wh, size_wh[0] / size_wh[1], self._settings.zoom, self._settings.pan_xy)
