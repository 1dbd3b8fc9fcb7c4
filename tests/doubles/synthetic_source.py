"""A moving figure whose alpha is known: for tests and benchmarks, with no file and no device."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from typing_extensions import override

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.frames import F32, U8, Frame, SizeWH

WALL = np.array([[90, 140, 60], [60, 110, 40]], np.uint8)
FIGURE = np.array([80, 100, 200], np.float32)


class SyntheticSource(Source):
    """``count`` frames of a figure that sways before a chequered wall; played at its rate where ``live``."""

    def __init__(
        self,
        size_wh: SizeWH = (320, 180),
        fps: int = 30,
        count: int = 60,
        *,
        live: bool = False,
        clock: Clock | None = None,
    ) -> None:
        self._size_wh = size_wh
        self._count = count
        self._clock = clock or SystemClock()
        self._info = SourceInfo("synthetic", size_wh, Fraction(fps), live, frame_count=count, duration_s=count / fps)
        rows, columns = np.indices((size_wh[1], size_wh[0]))
        self._rows, self._columns = rows / size_wh[1], columns / size_wh[1]
        square = max(2, size_wh[1] // 12)
        checks = ((rows // square + columns // square) % 2).astype(bool)
        self._wall = np.where(checks[..., None], WALL[0], WALL[1]).astype(np.uint8)

    @property
    @override
    def info(self) -> SourceInfo:
        """What was opened."""
        return self._info

    @override
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the frames; those of a clip carry their times."""
        assert self.info.fps is not None
        start_ns = self._clock.now_ns()
        for seq in range(self._count):
            if stop.is_set():
                return
            if self.info.live:
                if self._clock.wait_until(start_ns + int(seq * 1_000_000_000 / self.info.fps), stop):
                    return
                yield Frame(self.picture(seq), seq, self._clock.now_ns())
            else:
                yield Frame(self.picture(seq), seq, self._clock.now_ns(), pts=seq, time_base=1 / self.info.fps)

    def alpha(self, seq: int) -> F32:
        """The true alpha of frame ``seq``: float32 (H, W), a head on shoulders with an edge two pixels soft."""
        width, height = self._size_wh
        centre = width / height / 2 + 0.15 * math.sin(seq / 15)
        head = np.hypot((self._columns - centre) / 0.14, (self._rows - 0.36) / 0.19)
        body = np.hypot((self._columns - centre) / 0.34, (self._rows - 1.05) / 0.52)
        outside = (np.minimum(head, body) - 1) * 0.2 * height
        return np.clip(0.5 - outside / 2, 0, 1).astype(np.float32)

    def picture(self, seq: int) -> U8:
        """Frame ``seq``: BGR uint8."""
        alpha = self.alpha(seq)[..., None]
        return np.asarray(np.rint(self._wall * (1 - alpha) + FIGURE * alpha), np.uint8)

    @override
    def close(self) -> None:
        """Nothing to release."""
