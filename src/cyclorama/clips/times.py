"""When the frames of a clip are shown: time base, rate, durations, and where the last frame ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

NO_TIMESTAMPS, TS_DISCONT = 0x80, 0x200
"""FFmpeg's AVFMT_NOTIMESTAMPS and AVFMT_TS_DISCONT."""
MOST_LATE = 8
"""Frames that do not come later than the one before them wait for one that does; no more than this, for memory."""

LEAST_FPS, MOST_FPS = Fraction(1, 3600), 1000
LONGEST_TICK_S = 60
"""Rates and units of time beyond these are of damaged headers, or a tick that was taken for a frame (raw DV)."""
LONGEST_S = 600
"""How much longer than its packet says the last frame may be shown; headers can be damaged."""


def rate_of(stream: VideoStream) -> Fraction | None:
    """Frames a second: the average of the file, else FFmpeg's guess; None where neither is known.

    A file without times, such as raw H.264, has no average but FFmpeg's constant; the guess is of its own header then.
    """
    rates = stream.average_rate, stream.guessed_rate
    known = [Fraction(fps) for fps in (rates[::-1] if has_no_times(stream) else rates) if fps]
    return next((fps for fps in known if LEAST_FPS <= fps <= MOST_FPS), None)


def has_no_times(stream: VideoStream) -> bool:
    """Whether the stream's format has no timestamps at all: frames follow each other at the codec's rate."""
    return bool(stream.container.format.flags & NO_TIMESTAMPS)


def may_restart(container: InputContainer) -> bool:
    """Whether the clock of the format may start anew inside a file; its length is an estimate then."""
    return bool(container.format.flags & TS_DISCONT)


def duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    """How long the stream lasts, else the container, in seconds; None where neither says."""
    if stream.duration and stream.time_base is not None and stream.time_base <= LONGEST_TICK_S:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def end_of(stream: VideoStream) -> Fraction | None:
    """Where the stream ends by its own header, in seconds of the file's clock; None where that is not known."""
    container = stream.container
    if stream.duration is None or not stream.time_base or not isinstance(container, InputContainer):
        return None
    return None if may_restart(container) else ((stream.start_time or 0) + stream.duration) * stream.time_base


def start_of(container: InputContainer) -> Fraction:
    """The time at which the earliest stream begins, in seconds; 0 where the file does not say."""
    return Fraction(container.start_time or 0, av.time_base)


def time_base_of(frame: VideoFrame) -> Fraction | None:
    """The unit of a frame's times in seconds; None where it has none, or one of a damaged header."""
    return frame.time_base if frame.time_base and frame.time_base <= LONGEST_TICK_S else None


def frame_duration(frame: VideoFrame) -> Fraction | None:
    """How long a frame is shown, as its packet says, in seconds; None where it does not."""
    time_base = time_base_of(frame)
    return frame.duration * time_base if frame.duration and time_base else None


class DecodingTimes:
    """The times of frames in AVI, which stores none of presentation: those of decoding, without the decoder's delay."""

    def __init__(self) -> None:
        self._before: list[int] = []
        self._delay: int | None = None

    def frames(self, packet: Packet[VideoStream], decoded: Iterable[VideoFrame]) -> Iterator[VideoFrame]:
        """Yield what was ``decoded`` on ``packet``, with the right time; None for the last ones, which the decoder
        gives none."""
        if self._delay is None and packet.dts is not None:
            self._before.append(packet.dts)
        for frame in decoded:
            if self._delay is None and frame.dts is not None:
                self._delay = self._delay_of(frame.dts)
            frame.pts = None if frame.dts is None else frame.dts - (self._delay or 0)
            yield frame

    def _delay_of(self, dts: int) -> int:
        """How long before ``dts`` the first frame was stored, in frames without a gap: empty ones may lie between."""
        packets = self._before.index(dts) if dts in self._before else 0
        return packets * min((later - one for one, later in pairwise(self._before) if later > one), default=0)


class ShownFrame(NamedTuple):
    """A frame, and from when to when it is shown, in seconds of the file's own clock."""

    start: Fraction
    end: Fraction
    frame: VideoFrame


class FrameClock:
    """The times of frames in the order in which they are shown.

    Some files, H.264 in AVI above all, have presentation times that are wrong. Whichever of both times ran back less
    often so far is taken, as FFmpeg's own best effort does.
    """

    def __init__(self) -> None:
        self._shown, self._decoded = _Ticks(), _Ticks()

    def time(self, frame: VideoFrame) -> Fraction | None:
        """When ``frame`` is shown, in seconds; None where it does not say. Call it once for each, in order."""
        self._shown.add(frame.pts)
        self._decoded.add(frame.dts)
        ticks = frame.pts if self._shown.faults <= self._decoded.faults else frame.dts
        time_base = time_base_of(frame)
        return None if ticks is None or time_base is None else ticks * time_base


class _Ticks:
    """How often one of a frame's times ran back."""

    def __init__(self) -> None:
        self.faults = 0
        self._last: int | None = None

    def add(self, ticks: int | None) -> None:
        if ticks is not None:
            self.faults += self._last is not None and ticks <= self._last
            self._last = ticks


def shown(
    frames: Iterable[VideoFrame], frame_s: Fraction, end: Callable[[], Fraction | None] = lambda: None
) -> Iterator[ShownFrame]:
    """Give each frame its time; each begins later than the one before it, and ends where the next one begins.

    ``frame_s``: how long a frame is shown that does not say. Frames without a time follow the one before; those that
    are not later than it are spread evenly up to the next that is. The last one is shown for its own duration, or up
    to ``end``, which is asked then, where that is later by ``LONGEST_S`` at most, or earlier: MP4 stores
    for how long a frame is the last one decoded.
    """
    before: ShownFrame | None = None
    for frame in _begun(frames, frame_s):
        if before is not None:
            yield before._replace(end=frame.start)
        before = frame
    if before is not None:
        end_s = end() or before.end
        least_s = before.start if frame_duration(before.frame) else before.end
        yield before._replace(end=end_s) if least_s < end_s <= before.end + LONGEST_S else before


def _begun(frames: Iterable[VideoFrame], frame_s: Fraction) -> Iterator[ShownFrame]:
    """Give each frame the time at which it begins, and for an end its own duration after that."""
    clock, others = FrameClock(), iter(frames)
    first = next(others, None)
    if first is None:
        return
    last = _lasting(clock.time(first) or Fraction(0), first, frame_s)
    yield last
    late: list[VideoFrame] = []
    for frame in others:
        start = clock.time(frame)
        if start is None and not late:
            start = last.end
        late.append(frame)
        if start is None or start <= last.start:
            if len(late) < MOST_LATE:
                continue
            start = last.start + len(late) * frame_s
        step = (start - last.start) / len(late)
        for spread in late:
            last = _lasting(last.start + step, spread, frame_s)
            yield last
        late.clear()
    for frame in late:
        last = _lasting(last.end, frame, frame_s)
        yield last


def _lasting(start: Fraction, frame: VideoFrame, frame_s: Fraction) -> ShownFrame:
    return ShownFrame(start, start + (frame_duration(frame) or frame_s), frame)


class TimedFrame(NamedTuple):
    """``ends_s``: when the frame's successor is due, in seconds after the clip's first frame."""

    ends_s: float
    frame: VideoFrame


def timed(frames: Iterable[VideoFrame], frame_s: float, origin_s: float | None = None) -> Iterator[TimedFrame]:
    """Pair each frame with its end: the start of the next one, or its own duration for the last.

    ``frame_s``: the duration of a frame that has none. ``origin_s``: the time of the clip's first frame, None where
    ``frames`` begin with it.
    """
    for start, end, frame in shown(frames, Fraction(frame_s)):
        origin_s = float(start) if origin_s is None else origin_s
        yield TimedFrame(float(end) - origin_s, frame)
