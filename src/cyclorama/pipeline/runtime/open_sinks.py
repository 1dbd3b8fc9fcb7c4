"""The sinks of a session: those that it began with, and those that are added and removed while it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cyclorama.pipeline.runtime.sink_loop import SinkLoop
from cyclorama.pipeline.runtime.worker import Worker
from cyclorama.sinks.base import Sink

SHUTDOWN_S = 1.0
"""Seconds to wait for a thread at the end. A thread that hangs in a driver is abandoned (it is a daemon) and named."""
FINISH_S = 10.0
"""The same for a recording, which has to finish writing to a disk that may be slow."""


class OpenSinks:
    """The loops of a session's sinks. Read by any thread; ``add`` and ``drop`` under the session's lock."""

    def __init__(self, loops: Sequence[SinkLoop]) -> None:
        self._loops = tuple(loops)

    def __iter__(self) -> Iterator[SinkLoop]:
        return iter(self._loops)

    def __len__(self) -> int:
        return len(self._loops)

    def add(self, loop: SinkLoop) -> None:
        """Add a loop."""
        self._loops = (*self._loops, loop)

    def drop(self, loop: SinkLoop) -> None:
        """Forget a loop, with its error."""
        self._loops = tuple(other for other in self._loops if other is not loop)

    def find(self, sink: Sink) -> SinkLoop | None:
        """The loop of ``sink``."""
        return next((loop for loop in self._loops if loop.sink is sink), None)

    @property
    def names(self) -> list[str]:
        """Names of the open sinks."""
        return [loop.sink.name for loop in self._loops if loop.opened.is_set()]

    @property
    def encoders(self) -> list[str]:
        """Encoders of the file sinks, as ``libx264 (software)``."""
        return [loop.sink.encoder for loop in self._loops if loop.sink.encoder]

    @property
    def windows(self) -> list[SinkLoop]:
        """Those that are driven in the main thread."""
        return [loop for loop in self._loops if loop.sink.main_thread]

    @property
    def clips(self) -> list[Sink]:
        """The sinks that record, or have ended and not been removed."""
        return [loop.sink for loop in self._loops if loop.records]

    @property
    def recordings(self) -> list[Sink]:
        """The sinks that record and have not ended."""
        return [loop.sink for loop in self._loops if loop.records and not loop.ended]

    @property
    def stopped_recording(self) -> bool:
        """Whether a recording failed or has ended."""
        return any(loop.records and loop.ended for loop in self._loops)

    @property
    def have_ended(self) -> bool:
        """Whether no sink is left."""
        return all(loop.ended for loop in self._loops)

    @property
    def fault(self) -> str | None:
        """What the first one that failed says."""
        return next((str(error) for error in self.errors), None)

    @property
    def errors(self) -> list[BaseException]:
        """What ended them, an error of the sink before one of its thread."""
        errors = (loop.error or loop.worker.error for loop in self._loops)
        return [error for error in errors if error is not None]

    @property
    def patience(self) -> list[tuple[Worker, float]]:
        """Their threads, with the seconds that each may take to end."""
        return [(loop.worker, patience_with(loop)) for loop in self._loops]

    def start(self) -> None:
        """Start the threads of all but windows."""
        for loop in self._loops:
            if not loop.sink.main_thread:
                loop.worker.start()

    def wait_open(self, timeout_s: float) -> None:
        """Wait until all are open. Raises the first one's SinkError."""
        for loop in self._loops:
            loop.wait_open(timeout_s)


def patience_with(loop: SinkLoop) -> float:
    """Seconds that its thread may take to end."""
    return FINISH_S if loop.records else SHUTDOWN_S
