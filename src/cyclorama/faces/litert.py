"""The bundled short-range face network (BlazeFace, Bazarevsky et al. 2019) on the LiteRT interpreter.

It is a single-shot detector: each of 896 anchors, points on two grids over the picture, says how likely a face is there
and where its box lies relative to the point. The grids are 16x16 with two anchors to a cell and 8x8 with six.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from cyclorama.errors import ModelError
from cyclorama.faces.base import MIN_SCORE, SIDE, Face
from cyclorama.frames import F32, U8

GRIDS = ((16, 2), (8, 6))
"""Cells a side, and anchors in each, in the order of the network's output."""
THREADS = 1


class LiteRtFaces:
    """RGB in, faces out. Used by one thread."""

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
        """Every anchor that sees a face in ``rgb``, uint8 (SIDE, SIDE, 3); in its pixels. Raises ModelError."""
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


def anchors() -> F32:
    """The anchors' points, float32 (896, 2), x and y in pixels: the middle of each cell."""
    points = []
    for cells, each in GRIDS:
        middles = (np.arange(cells, dtype=np.float32) + 0.5) * (SIDE / cells)
        x, y = np.meshgrid(middles, middles)
        points.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), each, axis=0))
    return np.concatenate(points).astype(np.float32)


def decode(boxes: F32, logits: F32, points: F32) -> list[Face]:
    """Faces from the network's output: ``boxes`` (n, 16), of which the first four are the centre's offset from the
    anchor, width and height, in pixels; ``logits`` (n,); ``points`` (n, 2)."""
    certain = np.flatnonzero(logits > np.log(MIN_SCORE / (1 - MIN_SCORE)))
    faces = []
    for index in certain:
        x, y = points[index] + boxes[index, :2]
        side = float(boxes[index, 2:4].mean())
        score = 1 / (1 + np.exp(-min(float(logits[index]), 80.0)))
        faces.append(Face(float(x), float(y), side, float(score)))
    return faces
