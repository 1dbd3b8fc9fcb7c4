"""The clock as a dependency, so that tests can use a fake one."""

from __future__ import annotations

import threading
import time
from typing import Protocol

LOOK_S = 0.01
"""Polling interval of the main thread."""


class Clock(Protocol):
    """Monotonic time in nanoseconds, and a wait that a stop event ends early."""

    def now_ns(self) -> int:
        """Nanoseconds on the monotonic clock."""

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        """Wait until ``deadline_ns`` or until ``stop`` is set; returns whether ``stop`` is set."""


class SystemClock:
    """The machine's monotonic clock."""

    def now_ns(self) -> int:
        """Nanoseconds on the monotonic clock."""
        return time.monotonic_ns()

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        """Wait until ``deadline_ns`` or until ``stop`` is set; returns whether ``stop`` is set."""
        remaining = (deadline_ns - time.monotonic_ns()) / 1e9
        return wait(stop, remaining) if remaining > 0 else stop.is_set()


def wait(stop: threading.Event, timeout_s: float) -> bool:
    """Wait at most ``timeout_s`` for ``stop``; returns whether it is set.

    The main thread polls instead of calling ``stop.wait``, which holds the event's lock for moments. Signal handlers
    run in that thread: one that sets the event in such a moment would deadlock.
    """
    if threading.current_thread() is not threading.main_thread():
        return stop.wait(timeout_s)
    end_s = time.monotonic() + timeout_s
    while not stop.is_set() and (left_s := end_s - time.monotonic()) > 0:
        time.sleep(min(left_s, LOOK_S))
    return stop.is_set()
