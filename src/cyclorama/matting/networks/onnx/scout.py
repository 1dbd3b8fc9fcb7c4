"""Who came in where a network does not look: a bundled selfie network glances at the whole picture now and then."""

from __future__ import annotations

import math

import cv2
import numpy as np

from cyclorama.core.frames import Frame
from cyclorama.matting.networks.region import Box
from cyclorama.matting.networks.selfie.segmenter import open_network
from cyclorama.matting.networks.selfie.selfie import SQUARE, WIDE, WIDE_ASPECT, look
from cyclorama.models.bundled import bundled_path

EVERY_S = 0.13
"""Between two glances, two milliseconds each: every fourth frame of thirty a second."""
SURE = 0.3
"""Probability from which on there may be somebody: too much costs time, too little a person."""
LEAST_SHARE = 0.002
"""Of the picture, for somebody."""
EDGE = 2
"""Cells around the known person that are theirs too: this network's outlines are rough."""
SPECK = np.ones((3, 3), np.uint8)


class Scout:
    """Looks for others. Used by one thread."""

    def __init__(self) -> None:
        """Load the networks. Raises ModelError."""
        self._wide, self._square = open_network(bundled_path(WIDE)), open_network(bundled_path(SQUARE))
        self._time_s = -math.inf

    def others(self, frame: Frame, known: Box) -> Box | None:
        """The rectangle around what may be somebody outside ``known``, both in pixels of ``frame``.

        None: nobody, or it is not yet time to look again. Raises ModelError when the network fails.
        """
        if 0 <= frame.time_s - self._time_s < EVERY_S:
            return None
        self._time_s = frame.time_s
        width, height = frame.size_wh
        alpha = look(self._wide if width >= WIDE_ASPECT * height else self._square, frame.pixels)
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
        """Look at the next frame."""
        self._time_s = -math.inf

    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        self._wide.close()
        self._square.close()
