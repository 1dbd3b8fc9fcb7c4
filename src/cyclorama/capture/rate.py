"""Resample the frames of a clip to a constant rate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from cyclorama.core.frames import Frame

TICKS = 512
"""Time base units between two frames at an integer rate: the precision to which the first frame's time is kept."""


def at_rate(frames: Iterable[Frame], fps: Fraction) -> Iterator[Frame]:
    """Drop or repeat ``frames`` of a file to get ``fps`` frames a second; the first keeps its own time.

    Each source frame is shown from the output time nearest to its own; the last one for its own duration, else for as
    long as the one before it.
    """
    time_base = Fraction(1, fps.numerator * TICKS)
    beat = 0
    shown: Frame | None = None
    origin = before = Fraction(0)
    gap = 1 / fps

    def until(due: int) -> Iterator[Frame]:
        nonlocal beat
        while shown is not None and beat < due:
            pts = round(origin / time_base) + beat * fps.denominator * TICKS
            yield replace(shown, seq=beat, pts=pts, time_base=time_base, duration=fps.denominator * TICKS)
            beat += 1

    for frame in frames:
        if frame.pts is None or frame.time_base is None:
            raise ValueError("a frame without a time cannot be brought to a rate")
        now = frame.pts * frame.time_base
        if shown is None:
            origin = now
        else:
            gap = now - before
            yield from until(_beat(now - origin, fps))
        shown, before = frame, now
        if frame.duration:
            gap = frame.duration * frame.time_base
    yield from until(max(1, _beat(before + gap - origin, fps)))


def _beat(time: Fraction, fps: Fraction) -> int:
    return math.floor(time * fps + Fraction(1, 2))
