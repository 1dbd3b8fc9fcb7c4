"""When the frames of a clip are shown: time base, rate, durations, and where the last frame ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream


def rate_of(stream: VideoStream) -> Fraction | None:
    """Frames a second: the average of the file, else FFmpeg's guess; None where neither is known."""
    fps = stream.average_rate or stream.guessed_rate
    return Fraction(fps) if fps else None


def duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    """How long the stream lasts, else the container, in seconds; None where neither says."""
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return None if container.duration is None else container.duration / av.time_base


def start_of(container: InputContainer) -> Fraction:
    """The time at which the earliest stream begins, in seconds; 0 where the file does not say."""
    return Fraction(container.start_time or 0, av.time_base)


def frame_duration_s(frame: VideoFrame) -> float | None:
    """How long a frame is shown, as its packet says, in seconds; None where it does not."""
    return float(frame.duration * frame.time_base) if frame.duration and frame.time_base else None


class TimedFrame(NamedTuple):
    """``ends_s``: when the frame's successor is due, in seconds after the clip's first frame."""

    ends_s: float
    frame: VideoFrame


def timed(frames: Iterable[VideoFrame], frame_s: float, origin_s: float | None = None) -> Iterator[TimedFrame]:
    """Pair each frame with its end: the start of the next one, or its own duration for the last.

    ``frame_s``: the duration of a frame that has none. ``origin_s``: the time of the clip's first frame, None where
    ``frames`` begin with it.
    """
    before: VideoFrame | None = None
    ends_s = 0.0
    for frame in frames:
        if origin_s is None:
            origin_s = frame.time or 0.0
        start_s = ends_s if frame.time is None else frame.time - origin_s
        if before is not None:
            yield TimedFrame(max(start_s, ends_s - frame_s + 1e-6), before)
        ends_s = start_s + (frame_duration_s(frame) or frame_s)
        before = frame
    if before is not None:
        yield TimedFrame(ends_s, before)
