"""Time as a dependency, so that tests can hold it still."""

from __future__ import annotations

import threading
import time
from typing import Protocol


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
        return stop.wait(remaining) if remaining > 0 else stop.is_set()
