"""Port: where frames come from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Protocol, Self

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


class Source(Protocol):
    """A camera, a clip, the demo. Opened by its constructor; used by one thread; ``close`` from any thread.

    A live source's ``frames`` may be called again once ``stop`` has ended it, with another event. One that holds a
    device has ``release`` too, which lets it go between two calls.
    """

    @property
    def info(self) -> SourceInfo:
        """What was opened."""

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield frames with rising ``seq`` until the end of the stream or until ``stop`` is set.

        Every wait wakes within 100 ms of ``stop``. Raises CaptureError when the device or file fails, and when a
        device or connection has given nothing for two seconds; the end of a clip is the end of the iteration.
        """

    def close(self) -> None:
        """Release the device or file; a second call does nothing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
