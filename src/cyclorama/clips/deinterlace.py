"""Interlaced frames to progressive ones, one for one, by FFmpeg's filter ``bwdif``."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction

import av
from av.filter import Graph
from av.video.frame import VideoFrame

from cyclorama.core.errors import CaptureError

TICK = Fraction(1, 1000)
BWDIF = "mode=send_frame:parity=auto:deint=interlaced"
"""Frames that are not marked as interlaced pass as they are."""
Timing = tuple[int | None, Fraction | None, int]
"""``pts``, ``time_base`` and ``duration`` of a frame."""


def deinterlaced(frames: Iterable[VideoFrame], on_found: Callable[[], None]) -> Iterator[VideoFrame]:
    """``frames`` without fields, with their times; ``on_found`` is called for each stretch that has some.

    Until the first interlaced frame nothing is held back; from then on one frame is. Raises what ``frames`` raises,
    after the frames before that.
    """
    fields: _Fields | None = None
    try:
        for frame in frames:
            if fields is not None and not fields.fits(frame):
                yield from fields.finish()
                fields = None
            if fields is None and frame.interlaced_frame:
                on_found()
                fields = _Fields(frame)
            if fields is None:
                yield frame
            else:
                yield from fields.push(frame)
    except CaptureError:
        if fields is not None:
            yield from fields.finish()
        raise
    if fields is not None:
        yield from fields.finish()


class _Fields:
    """The filter for frames of one size and pixel format."""

    def __init__(self, frame: VideoFrame) -> None:
        self._shape = self._shape_of(frame)
        self._timings: deque[Timing] = deque()
        self._count = 0
        self._graph = Graph()
        source = self._graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=TICK)
        self._graph.link_nodes(source, self._graph.add("bwdif", BWDIF), self._graph.add("buffersink")).configure()

    def fits(self, frame: VideoFrame) -> bool:
        """Whether ``frame`` is of the filter's size and format."""
        return self._shape_of(frame) == self._shape

    def push(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """The frames that are ready once ``frame`` is known."""
        self._timings.append((frame.pts, frame.time_base, frame.duration))
        # times of its own: those of the file may be missing, or run backwards
        frame.pts, frame.time_base = self._count, TICK
        self._count += 1
        self._graph.vpush(frame)
        yield from self._ready()

    def finish(self) -> Iterator[VideoFrame]:
        """The frames that are left."""
        self._graph.vpush(None)
        yield from self._ready()

    def _ready(self) -> Iterator[VideoFrame]:
        while True:
            try:
                frame = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            frame.pts, frame.time_base, frame.duration = self._timings.popleft()
            yield frame

    @staticmethod
    def _shape_of(frame: VideoFrame) -> tuple[int, int, str]:
        return frame.width, frame.height, frame.format.name
