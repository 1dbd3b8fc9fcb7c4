"""Write pictures to a camera of PipeWire, whatever becomes of PipeWire meanwhile."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from fractions import Fraction

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.sinks.virtual_camera.pipewire.library import StreamState
from cyclorama.sinks.virtual_camera.pipewire.stream import TITLE, CameraStream

log = logging.getLogger(__name__)

AGAIN_S = 1.0
"""Between two tries to connect after PipeWire has gone."""


class PipeWireWriter:
    """The writing side, of one size and format until it is closed. Used by one thread; ``look`` by any."""

    device = f"{TITLE} (PipeWire)"
    how = "as PipeWire tells"
    """How ``look`` knows, for people to read."""

    def __init__(self, size_wh: SizeWH, fps: Fraction) -> None:
        """Make the camera; sides are even. Raises SinkError."""
        self._size_wh, self._fps = size_wh, fps
        self._stream: CameraStream | None = CameraStream(size_wh, fps)
        self._tried_s = 0.0
        self._away = False
        self._seq = 0

    def look(self) -> bool:
        """Whether a program takes the pictures now."""
        stream = self._stream
        return stream is not None and stream.state is StreamState.STREAMING

    def send(self, i420: U8) -> None:
        """Show I420 uint8 (H * 3/2, W) to whoever watches; while PipeWire is gone, to nobody."""
        if self._stream is None or self._stream.lost:
            self._reconnect()
        self._seq += 1
        if self._stream is not None:
            self._stream.show(i420, self._seq)
            if self._away and self._stream.state in (StreamState.PAUSED, StreamState.STREAMING):
                log.warning("PipeWire has the camera again: pick it in the call once more")
                self._away = False

    def close(self) -> None:
        """Remove the camera."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close()

    def _reconnect(self) -> None:
        now_s = time.monotonic()
        if self._stream is not None:
            self._tell_loss(self._stream)
            self.close()
        if now_s - self._tried_s < AGAIN_S:
            return
        self._tried_s = now_s
        with suppress(SinkError):  # it is not back yet; one that hangs must not delay the other cameras' pictures
            self._stream = CameraStream(self._size_wh, self._fps, waits=False)

    def _tell_loss(self, stream: CameraStream) -> None:
        if not self._away:
            why = "passes no more pictures on: the camera is made anew" if stream.stands else "has gone"
            log.warning("PipeWire %s", why)
        self._away = True
