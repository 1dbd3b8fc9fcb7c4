"""Port: where frames come from."""

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
    """What was really opened.

    ``size_wh``: of the frames that come out. ``fps``: nominal frames a second, None where unknown. ``live``: frames
    arrive at their own rate and the newest wins; otherwise they come as fast as they are taken, none lost.
    ``mode``: what was negotiated, for people to read. ``frame_count``, ``duration_s``: of a file, None where unknown.
    ``begin_s``: where a file's own first frame lies on the clock of the frames' times, also where it is not read.
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
    """A camera, a clip, the demo. Opened by its constructor; used by one thread; ``close`` from any thread.

    A live source's ``frames`` may be called again once ``stop`` has ended it, with another event.
    """

    @property
    @abstractmethod
    def info(self) -> SourceInfo:
        """What was opened."""

    @abstractmethod
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield frames with rising ``seq`` until the end of the stream or until ``stop`` is set.

        Every wait wakes within 100 ms of ``stop``. Raises CaptureError when the device or file fails, and when a
        device or connection has given nothing for two seconds; the end of a clip is the end of the iteration.
        """

    @property
    def fault(self) -> str | None:
        """What is wrong now, for people to read; None when all is well."""
        return None

    def release(self) -> None:
        """Let a device go between two calls of ``frames``; the next one opens it again. Same thread as ``frames``."""
