"""A session in a thread of its own, for whoever goes on beside it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from cyclorama.pipeline.jobs.live import RunningLive
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.pipeline.runtime.worker import Worker

LOOK_S = 0.1

Job = Callable[[Callable[[RunningLive], None]], Snapshot]
"""Runs a session to its end and returns the final report; calls its argument once the session runs."""


class SessionThread:
    """Runs until it is told to end, or ends by itself. Its methods are for any thread.

    ``running``: the session; None if it ended before it ran. ``final``: the report, once it has ended without an error.
    """

    def __init__(self, job: Job, ask_to_end: Callable[[], None]) -> None:
        """Start ``job`` and wait until everything is open. ``ask_to_end``: makes the session end soon. Raises what
        keeps it from opening."""
        self.running: RunningLive | None = None
        self.final: Snapshot | None = None
        self._job = job
        self._ask_to_end = ask_to_end
        self._known = threading.Event()
        self._worker = Worker("session", self._run, self._known.set)
        self._worker.start()
        try:
            while not self._known.wait(LOOK_S):
                pass
        except BaseException:
            self.end()
            raise
        if self.running is None:
            self.wait()

    @property
    def error(self) -> BaseException | None:
        """What ended it."""
        return self._worker.error

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until it has ended, at most ``timeout_s``; returns whether it has. Raises the error that ended it."""
        while not self._worker.join(LOOK_S if timeout_s is None else timeout_s):
            if timeout_s is not None:
                return False
        if self._worker.error is not None:
            raise self._worker.error
        return True

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._worker.join(0.0)

    def end(self, timeout_s: float = math.inf) -> None:
        """Make it end, and wait for that, at most ``timeout_s``."""
        self._ask_to_end()
        end_s = time.monotonic() + timeout_s
        while not self._worker.join(LOOK_S) and time.monotonic() < end_s:
            pass

    def _run(self) -> None:
        self.final = self._job(self._tell)

    def _tell(self, running: RunningLive) -> None:
        self.running = running
        self._known.set()


def told(*each: Callable[[RunningLive], None]) -> Callable[[RunningLive], None]:
    """What tells the session to all of them, in order."""

    def tell(running: RunningLive) -> None:
        for one in each:
            one(running)

    return tell
