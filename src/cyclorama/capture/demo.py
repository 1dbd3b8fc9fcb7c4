"""The bundled portrait with simulated hand-held camera motion: a source for machines without a camera."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np
from typing_extensions import override

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import U8, Frame, SizeWH
from cyclorama.models.bundled import bundled_path
from cyclorama.pictures.decode import load_picture

CENTRE_XY = (250.0, 138.0)
"""Where the camera points, in pixels of the portrait: head and shoulders."""
VIEW_H = 250.0
"""Lines of the portrait that fill the frame's height; the width follows, up to the portrait's."""
MASTER_SCALE = 2.5
"""The portrait is enlarged once with a good filter; each frame is then a cheap bilinear crop of it."""

# Hand-held motion: amplitude and (hertz, phase) of sums of sines that do not repeat within minutes.
SWAY_X = (6.0, ((0.31, 0.0), (0.83, 1.3), (1.71, 2.1)))
SWAY_Y = (4.0, ((0.27, 0.7), (0.91, 2.9), (1.57, 0.4)))
ROLL_DEG = (0.8, ((0.23, 1.1), (0.67, 0.2)))
ZOOM = (0.025, ((0.13, 0.5), (0.41, 1.9)))
EXPOSURE = (0.03, ((0.17, 0.3), (0.53, 2.2)))
Motion = tuple[float, tuple[tuple[float, float], ...]]


class DemoSource(Source):
    """The same frames every time. Live it never ends and keeps its rate; otherwise it is a clip of ``duration_s``."""

    def __init__(
        self,
        size_wh: SizeWH = (1280, 720),
        fps: float = 30.0,
        *,
        live: bool,
        duration_s: float = 5.0,
        clock: Clock | None = None,
    ) -> None:
        self._size_wh = size_wh
        self._fps = Fraction(fps).limit_denominator(1001)
        self._live = live
        self._count = round(duration_s * self._fps)
        self._clock = clock or SystemClock()
        try:
            portrait = load_picture(bundled_path("portrait.png"), what="the bundled portrait")
        except SettingsError as error:
            raise CaptureError(f"{error}: install cyclorama again") from error
        size = (round(portrait.shape[1] * MASTER_SCALE), round(portrait.shape[0] * MASTER_SCALE))
        self._master = cv2.resize(portrait, size, interpolation=cv2.INTER_LANCZOS4)
        self._portrait_w = float(portrait.shape[1])
        self._info = SourceInfo(
            "demo",
            size_wh,
            self._fps,
            live,
            mode=f"demo {size_wh[0]}x{size_wh[1]} at {float(self._fps):g} fps",
            frame_count=None if live else self._count,
            duration_s=None if live else duration_s,
        )

    @property
    @override
    def info(self) -> SourceInfo:
        """What was opened."""
        return self._info

    @override
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the frames, each at its time where live."""
        start_ns = self._clock.now_ns()
        seq = 0
        while not stop.is_set() and (self._live or seq < self._count):
            pixels = self.view(float(seq / self._fps))
            if not self._live:
                yield Frame(pixels, seq, self._clock.now_ns(), pts=seq, time_base=1 / self._fps)
            elif self._clock.wait_until(start_ns + int(seq * 1_000_000_000 / self._fps), stop):
                return
            else:
                yield Frame(pixels, seq, self._clock.now_ns())
            seq += 1

    def view(self, time_s: float) -> U8:
        """What the camera sees at ``time_s``: BGR uint8."""
        width, height = self._size_wh
        zoom = 1.0 + _motion(ZOOM, time_s)
        view_h = min(VIEW_H, self._portrait_w * 0.95 * height / width)
        scale = height / (view_h * MASTER_SCALE) * zoom
        turn = math.radians(_motion(ROLL_DEG, time_s))
        x = (CENTRE_XY[0] + _motion(SWAY_X, time_s)) * MASTER_SCALE
        y = (CENTRE_XY[1] + _motion(SWAY_Y, time_s)) * MASTER_SCALE
        cos, sin = scale * math.cos(turn), scale * math.sin(turn)
        matrix = np.array(
            [[cos, -sin, width / 2 - cos * x + sin * y], [sin, cos, height / 2 - sin * x - cos * y]], np.float64
        )
        view = cv2.warpAffine(
            self._master, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        return np.asarray(cv2.convertScaleAbs(view, alpha=1.0 + _motion(EXPOSURE, time_s)), np.uint8)

    @override
    def close(self) -> None:
        """Nothing to release."""


def _motion(motion: Motion, time_s: float) -> float:
    amplitude, waves = motion
    total = sum(math.sin(math.tau * hertz * time_s + phase) / (1 + i) for i, (hertz, phase) in enumerate(waves))
    return amplitude * total
