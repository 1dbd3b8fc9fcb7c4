"""The bundled selfie networks: one of them, or both together."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import cv2
import numpy as np

from cyclorama.frames import Frame
from cyclorama.matting.base import ModelInfo, Prediction
from cyclorama.matting.segmenter import network_input, open_network
from cyclorama.models.bundled import bundled_path

FILES = {
    "selfie": ("selfie_wide.tflite", "selfie_square.tflite"),
    "selfie-wide": ("selfie_wide.tflite",),
    "selfie-square": ("selfie_square.tflite",),
}


class SelfieModel:
    """``selfie`` averages the wide and the square network; the other names run one of them."""

    def __init__(self, name: str = "selfie") -> None:
        """Load the networks of ``name``, a key of ``FILES``. Raises ModelError."""
        self._networks = [open_network(bundled_path(file)) for file in FILES[name]]
        sizes = " + ".join("{}x{}".format(*network.size_wh) for network in self._networks)
        self.info = ModelInfo(name, self._networks[0].provider, "float32", sizes)

    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``. Raises ModelError when a network fails."""
        outputs = [network.run(network_input(frame.pixels, network.size_wh)) for network in self._networks]
        size_wh = self._networks[-1].size_wh
        alpha = sum(cv2.resize(output, size_wh, interpolation=cv2.INTER_LINEAR) for output in outputs) / len(outputs)
        return Prediction(np.clip(np.asarray(alpha, np.float32), 0, 1))

    def reset(self) -> None:
        """Nothing is remembered."""

    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        for network in self._networks:
            network.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
