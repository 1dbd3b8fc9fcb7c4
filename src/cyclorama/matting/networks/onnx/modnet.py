"""MODNet (Ke et al. 2022): portrait matting, frame by frame."""

from __future__ import annotations

from typing_extensions import override

from cyclorama.core.frames import Frame, SizeWH
from cyclorama.matting.base import ModelInfo, Prediction
from cyclorama.matting.networks.onnx.base import OnnxModel
from cyclorama.matting.networks.onnx.split_concat_convs import with_fast_convolutions
from cyclorama.models.store import InstalledModel

SHORT = 512
"""Shorter side of its input, in pixels, as in its training."""
MULTIPLE = 32
"""Both sides are multiples: the network downsamples five times."""
LONG = 2048
"""Longest side: a picture narrower than 1:4 is squeezed."""


class ModnetModel(OnnxModel):
    """MODNet; stateless."""

    def __init__(self, installed: InstalledModel, provider: str = "auto") -> None:
        """Open the network. Raises SettingsError or ModelError."""
        super().__init__(installed, provider, rewrite_for_cpu=with_fast_convolutions)
        self._size_wh: SizeWH | None = installed.entry.input.size_wh

    @property
    @override
    def info(self) -> ModelInfo:
        """What runs; the input size is known from the first frame on."""
        size = self._size_wh
        return self._told(f"{size[0]}x{size[1]}" if size else f"short side {SHORT}", size)

    @override
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``, at the network's size. Raises ModelError when the network fails."""
        self._size_wh = self._entry.input.size_wh or input_size(frame.size_wh)
        alpha, _ = self._matte(frame.pixels, self._size_wh)
        return Prediction(alpha)

    @override
    def reset(self) -> None:
        """Nothing to reset: the network is stateless."""


def input_size(frame_wh: SizeWH) -> SizeWH:
    """The input size of a frame: short side SHORT, its aspect ratio, both sides multiples of MULTIPLE."""
    scale = SHORT / min(frame_wh)
    width, height = (round(min(LONG, side * scale) / MULTIPLE) * MULTIPLE for side in frame_wh)
    return width, height
