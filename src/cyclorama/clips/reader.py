"""The picture of a clip or stream, decoded in order."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

import av
from av.container import InputContainer
from av.video.stream import VideoStream
from typing_extensions import override

from cyclorama.clips.base import DecodedFrame, FrameReader
from cyclorama.clips.color import BgrConverter
from cyclorama.clips.continuity import PictureClock, shown_until
from cyclorama.clips.deinterlace import deinterlaced
from cyclorama.clips.ends import TOLERANCE_S
from cyclorama.clips.geometry import upright_size
from cyclorama.clips.losses import INTERLACED, RESHAPED, RESTARTED, SEVERAL, losses_of
from cyclorama.clips.open import READ_ERRORS, Place, cause_of, name_of, open_container, read_failure
from cyclorama.clips.streams import alpha_decoder, best_video, holds_several, is_still, pixel_aspect
from cyclorama.clips.times import DecodingTimes, duration_s, end_of, may_restart, rate_of
from cyclorama.core.errors import CaptureError

log = logging.getLogger(__name__)

Threads: TypeAlias = Literal["FRAME", "SLICE", "AUTO"]
"""How the decoder divides its work: FRAME works on several frames at once, and is as many frames late."""
SAME_SHAPE = Fraction(101, 100)
"""Sizes are rounded to whole blocks: a difference of width over height below this factor is none."""
DAMAGED = (av.FFmpegError, ValueError)
"""What the decoder raises for a packet that it cannot decode."""


class ClipReader(FrameReader):
    """One opening of a clip or stream and of its best video stream. Used by one thread.

    ``packets``: how many were read since the opening. ``damaged``: how many of them could not be decoded.
    """

    def __init__(self, place: Place, *, threads: Threads = "FRAME") -> None:
        """Open ``place``. Raises CaptureError: it cannot be read, or holds no video."""
        self._place = place
        self._threads = threads
        self.name = name_of(place)
        self.packets = self.damaged = 0
        self._said: set[str] = set()
        self._shape: Fraction | None = None
        self._stands_until: Fraction | None = None
        self._container, self._stream = self._open()

    @property
    @override
    def codec(self) -> str:
        """FFmpeg's name of the codec."""
        return self._stream.codec_context.name

    @property
    @override
    def fps(self) -> Fraction | None:
        """Frames a second; None where unknown."""
        return rate_of(self._stream)

    @property
    @override
    def duration_s(self) -> float | None:
        """Length in seconds; None where unknown, as of a live stream."""
        return duration_s(self._container, self._stream)

    @property
    @override
    def end(self) -> Fraction | None:
        """Where the picture ends by the file's header, in seconds of its clock, or by the empty packets that were read;
        None where that is not known."""
        ends = [end for end in (end_of(self._stream), self._stands_until) if end is not None]
        return max(ends, default=None)

    @property
    @override
    def is_exact(self) -> bool:
        """Whether ``duration_s`` is the file's own word; otherwise its clock may start anew, and that is a guess."""
        return not may_restart(self._container)

    @property
    @override
    def frame_count(self) -> int:
        """How many frames the file says that it has; 0 where it does not say."""
        return self._stream.frames

    @property
    @override
    def is_still(self) -> bool:
        """Whether it is a still picture."""
        return is_still(self._container)

    @override
    def converter(self, *, bicubic: bool = False) -> BgrConverter:
        """A converter for the frames; ``bicubic`` for those that are scaled."""
        return BgrConverter(self._place, self._aspect, bicubic=bicubic)

    @override
    def rewind(self) -> None:
        """Open the place anew, since not every file can be sought in. Raises CaptureError."""
        self.close()
        self.packets = self.damaged = 0
        self._container, self._stream = self._open()

    @override
    def frames(self, *, skip_damaged: bool = True, stop: threading.Event | None = None) -> Iterator[DecodedFrame]:
        """Yield the frames from here to the end, or until ``stop`` is set; looked at between two packets.

        Interlaced ones are deinterlaced. ``skip_damaged``: leave out packets that cannot be decoded; otherwise the
        first one is an error. Raises CaptureError where the file or connection cannot be read any further.
        """
        for frame in deinterlaced(self._decoded(skip_damaged, stop), lambda: self._say(INTERLACED)):
            for what in losses_of(frame, self._aspect):
                self._say(what)
            self._compare_shape(frame)
            yield frame

    def _compare_shape(self, frame: DecodedFrame) -> None:
        """Warn of a file, not of a stream, whose width over height changes."""
        width, height = upright_size(frame, self._aspect)
        self._shape = self._shape or Fraction(width, height)
        if not 1 / SAME_SHAPE < Fraction(width, height) / self._shape < SAME_SHAPE and isinstance(self._place, Path):
            self._say(RESHAPED)

    def _decoded(self, skip_damaged: bool, stop: threading.Event | None) -> Iterator[DecodedFrame]:
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
            if self._clock.offsets_s:
                self._say(RESTARTED)
            if not packet.size and packet.dts is not None:  # as in Theora: the picture before it stands
                self._stands_until = shown_until(packet)
                continue
            try:
                decoded = packet.decode() if self._decoder is None else self._decoder.decode(packet)
            except DAMAGED as error:
                self.damaged += 1
                if not skip_damaged:
                    raise read_failure(self._place, error) from cause_of(self._place, error)
                continue
            yield from self._untangled.frames(packet, decoded) if self._untangled is not None else decoded

    @override
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

    @override
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
        self._stands_until = None
        self._untangled = DecodingTimes() if container.format.name == "avi" else None
        self._aspect = pixel_aspect(stream)
        self._decoder = alpha_decoder(stream)
        if holds_several(container) and isinstance(self._place, Path):  # a stream offers itself in several sizes
            self._say(SEVERAL)
        return container, stream

    def _say(self, what: str) -> None:
        """Warn of what is read with a loss, once."""
        if what not in self._said:
            self._said.add(what)
            log.warning("%s: %s", self.name, what)

    def _seek(self, time_s: float) -> None:
        if self._stream.time_base is None:
            raise ValueError("a stream without a time base cannot be sought in")
        self._container.seek(round(time_s / self._stream.time_base), stream=self._stream)
        self._clock = PictureClock(may_restart=False)
        self._untangled = None if self._untangled is None else DecodingTimes()
