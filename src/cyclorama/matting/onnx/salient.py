"""Networks that cut out whatever a picture is of: U2-Net, ISNet, RMBG, BiRefNet.

They differ in what their contract says and in nothing else: size, normalisation, which output, what makes it alpha.
"""

from __future__ import annotations

from cyclorama.errors import ModelError
from cyclorama.frames import Frame, SizeWH
from cyclorama.matting.base import ModelInfo, Prediction
from cyclorama.matting.onnx.base import OnnxModel
from cyclorama.matting.onnx.picture import alpha_of, picture_tensor
from cyclorama.models.store import InstalledModel


class SalientModel(OnnxModel):
    """One such network; nothing is remembered from frame to frame."""

    def __init__(self, installed: InstalledModel, provider: str = "auto") -> None:
        """Open the network. Raises SettingsError or ModelError."""
        super().__init__(installed, provider)
        self._source = next(iter(self._session.input_types))
        self._size_wh = self._input_size()
        self.info: ModelInfo = self._info("{}x{}".format(*self._size_wh))

    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``, at the network's size. Raises ModelError when the network fails."""
        entry = self._entry
        tensor = picture_tensor(frame.pixels, self._size_wh, entry.input, self._session.input_types[self._source])
        (alpha,), _ = self._session.run([entry.output.name or self._session.outputs[0]], {self._source: tensor})
        return Prediction(alpha_of(alpha, entry.output.activation))

    def reset(self) -> None:
        """Nothing is remembered."""

    def _input_size(self) -> SizeWH:
        """The contract's, else the one that the graph insists on."""
        if self._entry.input.size_wh is not None:
            return self._entry.input.size_wh
        *_, height, width = (None, None, *self._session.input_shapes[self._source])
        if isinstance(width, int) and isinstance(height, int):
            return width, height
        raise ModelError(
            f"the size of the input of {self._entry.name} is in neither its contract nor its file: import it again "
            "with --input-size"
        )
