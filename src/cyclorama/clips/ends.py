"""Where the part of a clip that is read begins and ends, and whether the file was cut short of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from cyclorama.core.errors import CaptureError
from cyclorama.settings.values import WHOLE, Trim

TOLERANCE_S = 0.001
"""Files round their times, Matroska to whole milliseconds."""
SHORT_S = 1.0
"""How much earlier than its length a trimmed clip may end: lengths are not exact, and sound may last longer."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a file promises of itself, and the part ``trim`` of it that is read.

    ``name``: for messages. ``frame_count``: of the whole file, 0 where it does not say. ``whole_s``: its length in
    seconds, None where it does not say. Times are in seconds after the first frame.
    """

    name: str
    frame_count: int
    whole_s: float | None
    trim: Trim = WHOLE

    @property
    def end_s(self) -> float:
        """Where reading ends; infinite where that is the file's end."""
        return math.inf if self.trim.end_s is None else self.trim.end_s

    def length_s(self) -> float | None:
        """How long the part lasts; None where the file does not say. Raises CaptureError where it is nothing."""
        if self.whole_s is None:
            return None
        if self.trim.start_s >= self.whole_s:
            raise CaptureError(f"{self.name} is {self.whole_s:.1f} s long: nothing lies after {self.trim.start_s:g} s")
        return min(self.whole_s, self.end_s) - self.trim.start_s

    def count(self, length_s: float | None, fps: Fraction | None) -> int | None:
        """How many frames the part has, by the file's own count or by its rate; None where it says neither."""
        if self.frame_count and self.trim == WHOLE:
            return self.frame_count
        return round(length_s * fps) if length_s and fps else None

    def is_before(self, at_s: float) -> bool:
        """Whether a frame at ``at_s`` lies before the part."""
        return at_s < self.trim.start_s - TOLERANCE_S

    def is_behind(self, at_s: float) -> bool:
        """Whether a frame at ``at_s`` lies behind the part."""
        return at_s > self.end_s - TOLERANCE_S

    def check_end(self, frames: int, packets: int, at_s: float) -> None:
        """Raise CaptureError where the file ended before it should have.

        ``frames``: how many were given. ``packets``: how many were read. ``at_s``: the last frame's time.
        """
        if self.trim == WHOLE:
            if 0 < packets < self.frame_count:
                raise CaptureError(
                    f"{self.name} breaks off after {frames} of {self.frame_count} frames: it was cut short; "
                    "fetch it again"
                )
        elif self.whole_s is not None and at_s + SHORT_S < min(self.end_s, self.whole_s):
            raise CaptureError(f"{self.name} breaks off at {at_s:.1f} s: it was cut short; fetch it again")
