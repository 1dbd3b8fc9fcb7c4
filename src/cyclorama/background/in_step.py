"""A background clip that plays in sync with the clip in front."""

from __future__ import annotations

from typing_extensions import override

from cyclorama.background.video import Video
from cyclorama.core.frames import U8, SizeWH

FAR_S = 5.0
"""A longer jump ahead is a seek; a shorter one decodes the frames in between."""


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
            self._restart(time_s - self._begin_s)
        if self._moves and ahead_s > 0:
            self._advance(ahead_s)
        return self._picture(size_wh)

    @override
    def _at_end(self) -> None:
        """Stay on the last frame."""
        self.close()
