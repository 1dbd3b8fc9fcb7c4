"""Where the part of a clip that is read begins and ends, and whether the file was cut short of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cyclorama.clips.whole import is_cut_short
from cyclorama.core.errors import CaptureError
from cyclorama.settings.values import WHOLE, Trim

TOLERANCE_S = 0.001
"""Files round their times, Matroska to whole milliseconds."""
SHORT_S = 1.0
"""How much earlier than its length a trimmed clip may end: lengths are not exact, and sound may last longer."""
SHORT_FRAMES = 2
"""How many frames' time earlier than its length a whole clip may begin its last one where it does not count them."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a file promises of itself, and the part ``trim`` of it that is read.

    ``frame_count``: of the whole file, 0 where it does not say. ``whole_s``: its length in seconds, None where it does
    not say; ``exact``: whether that is its own word and no guess. ``frame_s``: how long one frame usually lasts. Times
    are in seconds after the first frame.
    """

    path: Path
    frame_count: int
    whole_s: float | None
    trim: Trim = WHOLE
    exact: bool = True
    frame_s: float = 0.04

    @property
    def end_s(self) -> float:
        """Where reading ends; infinite where that is the file's end."""
        return math.inf if self.trim.end_s is None else self.trim.end_s

    def length_s(self) -> float | None:
        """How long the part lasts; None where the file does not say. Raises CaptureError where it is nothing."""
        if self.whole_s is None:
            return None
        if self.trim.start_s >= self.whole_s:
            if not self.exact:
                return None
            raise CaptureError(f"{self.path} is {self.whole_s:.1f} s long: nothing lies after {self.trim.start_s:g} s")
        return min(self.whole_s, self.end_s) - self.trim.start_s

    def count(self, length_s: float | None, fps: Fraction | None) -> int | None:
        """How many frames the part has, by the file's own count or by its rate; None where it says neither."""
        if self.frame_count and self.trim == WHOLE:
            return self.frame_count
        return round(length_s * fps) if length_s and fps else None

    def is_before(self, at_s: float, end_s: float) -> bool:
        """Whether a frame that is shown from ``at_s`` to ``end_s`` lies before the part.

        One that reaches into it counts where it began more than a frame before: a picture that stands for long.
        """
        start_s = self.trim.start_s
        reaches_in = end_s > start_s + TOLERANCE_S and at_s < start_s - self.frame_s - TOLERANCE_S
        return at_s < start_s - TOLERANCE_S and not reaches_in

    def is_behind(self, at_s: float) -> bool:
        """Whether a frame at ``at_s`` lies behind the part."""
        return at_s > self.end_s - TOLERANCE_S

    def check_end(self, frames: int, packets: int, at_s: float) -> None:
        """Raise CaptureError where the file ended before it should have.

        ``frames``: how many were given. ``packets``: how many were read. ``at_s``: the last frame's time.
        """
        short = 0 < packets < self.frame_count
        if self.trim != WHOLE or not self.frame_count:
            early_s = SHORT_S if self.trim != WHOLE else SHORT_FRAMES * self.frame_s
            short = self.exact and self.whole_s is not None and at_s + early_s < min(self.end_s, self.whole_s)
        if not short or not is_cut_short(self.path):
            return
        where = f"after {frames} of {self.frame_count} frames"
        if self.trim != WHOLE or not self.frame_count:
            where = f"at {at_s:.1f} s"
        raise CaptureError(f"{self.path} breaks off {where}: it was cut short; fetch it again")
