"""A picture from the network: an RTSP camera, or video over HTTP, whose address the user has given.

Besides the download of models this is the one place that opens a connection, and only to that address. Addresses
often hold passwords, in front of the host or behind it: messages name scheme and host alone.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator
from fractions import Fraction
from urllib.parse import urlsplit

import av
from av.container import InputContainer
from av.video.stream import VideoStream
from typing_extensions import override

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.capture.clip import Picture
from cyclorama.capture.reader import Pictures, Reader
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame, SizeWH

OPEN_S = 5.0
READ_S = 1.8
"""A connection that is silent for this long is lost: a little less than what counts as a stall."""
FIRST_PICTURE_S = 10.0
OPTIONS = {
    "rtsp_transport": "tcp",  # over UDP, lost packets are torn pictures, and firewalls let nothing in
    "analyzeduration": "1000000",  # microseconds
}
"""Nothing for low latency: what FFmpeg has stored while it looked at the stream is decoded at once, and the newest
picture wins. With ``nobuffer`` it would be thrown away, and the first picture come with the next key frame only."""


class StreamSource(Source):
    """A stream, read and decoded by a thread of its own; the newest picture wins.

    A stream has no end: when it stops, breaks or falls silent, ``frames`` raises CaptureError. A file on a server
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
        """Hang up; a connection that is silent just now ends within two seconds."""
        self._reader.close()

    def _pictures(self, stop: threading.Event) -> Pictures:
        """Connect, decode and hang up: all in the reader's thread."""
        try:
            with av.open(
                self._url, options=dict(OPTIONS), timeout=(OPEN_S, READ_S), metadata_errors="ignore"
            ) as opened:
                yield from self._decoded(opened, stop)
        except CaptureError:
            raise
        except (av.FFmpegError, OSError, ValueError) as error:
            # Not chained: FFmpeg's error holds the whole address.
            raise CaptureError(f"{self._name} cannot be read: {_reason(error)}") from None
        raise CaptureError(f"{self._name} has ended")

    def _decoded(self, container: InputContainer, stop: threading.Event) -> Pictures:
        if not container.streams.video:
            raise CaptureError(f"{self._name} holds no video: it has sound or data only")
        stream = container.streams.video[0]
        stream.thread_type = "SLICE"  # threads that work on several frames at once add as many frames of delay
        picture = Picture()
        begin_ns: int | None = None
        for packet in container.demux(stream):
            if stop.is_set():
                return
            try:
                decoded = packet.decode()
            except (av.FFmpegError, ValueError):
                continue  # a stream that is joined midway begins with packets that cannot be decoded
            for frame in decoded:
                now_ns = self._clock.now_ns()
                if begin_ns is None:
                    self._info = self._described(stream, picture.size_wh(frame))
                    begin_ns = now_ns - _time_ns(frame.time)
                if container.duration is not None and self._clock.wait_until(begin_ns + _time_ns(frame.time), stop):
                    return
                yield picture.bgr(frame), self._clock.now_ns()

    def _described(self, stream: VideoStream, size_wh: SizeWH) -> SourceInfo:
        fps = stream.average_rate or stream.guessed_rate
        rate = f" at {float(fps):.4g} fps" if fps else ""
        mode = f"{stream.codec_context.name} {size_wh[0]}x{size_wh[1]}{rate}"
        return SourceInfo(self._name, size_wh, Fraction(fps) if fps else None, live=True, mode=mode)


def public_name(url: str) -> str:
    """Scheme and host of an address: all of it that may be shown."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise CaptureError("the address of the stream cannot be understood: give rtsp://host/path or http://host/path")
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def _time_ns(time_s: float | None) -> int:
    return int((time_s or 0.0) * 1e9)


def _reason(error: Exception) -> str:
    if isinstance(error, av.error.ExitError):  # one of the two time limits
        return "it does not answer"
    if isinstance(error, OSError) and error.errno == errno.EIO:  # what FFmpeg makes of an unexpected end
        return "the connection broke off"
    text = getattr(error, "strerror", None)
    return str(text).rstrip(".") if text else type(error).__name__
