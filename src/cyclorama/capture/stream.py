"""A picture from the network: an RTSP camera, or video over HTTP, at a URL that the user gave.

Besides the download of models this is the one source that opens a connection, and only to that URL.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

from typing_extensions import override

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.capture.reader import Pictures, Reader
from cyclorama.clips.address import public_name
from cyclorama.clips.reader import ClipReader
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame, SizeWH

FIRST_PICTURE_S = 10.0


class StreamSource(Source):
    """A stream, read and decoded by a thread of its own; the newest picture wins.

    A stream has no end: when it stops, breaks off or falls silent, ``frames`` raises CaptureError. A file on a server
    (it has a duration) is played at its own rate; a live stream comes when it comes.
    """

    def __init__(self, url: str, *, clock: Clock | None = None) -> None:
        """Connect, and wait for the first picture. Raises CaptureError."""
        self._url = url
        self._clock = clock or SystemClock()
        self._name = public_name(url)
        self._info = SourceInfo(self._name, (0, 0), None, live=True)
        self._reader = Reader(self._name, self._pictures)
        self._reader.wait_first(FIRST_PICTURE_S)

    @property
    @override
    def info(self) -> SourceInfo:
        """What was opened."""
        return self._info

    @override
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the newest picture each time there is one."""
        return self._reader.frames(stop)

    @override
    def close(self) -> None:
        """Disconnect; a connection that is silent just now ends within two seconds."""
        self._reader.close()

    def _pictures(self, stop: threading.Event) -> Pictures:
        """Connect, decode and disconnect: all in the reader's thread."""
        # threads that work on several frames at once add as many frames of delay
        with ClipReader(self._url, threads="SLICE") as opened:
            yield from self._timed(opened, stop)
        raise CaptureError(f"{self._name} has ended")

    def _timed(self, opened: ClipReader, stop: threading.Event) -> Pictures:
        """The pictures as they arrive; those of a file on a server at its own rate."""
        converter = opened.converter()
        is_file = opened.duration_s is not None
        begin_ns: int | None = None
        for frame in opened.frames(stop=stop):
            now_ns = self._clock.now_ns()
            if begin_ns is None:
                self._info = self._described(opened, converter.upright_size(frame))
                begin_ns = now_ns - _time_ns(frame.time)
            if is_file and self._clock.wait_until(begin_ns + _time_ns(frame.time), stop):
                return
            yield converter.upright(frame), self._clock.now_ns()

    def _described(self, opened: ClipReader, size_wh: SizeWH) -> SourceInfo:
        rate = f" at {float(opened.fps):.4g} fps" if opened.fps else ""
        mode = f"{opened.codec} {size_wh[0]}x{size_wh[1]}{rate}"
        return SourceInfo(self._name, size_wh, opened.fps, live=True, mode=mode)


def _time_ns(time_s: float | None) -> int:
    return int((time_s or 0.0) * 1e9)
