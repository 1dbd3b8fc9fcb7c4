"""The bundled face mesh network (Kartynnik et al. 2019) on the LiteRT interpreter: 468 points of one upright face.

It has been shown faces whose eyes are level and that fill two thirds of the picture; elsewhere its points wander.
MediaPipe's own task refuses this file, so there is no second way where LiteRT has no wheel.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from cyclorama.errors import ModelError
from cyclorama.frames import F32, U8

NETWORK = "face_landmark.tflite"
SIDE = 192
"""Of the picture that the network takes, in pixels."""
POINTS = 468
THREADS = 1


class FaceLandmarks:
    """RGB in, points out. Used by one thread."""

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError where it is no network of this kind, or LiteRT is missing."""
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise ModelError(
                "points of a face need LiteRT, which has no package for this machine: use Linux, Windows on x86-64, or "
                "a Mac with an Apple processor"
            ) from error
        try:
            self._interpreter = Interpreter(model_path=str(path), num_threads=THREADS)
            self._interpreter.allocate_tensors()
            self._in = self._interpreter.get_input_details()[0]["index"]
            out = {int(np.prod(each["shape"])): each["index"] for each in self._interpreter.get_output_details()}
            self._points, self._score = out[3 * POINTS], out[1]
        except (ValueError, RuntimeError, OSError, KeyError, IndexError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise ModelError(
                f"the network {path.name} cannot be loaded ({reason}): the file is damaged, install cyclorama again"
            ) from error

    def look(self, rgb: U8) -> tuple[F32, float]:
        """The points in ``rgb``, uint8 (SIDE, SIDE, 3): float32 (POINTS, 3), and how sure it is of a face.

        x and y are pixels of ``rgb``; depth has the same scale, is least at the tip of the nose, and zero lies within
        the head. The certainty is a logit: 15 and more where the face fills the picture as it should. Raises
        ModelError.
        """
        try:
            self._interpreter.set_tensor(self._in, (rgb.astype(np.float32) * np.float32(1 / 255))[None])
            self._interpreter.invoke()
            points = self._interpreter.get_tensor(self._points).reshape(POINTS, 3)
            score = float(self._interpreter.get_tensor(self._score).item())
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the face points network failed on LiteRT: {error}") from error
        return np.asarray(points, np.float32), score
