"""The level of a microphone while the user chooses one."""

from __future__ import annotations

import threading
from collections.abc import Callable

from cyclorama.capture.microphone import Microphone
from cyclorama.capture.open import open_microphone
from cyclorama.core.closing import Closing

IDLE_S = 3.0
"""A microphone that nobody asks for is released after this time."""


class MicrophoneMeter(Closing):
    """Holds one microphone open while its level is asked for. For any thread."""

    def __init__(self, open_by_name: Callable[[str], Microphone] = open_microphone, idle_s: float = IDLE_S) -> None:
        self._open, self._idle_s = open_by_name, idle_s
        self._lock = threading.Lock()
        self._name = ""
        self._microphone: Microphone | None = None
        self._timer: threading.Timer | None = None

    def level(self, name: str) -> float:
        """The highest peak of the last third of a second, 0 to 1. Raises CaptureError if it cannot be opened."""
        with self._lock:
            if self._microphone is None or name != self._name:
                self._release()
                self._microphone, self._name = self._open(name), name
            self._wait_anew()
            return self._microphone.level

    def close(self) -> None:
        """Release the microphone."""
        with self._lock:
            self._release()

    def _wait_anew(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._idle_s, self.close)
        self._timer.name, self._timer.daemon = "cyclorama-meter", True
        self._timer.start()

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        microphone, self._microphone = self._microphone, None
        if microphone is not None:
            microphone.close()
