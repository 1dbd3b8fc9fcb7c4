"""Salient object segmentation: U2-Net, ISNet, RMBG, BiRefNet.

They differ only in their contracts: input size, normalisation, which output, activation.
"""

from __future__ import annotations

from typing_extensions import override

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import Frame, SizeWH
from cyclorama.matting.base import ModelInfo, Prediction
from cyclorama.matting.networks.onnx.base import OnnxModel
from cyclorama.models.store import InstalledModel


class SalientModel(OnnxModel):
    """One salient object network; stateless."""

    def __init__(self, installed: InstalledModel, provider: str = "auto") -> None:
        """Open the network. Raises SettingsError or ModelError."""
        super().__init__(installed, provider)
        self._size_wh = self._input_size()

    @property
    @override
    def info(self) -> ModelInfo:
        """What runs."""
        return self._told("{}x{}".format(*self._size_wh), self._size_wh)

    @override
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``, at the network's size. Raises ModelError when the network fails."""
        alpha, _ = self._matte(frame.pixels, self._size_wh)
        return Prediction(alpha)

    @override
    def reset(self) -> None:
        """Nothing to reset: the network is stateless."""

    def _input_size(self) -> SizeWH:
        """The contract's size, else the one that the graph fixes."""
        size_wh = self._entry.input.size_wh or self._fixed_size()
        if size_wh is not None:
            return size_wh
        raise ModelError(
            f"the size of the input of {self._entry.name} is in neither its contract nor its file: import it again "
            "with --input-size"
        )
