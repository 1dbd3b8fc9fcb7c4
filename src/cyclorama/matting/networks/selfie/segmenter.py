"""Port of a small segmentation network, and its two runtimes: LiteRT and OpenCV."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8, SizeWH
from cyclorama.matting.downscale import downscaled_to


class SegmentationNetwork(Protocol):
    """RGB in, person probability out. Used by one thread."""

    provider: str
    size_wh: SizeWH

    def run(self, rgb: F32) -> F32:
        """Infer ``rgb``, float32 (H, W, 3) in [0, 1] of ``size_wh``; float32 (H, W) in [0, 1]. Raises ModelError."""

    def close(self) -> None:
        """Release the network; a second call does nothing."""


def open_network(path: Path) -> SegmentationNetwork:
    """Load a network on LiteRT, or on OpenCV where LiteRT cannot be imported. Raises ModelError."""
    try:
        from cyclorama.matting.networks.selfie.litert import LiteRtNetwork
    except ImportError:
        from cyclorama.matting.networks.selfie.opencv import OpenCvNetwork

        return OpenCvNetwork(path)
    return LiteRtNetwork(path)


def network_input(bgr: U8, size_wh: SizeWH) -> F32:
    """``bgr``, uint8 (H, W, 3), as the network's input: RGB float32 of ``size_wh`` in [0, 1]."""
    rgb = cv2.cvtColor(downscaled_to(bgr, size_wh), cv2.COLOR_BGR2RGB)
    return np.multiply(rgb, np.float32(1 / 255), dtype=np.float32)
