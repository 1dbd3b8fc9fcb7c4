"""Detect people outside the inference window: a bundled selfie network sees the whole frame a few times a second."""

from __future__ import annotations

import math

import cv2
import numpy as np

from cyclorama.core.frames import Frame
from cyclorama.matting.networks.roi import Box
from cyclorama.matting.networks.selfie.looks import SQUARE, WIDE
from cyclorama.matting.networks.selfie.segmenter import open_network
from cyclorama.matting.networks.selfie.selfie import WIDE_ASPECT, infer
from cyclorama.models.bundled import bundled_path

EVERY_S = 0.13
"""Between two detections of two milliseconds each: every fourth frame at 30 fps."""
SURE = 0.3
"""Probability threshold: a false alarm costs inference time, a miss costs a person."""
LEAST_SHARE = 0.002
"""Share of the picture that a detection covers at least."""
EDGE = 2
"""Cells around the known person that are ignored too: this network's outlines are rough."""
SPECK = np.ones((3, 3), np.uint8)


class NewcomerDetector:
    """Detects people outside a known rectangle. Used by one thread."""

    def __init__(self) -> None:
        """Load the networks. Raises ModelError."""
        self._wide, self._square = open_network(bundled_path(WIDE)), open_network(bundled_path(SQUARE))
        self._time_s = -math.inf

    def others(self, frame: Frame, known: Box) -> Box | None:
        """The bounding box of people outside ``known``, both in pixels of ``frame``.

        None: nobody, or the next detection is not due yet. Raises ModelError when the network fails.
        """
        if 0 <= frame.time_s - self._time_s < EVERY_S:
            return None
        self._time_s = frame.time_s
        width, height = frame.size_wh
        alpha = infer(self._wide if width >= WIDE_ASPECT * height else self._square, frame.pixels)
        others = (alpha > np.float32(SURE)).view(np.uint8)
        sx, sy = width / alpha.shape[1], height / alpha.shape[0]
        rows = slice(max(0, math.floor(known.y0 / sy) - EDGE), math.ceil(known.y1 / sy) + EDGE)
        columns = slice(max(0, math.floor(known.x0 / sx) - EDGE), math.ceil(known.x1 / sx) + EDGE)
        others[rows, columns] = 0
        others = np.asarray(cv2.erode(others, SPECK, borderValue=1), np.uint8)
        if np.count_nonzero(others) < LEAST_SHARE * others.size:
            return None
        left, top, wide, high = cv2.boundingRect(others)
        return Box(left * sx, top * sy, (left + wide) * sx, (top + high) * sy)

    def reset(self) -> None:
        """Run on the next frame."""
        self._time_s = -math.inf

    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        self._wide.close()
        self._square.close()
