"""Run a TensorFlow Lite network on OpenCV's dnn module, where LiteRT has no wheel: same output, twice the time.

MediaPipe's tasks would run these networks too, but they send usage metrics and have no switch for it.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32

PROVIDER = "OpenCV, CPU"


class TfliteNetwork:
    """One network: RGB in, all outputs out. Used by one thread."""

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError where it is no network of this kind."""
        self._name = path.name
        try:
            self._network = cv2.dnn.readNetFromTFLite(np.frombuffer(path.read_bytes(), np.uint8))
            self._outputs = self._network.getUnconnectedOutLayersNames()
        except (cv2.error, OSError) as error:
            raise ModelError(
                f"the network {path.name} cannot be loaded ({_reason(error)}): the file is damaged, "
                "install cyclorama again"
            ) from error

    def run(self, rgb: F32) -> list[F32]:
        """Infer ``rgb``, float32 (H, W, 3), normalized for the network; every output, NCHW for image outputs.

        Raises ModelError.
        """
        try:
            self._network.setInput(np.ascontiguousarray(rgb.transpose(2, 0, 1)[None]))
            outputs = self._network.forward(self._outputs)
        except cv2.error as error:
            raise ModelError(f"the network {self._name} failed in OpenCV: {_reason(error)}") from error
        return [np.array(output, np.float32) for output in outputs]


def _reason(error: Exception) -> str:
    return str(getattr(error, "err", None) or error).splitlines()[0]
