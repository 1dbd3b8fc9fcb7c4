"""A clock of which only waiting moves the time."""

from __future__ import annotations

import threading


class HeldClock:
    """Time that moves only when somebody waits for it, or when the test says so."""

    def __init__(self) -> None:
        self.ns = 0

    def now_ns(self) -> int:
        return self.ns

    def wait_until(self, deadline_ns: int, stop: threading.Event) -> bool:
        self.ns = max(self.ns, deadline_ns)
        return stop.is_set()
