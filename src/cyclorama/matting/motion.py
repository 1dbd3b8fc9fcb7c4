"""How the picture moved since the frame before: optical flow at small size, and how far it can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from cyclorama.frames import F32, U8, SizeWH
from cyclorama.opencv import NOTHING

FLOW_LONGEST = 160
"""Longer side of the picture that flow is searched in; enough for a matte, which is smooth between its edges."""
FLOW_SHORTEST = 32
"""Its shorter side at least: a quarter of less is smaller than a patch of the search, which then reads beyond it."""
TRUST_LEVELS = 8.0
"""Grey levels of difference after motion compensation at which trust falls to 1/e."""
TRUST = np.exp(-np.square(np.arange(256, dtype=np.float32) / TRUST_LEVELS))
"""For each level of difference."""
CUT_LEVELS = 30.0
"""Mean grey levels of difference after motion compensation that no motion explains: another scene."""
LOST_TRUST = math.exp(-1)
"""Where trust is lower, what is moved along with the picture may be somebody who is there no more."""
STILL_LEVELS = 2.0
"""Mean grey levels by which no block of a still picture differs; camera noise, averaged at this size, stays below."""
STILL_BLOCKS_WH = (16, 9)


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Of one frame against the one before.

    All at the small size of the flow, (h, w). ``flow``: float32 (h, w, 2), from each cell to where its content was, in
    cells, x then y. ``trust``: float32 in [0, 1], 1 where the moved old picture looks like the new one. ``speed``:
    float32, in picture heights since the frame before. ``cut``: no motion explains the change.
    """

    flow: F32
    trust: F32
    speed: F32
    cut: bool

    def carry(self, alpha: F32) -> F32:
        """``alpha``, float32 of any size, of the frame before, moved along with the picture."""
        (height, width), (flow_height, flow_width) = alpha.shape, self.flow.shape[:2]
        scaled = cv2.multiply(self.flow, (width / flow_width, height / flow_height, 0, 0))
        source = np.asarray(cv2.resize(scaled, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        source += _grid((width, height))
        moved = cv2.remap(alpha, source, NOTHING, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.float32)

    def lost(self, alpha: F32) -> float:
        """The share, 0 to 1, of ``carry(alpha)`` that lies where the moved old picture does not look like the new."""
        size_wh = self.trust.shape[1], self.trust.shape[0]
        moved = self.carry(np.asarray(cv2.resize(alpha, size_wh, interpolation=cv2.INTER_LINEAR), np.float32))
        return float(moved[self.trust < np.float32(LOST_TRUST)].sum()) / max(1.0, float(moved.sum()))


class MotionEstimator:
    """Dense inverse search flow (Kroeger et al. 2016) between successive frames."""

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._before: U8 | None = None
        self._now: U8 | None = None
        self._reference: U8 | None = None

    def see(self, small: U8) -> None:
        """Take in the next frame: ``small``, BGR uint8 (h, w, 3), of the size of the frames before."""
        height, width = small.shape[:2]
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
        scale = min(1.0, FLOW_LONGEST / max(height, width))
        size_wh = max(FLOW_SHORTEST, round(width * scale)), max(FLOW_SHORTEST, round(height * scale))
        self._before = self._now
        self._now = np.asarray(cv2.resize(grey, size_wh, interpolation=cv2.INTER_LINEAR), np.uint8)

    def estimate(self) -> Motion | None:
        """Motion from the frame before to the newest; None where there is no frame before."""
        now, before = self._now, self._before
        if now is None or before is None:
            return None
        size_wh = now.shape[1], now.shape[0]
        flow = np.asarray(self._dis.calc(now, before, NOTHING), np.float32)
        source = flow + _grid(size_wh)
        moved = cv2.remap(before, source, NOTHING, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        error = cv2.blur(cv2.absdiff(now, moved), (5, 5))
        trust = np.asarray(cv2.LUT(error, TRUST), np.float32)
        speed = np.asarray(cv2.magnitude(flow[..., 0], flow[..., 1]), np.float32)
        speed *= 1 / size_wh[1]
        return Motion(flow, trust, speed, cv2.mean(error)[0] > CUT_LEVELS)

    def mark(self) -> None:
        """Remember the newest frame as the one that ``is_still`` compares with."""
        self._reference = self._now

    def is_still(self) -> bool:
        """Whether the newest frame shows the same as the marked one, but for noise."""
        if self._now is None or self._reference is None:
            return False
        change = cv2.absdiff(self._now, self._reference)
        blocks = cv2.resize(change, STILL_BLOCKS_WH, interpolation=cv2.INTER_AREA)
        return float(blocks.max()) <= STILL_LEVELS

    def reset(self) -> None:
        """Forget the earlier frames."""
        self._before = self._now = self._reference = None


@lru_cache(maxsize=8)
def _grid(size_wh: SizeWH) -> F32:
    """For each cell its own place (x, y); not to be written to."""
    columns, rows = np.meshgrid(np.arange(size_wh[0], dtype=np.float32), np.arange(size_wh[1], dtype=np.float32))
    return np.dstack([columns, rows])
