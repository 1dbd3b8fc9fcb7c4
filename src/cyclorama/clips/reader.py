"""The picture of a clip or stream, decoded in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Literal, TypeAlias

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from cyclorama.clips.continuity import PictureClock
from cyclorama.clips.ends import TOLERANCE_S
from cyclorama.clips.open import READ_ERRORS, Place, cause_of, name_of, open_container, read_failure
from cyclorama.clips.streams import best_video, ignored_properties, is_still
from cyclorama.clips.times import DecodingTimes, duration_s, end_of, may_restart, rate_of
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CaptureError

log = logging.getLogger(__name__)

DecodedFrame: TypeAlias = VideoFrame
"""PyAV's frame: in the stream's own pixel format, not turned, with its time."""
Threads: TypeAlias = Literal["FRAME", "SLICE", "AUTO"]
"""How the decoder divides its work: FRAME works on several frames at once, and is as many frames late."""
DAMAGED = (av.FFmpegError, ValueError)
"""What the decoder raises for a packet that it cannot decode."""


class ClipReader(Closing):
    """One opening of a clip or stream and of its best video stream. Used by one thread.

    ``packets``: how many were read since the opening. ``damaged``: how many of them could not be decoded.
    """

    def __init__(self, place: Place, *, threads: Threads = "FRAME") -> None:
        """Open ``place``. Raises CaptureError: it cannot be read, or holds no video."""
        self._place = place
        self._threads = threads
        self.name = name_of(place)
        self.packets = self.damaged = 0
        self._told = False
        self._container, self._stream = self._open()

    @property
    def codec(self) -> str:
        """FFmpeg's name of the codec."""
        return self._stream.codec_context.name

    @property
    def fps(self) -> Fraction | None:
        """Frames a second; None where unknown."""
        return rate_of(self._stream)

    @property
    def duration_s(self) -> float | None:
        """Length in seconds; None where unknown, as of a live stream."""
        return duration_s(self._container, self._stream)

    @property
    def end(self) -> Fraction | None:
        """Where the picture ends by the file's header, in seconds of its clock; None where that is not known."""
        return end_of(self._stream)

    @property
    def is_exact(self) -> bool:
        """Whether ``duration_s`` is the file's own word; otherwise its clock may start anew, and that is a guess."""
        return not may_restart(self._container)

    @property
    def frame_count(self) -> int:
        """How many frames the file says that it has; 0 where it does not say."""
        return self._stream.frames

    @property
    def is_still(self) -> bool:
        """Whether it is a still picture."""
        return is_still(self._container)

    def rewind(self) -> None:
        """Open the place anew, since not every file can be sought in. Raises CaptureError."""
        self.close()
        self.packets = self.damaged = 0
        self._container, self._stream = self._open()

    def frames(self, *, skip_damaged: bool = True, stop: threading.Event | None = None) -> Iterator[DecodedFrame]:
        """Yield the frames from here to the end, or until ``stop`` is set; looked at between two packets.

        ``skip_damaged``: leave out packets that cannot be decoded; otherwise the first one is an error. Raises
        CaptureError where the file or connection cannot be read any further.
        """
        packets = self._container.demux(self._stream)
        while stop is None or not stop.is_set():
            try:
                packet = next(packets, None)
            except READ_ERRORS as error:
                raise read_failure(self._place, error) from cause_of(self._place, error)
            if packet is None:
                return
            self.packets += packet.size > 0
            self._clock.mend(packet)
            if self._clock.offsets_s and not self._told:
                self._told = True
                log.warning("%s: its clock starts anew inside: its pieces are put one behind the other", self.name)
            try:
                decoded = packet.decode()
            except DAMAGED as error:
                self.damaged += 1
                if not skip_damaged:
                    raise read_failure(self._place, error) from cause_of(self._place, error)
                continue
            yield from self._untangled.frames(packet, decoded) if self._untangled is not None else decoded

    def frames_from(self, time_s: float, *, skip_damaged: bool = True) -> Iterator[DecodedFrame]:
        """Yield the frames from a keyframe at or before ``time_s`` on, a time of the file's own clock in seconds.

        From the first frame where the file cannot be sought in, where decoding would begin too late, or where the clock
        may start anew. Raises as :meth:`frames` does.
        """
        first = None
        if self.is_exact:
            with suppress(*READ_ERRORS):  # CaptureError is an OSError
                self._seek(time_s)
                frames = self.frames(skip_damaged=skip_damaged)
                first = next(frames, None)
        if first is not None and first.time is not None and first.time <= time_s + TOLERANCE_S:
            yield first
        else:
            self.rewind()
            frames = self.frames(skip_damaged=skip_damaged)
        yield from frames

    def close(self) -> None:
        """Release the file or hang up; a second call does nothing."""
        self._container.close()

    def _open(self) -> tuple[InputContainer, VideoStream]:
        container = open_container(self._place)
        try:
            stream = best_video(container, self.name)
        except CaptureError:
            container.close()
            raise
        stream.thread_type = self._threads
        self._clock = PictureClock(may_restart=may_restart(container))
        self._untangled = DecodingTimes() if container.format.name == "avi" else None
        for what in ignored_properties(stream):
            log.debug("%s: %s", self.name, what)
        return container, stream

    def _seek(self, time_s: float) -> None:
        if self._stream.time_base is None:
            raise ValueError("a stream without a time base cannot be sought in")
        self._container.seek(round(time_s / self._stream.time_base), stream=self._stream)
        self._clock = PictureClock(may_restart=False)
        self._untangled = None if self._untangled is None else DecodingTimes()
