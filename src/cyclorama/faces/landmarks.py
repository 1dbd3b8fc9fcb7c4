"""The bundled face mesh network (Kartynnik et al. 2019): 468 points of one upright face.

It was trained on faces with level eyes that fill two thirds of the picture; on others its points drift.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import numpy as np

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8
from cyclorama.core.tflite import TfliteNetwork

NETWORK = "face_landmark.tflite"
SIDE = 192
"""Side of the network's input, in pixels."""
POINTS = 468
THREADS = 1


class Network(Protocol):
    """Port of a runtime for the network's file."""

    def run(self, rgb: F32) -> list[F32]:
        """Every output for ``rgb``, float32 (SIDE, SIDE, 3) in [0, 1]. Raises ModelError."""


class FaceLandmarks:
    """The face mesh: RGB in, points out. Used by one thread."""

    def __init__(self, path: Path) -> None:
        """Load ``path`` on LiteRT, or on OpenCV where LiteRT cannot be imported. Raises ModelError where it is no
        network of this kind."""
        self._network = _open(path)
        try:
            self.look(np.zeros((SIDE, SIDE, 3), np.uint8))
        except ModelError as error:
            raise ModelError(
                f"the network {path.name} cannot be loaded ({error}): it is not {NETWORK}, install cyclorama again"
            ) from error

    def look(self, rgb: U8) -> tuple[F32, float]:
        """The points in ``rgb``, uint8 (SIDE, SIDE, 3): float32 (POINTS, 3), and the logit of a face.

        x and y are pixels of ``rgb``; z has the same scale, is smallest at the tip of the nose, and zero lies inside
        the head. The logit is 15 or more for a well-framed face. Raises ModelError.
        """
        by_size = {output.size: output for output in self._network.run(rgb.astype(np.float32) * np.float32(1 / 255))}
        try:
            return by_size[3 * POINTS].reshape(POINTS, 3), float(by_size[1].item())
        except KeyError as error:
            raise ModelError("the face points network gives other outputs") from error


class LiteRtMesh:
    """The network on the LiteRT interpreter."""

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError, ImportError where LiteRT has no wheel."""
        from ai_edge_litert.interpreter import Interpreter

        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
            self._interpreter.allocate_tensors()
            self._in = self._interpreter.get_input_details()[0]["index"]
            self._outputs = [int(each["index"]) for each in self._interpreter.get_output_details()]
        except (ValueError, RuntimeError, OSError, IndexError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"the network {path.name} cannot be loaded ({reason}): the file is damaged, install cyclorama again"
            ) from error

    def run(self, rgb: F32) -> list[F32]:
        """Every output for ``rgb``, float32 (SIDE, SIDE, 3) in [0, 1]. Raises ModelError."""
        try:
            self._interpreter.set_tensor(self._in, rgb[None])
            self._interpreter.invoke()
            return [np.asarray(self._interpreter.get_tensor(index), np.float32) for index in self._outputs]
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the face points network failed on LiteRT: {error}") from error


def _open(path: Path) -> Network:
    try:
        return LiteRtMesh(path)
    except ImportError:
        return TfliteNetwork(path)
