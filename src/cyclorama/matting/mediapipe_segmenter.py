"""The same networks through MediaPipe's ``ImageSegmenter``, where LiteRT has no wheel: right, but slower."""

from __future__ import annotations

from pathlib import Path

import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from cyclorama.errors import ModelError
from cyclorama.frames import F32, SizeWH

SIZES_WH: dict[str, SizeWH] = {"selfie_wide.tflite": (256, 144), "selfie_square.tflite": (256, 256)}
"""The task object does not tell the input size of its network."""


class MediaPipeNetwork:
    """One network: RGB float32 in, person probability out. Used by one thread."""

    provider = "MediaPipe, CPU"

    def __init__(self, path: Path) -> None:
        """Load ``path``. Raises ModelError where it is no network of this kind."""
        self.size_wh = SIZES_WH[path.name]
        options = vision.ImageSegmenterOptions(
            base_options=BaseOptions(model_asset_buffer=path.read_bytes()),
            running_mode=vision.RunningMode.IMAGE,
            output_confidence_masks=True,
            output_category_mask=False,
        )
        try:
            self._segmenter = vision.ImageSegmenter.create_from_options(options)
        except (ValueError, RuntimeError, OSError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(
                f"the network {path.name} cannot be loaded ({reason}): the file is damaged, install cyclorama again"
            ) from error

    def run(self, rgb: F32) -> F32:
        """Infer ``rgb``, float32 (H, W, 3) in [0, 1] of ``size_wh``; float32 (H, W) in [0, 1]. Raises ModelError."""
        data = np.ascontiguousarray(np.rint(rgb * 255), np.uint8)
        try:
            result = self._segmenter.segment(mp.Image(image_format=mp.ImageFormat.SRGB, data=data))
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the network failed in MediaPipe: {error}") from error
        return np.array(result.confidence_masks[-1].numpy_view(), np.float32).reshape(rgb.shape[:2])

    def close(self) -> None:
        """Release the task; a second call does nothing."""
        self._segmenter.close()
