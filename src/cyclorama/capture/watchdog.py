"""Reopen a live source after a stall, an error or an unplugging, in the same process.

A source raises CaptureError when it fails or stalls. Until it is open again no frame comes out of here, and the session
shows its privacy card.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

from typing_extensions import override

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame

FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 2.0
"""Each failed attempt doubles the wait, up to this: a camera that is plugged in again is found soon."""
STEADY_S = 5.0
"""A source that has given frames for this long is healthy: the next fault starts with the short wait again."""
TAKE_S = 0.05


class Reopening(Source):
    """What ``factory`` opens, opened again whenever it fails. ``seq`` goes on rising; ``info`` is of the newest one.

    Frames may change their size when the source is another mode or device after it was reopened.
    """

    def __init__(self, factory: Callable[[], Source], *, clock: Clock | None = None) -> None:
        """Open the source for the first time; here a failure is raised as CaptureError, at once."""
        self._factory = factory
        self._clock = clock or SystemClock()
        self._closed = threading.Event()
        self._source: Source | None = factory()
        self._info = self._source.info
        self._fault: str | None = None

    @property
    @override
    def info(self) -> SourceInfo:
        """Of the newest one."""
        return self._info

    @property
    @override
    def fault(self) -> str | None:
        """Why no frames come now; None when all is well."""
        return self._fault

    @override
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield frames until ``stop``, ``close`` or the end of a source that ends. May be called again after it."""
        seq, delay_s = 0, FIRST_DELAY_S
        while not (stop.is_set() or self._closed.is_set()):
            begin_ns = self._clock.now_ns()
            try:
                source = self._source or self._reopen(stop)
                if source is None:
                    return
                for frame in source.frames(stop):
                    self._fault = None
                    if frame.captured_ns - begin_ns > STEADY_S * 1e9:
                        delay_s = FIRST_DELAY_S
                    yield replace(frame, seq=seq)
                    seq += 1
                return
            except CaptureError as error:
                self._fault = f"{error}; trying again"
            self._release()
            if self._clock.wait_until(self._clock.now_ns() + int(delay_s * 1e9), stop):
                return
            delay_s = min(2 * delay_s, LONGEST_DELAY_S)

    @override
    def release(self) -> None:
        """Let the device go, after ``frames`` has ended and by the same thread; ``frames`` opens it again."""
        self._release()
        self._fault = None

    @override
    def close(self) -> None:
        """Release what is open now, and open nothing more."""
        self._closed.set()
        self._release()

    def _release(self) -> None:
        source, self._source = self._source, None
        if source is not None:
            source.close()

    def _reopen(self, stop: threading.Event) -> Source | None:
        """Open the source again; None where ``stop`` was set first. Raises what ``factory`` raises."""
        attempt = _Attempt(self._factory)
        while not attempt.done.wait(TAKE_S):
            if stop.is_set() or self._closed.is_set():
                attempt.abandon()
                return None
        self._source = source = attempt.result()
        if self._closed.is_set():
            self._release()
            return None
        self._info = source.info
        return source


class _Attempt:
    """Open a source in its own thread: drivers may take seconds, and a stop must not wait for them."""

    def __init__(self, factory: Callable[[], Source]) -> None:
        self.done = threading.Event()
        self._factory = factory
        self._source: Source | None = None
        self._error: Exception | None = None
        self._abandoned = False
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="cyclorama-reopen", daemon=True).start()

    def result(self) -> Source:
        """What was opened. Raises what was raised."""
        if self._error is not None:
            raise self._error
        assert self._source is not None
        return self._source

    def abandon(self) -> None:
        """Close the source, as soon as it is open."""
        with self._lock:
            self._abandoned = True
            source = self._source
        if source is not None:
            source.close()

    def _run(self) -> None:
        try:
            source = self._factory()
            with self._lock:
                self._source = source
                abandoned = self._abandoned
            if abandoned:
                source.close()
        except Exception as error:  # raised again by result()
            self._error = error
        finally:
            self.done.set()
