"""The same networks on OpenCV's dnn module, where LiteRT has no wheel: same alpha, twice the time."""

from __future__ import annotations

from pathlib import Path

from cyclorama.core.frames import F32, SizeWH
from cyclorama.core.tflite import PROVIDER, TfliteNetwork

SIZES_WH: dict[str, SizeWH] = {"selfie_wide.tflite": (256, 144), "selfie_square.tflite": (256, 256)}
"""Input sizes: OpenCV does not report them."""


class OpenCvNetwork:
    """One network: RGB float32 in, person probability out. Used by one thread."""

    provider = PROVIDER

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError where it is no network of this kind."""
        self.size_wh = SIZES_WH[path.name]
        self._network = TfliteNetwork(path)

    def run(self, rgb: F32) -> F32:
        """Infer ``rgb``, float32 (H, W, 3) in [0, 1] of ``size_wh``; float32 (H, W) in [0, 1]. Raises ModelError."""
        [alpha] = self._network.run(rgb)
        return alpha.reshape(rgb.shape[:2])

    def close(self) -> None:
        """Nothing to release before the object goes."""
