"""Robust Video Matting (Lin et al. 2021): a recurrent network, which remembers what it saw in the frames before.

The published graph takes the full frame, makes it small itself, and brings its alpha back to full size with a guided
filter of its own; that last step is a third to a half of the time. Here the frame is made small first, without
aliasing, and the graph runs on it with a downsample ratio of 1; the engine does the way back for less.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.frames import Frame, SizeWH
from cyclorama.matting.base import ModelInfo, Prediction
from cyclorama.matting.onnx.base import OnnxModel
from cyclorama.matting.onnx.device import Tensor, on_host
from cyclorama.models.store import InstalledModel
from cyclorama.settings import Quality

LONGEST: dict[Quality, int] = {"fast": 256, "balanced": 384, "best": 512}
"""Longer side of the inner picture, in pixels: the range that the network was made for."""
MULTIPLE = 16
"""Of both sides of the inner picture: the network halves it four times."""
STATES = ("r1", "r2", "r3", "r4")


class RvmModel(OnnxModel):
    """RVM with its four recurrent states; frames have to come in order."""

    def __init__(self, installed: InstalledModel, provider: str = "auto", quality: Quality = "balanced") -> None:
        """Open the network. ``quality``: sets the size of the inner picture. Raises SettingsError, ModelError."""
        super().__init__(installed, provider, {"downsample_ratio": 1.0})
        self.quality = quality
        self.costs: Mapping[Quality, float] = {level: side * side for level, side in LONGEST.items()}
        self._frame_wh: SizeWH | None = None
        self._size_wh: SizeWH | None = None
        self._states: list[Tensor] = []

    @property
    def info(self) -> ModelInfo:
        """What runs; the input size is known from the first frame on."""
        size = self._size_wh
        return self._info(f"{size[0]}x{size[1]}" if size else f"{LONGEST[self.quality]} at most a side")

    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``, at the inner picture's size. Raises ModelError when the network fails."""
        types = self._session.input_types
        size_wh = inner_size(frame.size_wh, LONGEST[self.quality])
        if frame.size_wh != self._frame_wh or not self._states:
            # A single zero, which the graph spreads over the size that each state has.
            self._states = [np.zeros((1, 1, 1, 1), types[f"{state}i"]) for state in STATES]
        elif self._size_wh is not None and size_wh != self._size_wh:
            scale = size_wh[0] / self._size_wh[0], size_wh[1] / self._size_wh[1]
            self._states = [_resampled(on_host(value), scale) for value in self._states]
        self._frame_wh, self._size_wh = frame.size_wh, size_wh
        feeds: dict[str, Tensor] = {f"{state}i": value for state, value in zip(STATES, self._states, strict=True)}
        left = {f"{state}i": f"{state}o" for state in STATES}
        self._states = []  # where the run fails, the next one begins anew
        alpha, self._states = self._matte(frame.pixels, size_wh, feeds, left)
        return Prediction(alpha)

    def reset(self) -> None:
        """Forget the frames before."""
        self._states = []


def _resampled(state: NDArray[Any], scale: tuple[float, float]) -> NDArray[Any]:
    """A state, (1, channels, h, w), for an inner picture of another size: what is known of a scene is not lost.

    Measured: a network that began anew instead took up to half a second to find its way back.
    """
    width, height = (max(1, round(side * by)) for side, by in zip(state.shape[:1:-1], scale, strict=True))
    maps = np.ascontiguousarray(state[0].transpose(1, 2, 0), np.float32)
    resized = np.atleast_3d(cv2.resize(maps, (width, height), interpolation=cv2.INTER_LINEAR))
    return np.ascontiguousarray(resized.transpose(2, 0, 1)[None], state.dtype)


def inner_size(frame_wh: SizeWH, longest: int) -> SizeWH:
    """The inner picture of a frame: of its shape to within the multiple, never much larger than the frame itself."""
    scale = min(1.0, longest / max(frame_wh))
    width, height = (max(1, round(side * scale / MULTIPLE)) * MULTIPLE for side in frame_wh)
    return width, height
