"""A named thread that keeps the exception that ended it."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

log = logging.getLogger(__name__)


LESS_URGENT = 10
"""Added to the thread's nice value: about a tenth of the CPU share of a normal thread."""


def give_way() -> None:
    """Lower the calling thread's priority for good. Only Linux has a nice value per thread."""
    if sys.platform == "linux":
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, min(19, os.getpriority(os.PRIO_PROCESS, me) + LESS_URGENT))


@contextmanager
def set_after(seconds: float | None, event: threading.Event) -> Iterator[None]:
    """Set ``event`` after so many seconds, None = never, unless the block has ended before."""
    if seconds is None:
        yield
        return
    timer = threading.Timer(seconds, event.set)
    timer.name, timer.daemon = "cyclorama-duration", True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Worker:
    """Runs ``target`` in a thread named ``cyclorama-NAME``, keeps the exception that it raises, and calls ``on_end``.

    The thread is a daemon: one that hangs in a driver cannot keep the process alive.
    """

    def __init__(self, name: str, target: Callable[[], None], on_end: Callable[[], None]) -> None:
        self.name = name
        self.error: BaseException | None = None
        self._target = target
        self._on_end = on_end
        self._thread = threading.Thread(target=self._run, name=f"cyclorama-{name}", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait at most ``timeout_s``; returns whether the thread has ended (or never started)."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._target()
        except BaseException as error:  # the owner raises it again in its own thread
            self.error = error
            log.debug("worker %s ended with %r", self.name, error)
        finally:
            self._on_end()
