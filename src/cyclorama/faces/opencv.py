"""The short-range face detector on OpenCV's dnn module, where LiteRT has no wheel."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import U8
from cyclorama.core.tflite import PROVIDER, TfliteNetwork
from cyclorama.faces.anchors import anchors, decode
from cyclorama.faces.base import Face


class OpenCvFaces:
    """The detector: RGB in, faces out. Used by one thread."""

    provider = PROVIDER

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError where it is no network of this kind."""
        self._network = TfliteNetwork(path)
        self._anchors = anchors()

    def find(self, rgb: U8) -> list[Face]:
        """Detections of all anchors in ``rgb``, uint8 (SIDE, SIDE, 3), in its pixels. Raises ModelError."""
        outputs = self._network.run(rgb.astype(np.float32) * np.float32(2 / 255) - 1)
        by_width = {output.shape[-1]: output[0] for output in outputs if output.ndim == 3}
        if not {1, 16} <= set(by_width):
            raise ModelError("the face network gives other outputs than boxes and scores: install cyclorama again")
        return decode(by_width[16], by_width[1][:, 0], self._anchors)

    def close(self) -> None:
        """Nothing to release before the object goes."""
