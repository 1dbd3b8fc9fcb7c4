"""A thread that reads one device or stream and keeps its newest picture: what live sources have in common.

This thread alone opens, reads and releases the device, since capture libraries allow nothing else and may block for
seconds. The consumer never waits for the device: a driver that hangs blocks this thread, which is abandoned, and
nothing else.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8, Frame

STALL_S = 2.0
"""A device that gives no picture for this long has stalled."""
CLOSE_S = 0.5
"""How long ``close`` waits for the thread, so that the camera is free again when it returns."""
TAKE_S = 0.05

Picture = tuple[U8, int]
"""BGR uint8 (H, W, 3), and when it arrived, in nanoseconds of the source's clock."""
Pictures = Generator[Picture, None, None]


class Reader:
    """Runs ``read`` in a thread of its own until it ends or ``close`` is called, and keeps the newest picture.

    ``name``: for messages. ``read``: opens the device, yields its pictures until its event is set, and releases the
    device; it raises CaptureError.
    """

    def __init__(self, name: str, read: Callable[[threading.Event], Pictures]) -> None:
        self._name = name
        self._read = read
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._newest: Picture | None = None
        self._last_s = 0.0
        self._error: BaseException | None = None
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="cyclorama-reader", daemon=True)
        self._thread.start()

    def wait_first(self, timeout_s: float) -> None:
        """Wait for the first picture; ``frames`` gives it. Raises CaptureError: the device's own, or that none came."""
        try:
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._ended, timeout_s)
                if self._newest is not None:
                    return
        except KeyboardInterrupt:
            self.close()
            raise
        self.close()
        if self._error is not None:
            raise self._error
        raise CaptureError(f"{self._name} gives no picture within {timeout_s:g} s")

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the newest picture each time there is one, until ``stop``, ``close`` or the end.

        Raises CaptureError: the device's own, or that it has stalled.
        """
        seq = 0
        while not (stop.is_set() or self._stop.is_set()):
            with self._changed:
                self._changed.wait_for(lambda: self._newest is not None or self._ended, TAKE_S)
                picture, self._newest = self._newest, None
                ended, last_s = self._ended, self._last_s
            stalled = seconds_also_asleep() - last_s > STALL_S
            if picture is not None and not stalled:
                yield Frame(picture[0], seq, picture[1])
                seq += 1
            elif ended:
                if self._error is not None:
                    raise self._error
                return
            elif stalled:
                raise CaptureError(f"{self._name} gives no picture any more")

    def close(self) -> None:
        """Ask the thread to release the device, and wait a little for it."""
        self._stop.set()
        self._thread.join(CLOSE_S)

    def _run(self) -> None:
        try:
            with closing(self._read(self._stop)) as pictures:
                for picture in pictures:
                    self._keep(picture)
                    if self._stop.is_set():
                        break
        except Exception as error:  # raised again where the pictures are taken
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _keep(self, picture: Picture) -> None:
        now_s = seconds_also_asleep()
        with self._changed:
            if self._last_s and now_s - self._last_s > STALL_S:
                # After a stall or a suspend, a driver first delivers the pictures that it had buffered before.
                raise CaptureError(f"{self._name} paused for {now_s - self._last_s:.0f} s")
            self._newest, self._last_s = picture, now_s
            self._changed.notify_all()


def seconds_also_asleep() -> float:
    """A monotonic clock that goes on during suspend, which Python's own does not on Linux and macOS."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if hasattr(time, "CLOCK_MONOTONIC"):
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.monotonic()
