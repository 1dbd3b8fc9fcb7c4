"""The same network through MediaPipe's ``FaceDetector``, where LiteRT has no wheel: right, but slower."""

from __future__ import annotations

from pathlib import Path

import mediapipe as mp
from mediapipe.tasks.python import BaseOptions, vision

from cyclorama.errors import ModelError
from cyclorama.faces.base import MIN_SCORE, Face
from cyclorama.frames import U8


class MediaPipeFaces:
    """RGB in, faces out. Used by one thread."""

    provider = "MediaPipe, CPU"

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError where it is no network of this kind."""
        options = vision.FaceDetectorOptions(
            base_options=BaseOptions(model_asset_buffer=path.read_bytes()),
            running_mode=vision.RunningMode.IMAGE,
            min_detection_confidence=MIN_SCORE,
        )
        try:
            self._detector = vision.FaceDetector.create_from_options(options)
        except (ValueError, RuntimeError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(
                f"the network {path.name} cannot be loaded ({reason}): the file is damaged, install cyclorama again"
            ) from error

    def find(self, rgb: U8) -> list[Face]:
        """Every face in ``rgb``, uint8 (SIDE, SIDE, 3), in its pixels. Raises ModelError."""
        try:
            found = self._detector.detect(mp.Image(image_format=mp.ImageFormat.SRGB, data=rgb)).detections
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the face network failed in MediaPipe: {error}") from error
        faces = []
        for each in found:
            box = each.bounding_box
            x, y = box.origin_x + box.width / 2, box.origin_y + box.height / 2
            faces.append(Face(x, y, (box.width + box.height) / 2, float(each.categories[0].score)))
        return faces

    def close(self) -> None:
        """Release the task; a second call does nothing."""
        self._detector.close()
