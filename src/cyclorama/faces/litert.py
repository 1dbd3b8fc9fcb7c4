"""The short-range face detector on the LiteRT interpreter."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import U8
from cyclorama.faces.anchors import anchors, decode
from cyclorama.faces.base import Face

THREADS = 1


class LiteRtFaces:
    """The detector: RGB in, faces out. Used by one thread."""

    provider = "LiteRT, CPU (XNNPACK)"

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError where it is no network of this kind."""
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
            self._interpreter.allocate_tensors()
            self._in = self._interpreter.get_input_details()[0]["index"]
            out = {int(detail["shape"][-1]): detail["index"] for detail in self._interpreter.get_output_details()}
            self._boxes, self._scores = out[16], out[1]
        except (ValueError, RuntimeError, OSError, KeyError, IndexError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"the network {path.name} cannot be loaded ({reason}): the file is damaged, install cyclorama again"
            ) from error
        self._anchors = anchors()

    def find(self, rgb: U8) -> list[Face]:
        """Detections of all anchors in ``rgb``, uint8 (SIDE, SIDE, 3), in its pixels. Raises ModelError."""
        try:
            self._interpreter.set_tensor(self._in, (rgb.astype(np.float32) * np.float32(2 / 255) - 1)[None])
            self._interpreter.invoke()
            boxes = self._interpreter.get_tensor(self._boxes)[0]
            logits = self._interpreter.get_tensor(self._scores)[0, :, 0]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the face network failed on LiteRT: {error}") from error
        return decode(boxes, logits, self._anchors)

    def close(self) -> None:
        """Nothing to release before the object goes."""
