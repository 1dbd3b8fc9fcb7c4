"""Port of a source: a camera, clip or demo that yields frames."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from cyclorama.core.closing import Closing
from cyclorama.core.frames import Frame, SizeWH


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """The properties of an open source.

    ``size_wh``: width and height of its frames in pixels. ``fps``: nominal frame rate, None if unknown. ``live``:
    frames arrive at the source's own rate and only the newest is kept; otherwise they are read on demand, and none is
    dropped. ``mode``: the negotiated mode, for people to read. ``frame_count``, ``duration_s``: of a file, None if
    unknown. ``begin_s``: the file's first frame on the clock of the frames' times, in seconds; it may lie before
    the trim.
    """

    name: str
    size_wh: SizeWH
    fps: Fraction | None
    live: bool
    mode: str = ""
    frame_count: int | None = None
    duration_s: float | None = None
    begin_s: float = 0.0


class Source(Closing):
    """A camera, a clip or the demo. The constructor opens it. Used by one thread; ``close`` is for any thread.

    After ``stop`` has ended ``frames`` of a live source, it may be called again with another event.
    """

    @property
    @abstractmethod
    def info(self) -> SourceInfo:
        """The properties of the open source."""

    @abstractmethod
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield frames with rising ``seq`` until the end of the stream or until ``stop`` is set.

        Every wait ends within 100 ms of ``stop``. Raises CaptureError if the device or file fails, or if a device or
        connection delivers no frame for two seconds. The end of a clip ends the iteration without an error.
        """

    @property
    def fault(self) -> str | None:
        """What is wrong now, for people to read; None if nothing is."""
        return None

    def release(self) -> None:
        """Release the device between two calls of ``frames``; the next call reopens it. Same thread as ``frames``."""
