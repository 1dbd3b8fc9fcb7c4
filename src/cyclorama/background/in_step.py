"""A clip behind another one, both played from the same moment on."""

from __future__ import annotations

import logging

import av
import av.error
from typing_extensions import override

from cyclorama.background.video import Video
from cyclorama.core.frames import U8, SizeWH

log = logging.getLogger(__name__)

FAR_S = 5.0
"""What lies further ahead is sought, not decoded up to."""


class InStep(Video):
    """Shows at every time of the clip in front what it has at that time itself; its last frame stays."""

    _begin_s = 0.0

    @override
    def begin(self, time_s: float) -> None:
        """The clip in front begins at ``time_s``."""
        self._begin_s = time_s

    @override
    def card(self, size_wh: SizeWH, time_s: float) -> U8:
        """The frame at ``time_s``, cut to ``size_wh``."""
        ahead_s = time_s - self._begin_s - self._position_s
        if self._moves and ahead_s > FAR_S:
            self._skip_to(time_s - self._begin_s)
        if self._moves and ahead_s > 0:
            self._advance(ahead_s)
        return self._picture(size_wh)

    def _skip_to(self, time_s: float) -> None:
        """Go on decoding shortly before ``time_s``; from the beginning where the file cannot be sought in."""
        for from_s in (time_s, 0.0):
            try:
                self._frames = self._decode(from_s)
                first = next(self._frames, None)
            except (av.error.FFmpegError, OSError, ValueError) as error:
                log.debug("background %s, from %.1f s on: %s", self._path, from_s, error)
                continue
            # transport streams are sought by time alone, and what can be decoded may begin too late
            if first is not None and (from_s == 0 or (first[1].time or 0.0) - self._origin_s <= time_s):
                self._ends_s, self._shown = first
                self._ahead = self._next()
                return
        log.warning("background %s cannot be read any more: its last frame stays", self._path)
        self.close()

    @override
    def _at_end(self) -> None:
        """Stay on the last frame."""
        self.close()
