"""Motion between successive frames: optical flow at low resolution, stillness, and scene cuts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.core.opencv import NOTHING
from cyclorama.matting.downscale import downscaled_to
from cyclorama.matting.engine.warp import warped

FLOW_LONGEST = 160
"""Longer side of the flow grid; enough for a matte, which is smooth between its edges."""
FLOW_SHORTEST = 32
"""Shorter side of the flow grid at least: on a smaller one, DIS reads beyond the coarsest pyramid level."""
CUT_LEVELS = 30.0
"""Mean difference after motion compensation, in levels of brightness or chroma, from which on it is a scene cut."""
STILL_LEVELS = 2.0
"""Mean difference of a block, in levels of brightness or chroma, up to which it is still; averaged camera noise is
less."""
STILL_BLOCKS_WH = (16, 9)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Motion of one frame against the one before.

    ``flow``: float32 (h, w, 2) on the flow grid, from each cell to where its content was, in cells, x then y.
    ``cut``: the motion does not explain the change.
    """

    flow: F32
    cut: bool

    @property
    def speed(self) -> F32:
        """Float32 (h, w), in frame heights since the frame before."""
        return np.asarray(cv2.magnitude(*cv2.split(self.flow)), np.float32) * np.float32(1 / self.flow.shape[0])


class MotionEstimator:
    """Dense inverse search (DIS) optical flow (Kroeger et al. 2016) between successive frames."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._before: U8 | None = None
        self._now: U8 | None = None
        self._reference: U8 | None = None

    def see(self, pixels: U8) -> U8:
        """Take in the next frame: ``pixels``, BGR uint8 (H, W, 3), of the size of the frames before.

        Returns it on the flow grid, YCrCb uint8 (h, w, 3).
        """
        height, width = pixels.shape[:2]
        scale = min(1.0, FLOW_LONGEST / max(height, width))
        size_wh = max(FLOW_SHORTEST, round(width * scale)), max(FLOW_SHORTEST, round(height * scale))
        self._before = self._now
        self._now = np.asarray(cv2.cvtColor(downscaled_to(pixels, size_wh), cv2.COLOR_BGR2YCrCb), np.uint8)
        return self._now

    def estimate(self) -> Motion | None:
        """Motion from the frame before to the newest; None where there is no frame before."""
        now, before = self._now, self._before
        if now is None or before is None:
            return None
        luma, luma_before = (np.ascontiguousarray(cv2.extractChannel(each, 0)) for each in (now, before))
        flow = np.asarray(self._dis.calc(luma, luma_before, NOTHING), np.float32)
        return Motion(flow, _differ(now, before) and _differ(now, warped(before, flow)))

    def mark(self) -> None:
        """Make the newest frame the reference of ``is_still``."""
        self._reference = self._now

    def is_still(self) -> bool:
        """Whether the newest frame equals the reference, up to noise."""
        if self._now is None or self._reference is None:
            return False
        change = cv2.absdiff(self._now, self._reference)
        blocks = cv2.resize(change, STILL_BLOCKS_WH, interpolation=cv2.INTER_AREA)
        return float(blocks.max()) <= STILL_LEVELS

    def reset(self) -> None:
        """Forget the earlier frames."""
        self._before = self._now = self._reference = None


def _differ(one: U8, other: U8) -> bool:
    """Whether two pictures, YCrCb, show different scenes."""
    return max(cv2.mean(cv2.absdiff(one, other))[:3]) > CUT_LEVELS
