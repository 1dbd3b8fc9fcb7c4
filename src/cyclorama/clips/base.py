"""What every reader of a moving picture offers."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from av.video.frame import VideoFrame

from cyclorama.clips.color import BgrConverter
from cyclorama.core.closing import Closing

DecodedFrame: TypeAlias = VideoFrame
"""PyAV's frame: in the stream's own pixel format, not turned, with its time."""


class FrameReader(Closing):
    """One opening of a moving picture. Used by one thread.

    ``name``: for messages. ``packets``: how many were read since the opening. ``damaged``: how many of them could not
    be decoded.
    """

    name: str
    packets: int
    damaged: int

    @property
    @abstractmethod
    def codec(self) -> str:
        """FFmpeg's name of the codec."""

    @property
    @abstractmethod
    def fps(self) -> Fraction | None:
        """Frames a second; None where unknown."""

    @property
    @abstractmethod
    def duration_s(self) -> float | None:
        """Length in seconds; None where unknown, as of a live stream."""

    @property
    @abstractmethod
    def end(self) -> Fraction | None:
        """Where the picture ends by the file's header, in seconds of its clock; None where that is not known."""

    @property
    @abstractmethod
    def is_exact(self) -> bool:
        """Whether ``duration_s`` is the file's own word; otherwise its clock may start anew, and that is a guess."""

    @property
    @abstractmethod
    def frame_count(self) -> int:
        """How many frames the file says that it has; 0 where it does not say."""

    @property
    @abstractmethod
    def is_still(self) -> bool:
        """Whether it is a still picture."""

    @abstractmethod
    def converter(self, *, bicubic: bool = False) -> BgrConverter:
        """A converter for the frames; ``bicubic`` for those that are scaled."""

    @abstractmethod
    def rewind(self) -> None:
        """Begin again with the first frame. Raises CaptureError."""

    @abstractmethod
    def frames(self, *, skip_damaged: bool = True, stop: threading.Event | None = None) -> Iterator[DecodedFrame]:
        """Yield the frames from here to the end, or until ``stop`` is set; looked at between two packets.

        Interlaced ones are deinterlaced. ``skip_damaged``: leave out packets that cannot be decoded; otherwise the
        first one is an error. Raises CaptureError where the file or connection cannot be read any further.
        """

    @abstractmethod
    def frames_from(self, time_s: float, *, skip_damaged: bool = True) -> Iterator[DecodedFrame]:
        """Yield the frames from one at or before ``time_s`` on, a time of the file's own clock in seconds.

        From the first frame where the file cannot be sought in, or where decoding would begin too late, as in some
        transport streams. Raises as :meth:`frames` does.
        """
