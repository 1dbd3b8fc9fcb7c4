"""A TensorFlow Lite segmentation network on the LiteRT interpreter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, SizeWH

THREADS = 1
"""A run takes a millisecond or two: a second thread costs more CPU time than it saves."""


class LiteRtNetwork:
    """One network: RGB float32 in, person probability out. Used by one thread."""

    provider = "LiteRT, CPU (XNNPACK)"

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError where it is no network of this kind."""
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
            self._interpreter.allocate_tensors()
            source = self._interpreter.get_input_details()[0]
            self._in, self._out = source["index"], self._interpreter.get_output_details()[0]["index"]
            _, height, width, _ = (int(side) for side in source["shape"])
        except (ValueError, RuntimeError, OSError, IndexError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"the network {path.name} cannot be loaded ({reason}): the file is damaged, install cyclorama again"
            ) from error
        self.size_wh: SizeWH = (width, height)

    def run(self, rgb: F32) -> F32:
        """Infer ``rgb``, float32 (H, W, 3) in [0, 1] of ``size_wh``; float32 (H, W) in [0, 1]. Raises ModelError."""
        try:
            self._interpreter.set_tensor(self._in, rgb[None])
            self._interpreter.invoke()
            result = self._interpreter.get_tensor(self._out)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the network failed on LiteRT: {error}") from error
        return np.asarray(result, np.float32).reshape(rgb.shape[:2])

    def close(self) -> None:
        """Nothing to release before the object goes."""
