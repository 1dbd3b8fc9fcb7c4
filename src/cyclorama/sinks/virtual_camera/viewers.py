"""Find out whether anybody watches a v4l2loopback device.

From version 0.13 on the driver reports it. Up to 0.12 every program that holds the device open counts as a viewer:
searching the file handles of all processes is expensive, so it is done only when the kernel's reference count of the
driver has changed.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from cyclorama.core import v4l2

REFERENCES = Path("/sys/module/v4l2loopback/refcnt")
AGAIN_S = 2.0
"""When one program replaces another between two looks, the count stays the same: so search again this often."""
BLIND_AGAIN_S = 0.5
"""The same where the kernel has no reference count."""


class Viewers(Protocol):
    """Port: one way to know. ``look`` and ``close`` may be called from any thread."""

    how: str
    """How it knows, for people to read."""

    def look(self) -> bool | None:
        """Whether somebody watches now; None = cannot be known."""

    def close(self) -> None:
        """Release what was needed to know."""


def viewers_of(device: str) -> Viewers:
    """The most reliable way for ``device``."""
    try:
        return DriverTells(device)
    except OSError:
        return HoldersTell(device)


class DriverTells:
    """v4l2loopback 0.13 and newer: consumers that stream, as the driver counts them."""

    how = "as v4l2loopback tells"

    def __init__(self, device: str) -> None:
        """Raises OSError where the driver does not tell."""
        self._lock = threading.Lock()
        self._watched: bool | None = None
        self._handle: int | None = os.open(device, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            v4l2.subscribe(self._handle, v4l2.EVENT_CLIENT_USAGE)
        except OSError:
            self.close()
            raise

    def look(self) -> bool | None:
        """Whether somebody watches now. Subscribes anew each time, since a lost event would go unnoticed."""
        with self._lock:
            if self._handle is None:
                return None
            try:
                counts = v4l2.queued_events(self._handle)
                v4l2.subscribe(self._handle, v4l2.EVENT_CLIENT_USAGE)
                counts += v4l2.queued_events(self._handle)
            except OSError:
                return None
            if counts:
                self._watched = counts[-1] > 0
            return self._watched

    def close(self) -> None:
        """Stop asking."""
        with self._lock:
            handle, self._handle = self._handle, None
            if handle is not None:
                os.close(handle)


class HoldersTell:
    """Up to v4l2loopback 0.12: other programs that hold the device open.

    Programs that hold every camera only to list it count once they map its buffers. A handle of another user's program
    counts too: a camera that is on for nobody is better than one that stays off for somebody. Programs that list
    cameras come and go within a tenth of a second, so a viewer counts from the second look on.
    """

    how = "by who holds it open"

    def __init__(self, device: str) -> None:
        self._device = os.path.realpath(device)
        self._lock = threading.Lock()
        self._references: int | None = None
        self._scan_at_s = 0.0
        self._holders: dict[int, bool] = {}
        self._unseen = False
        self._before = False

    def look(self) -> bool | None:
        """Whether somebody watches now, and did at the last look."""
        with self._lock:
            references, now_s = _references(), time.monotonic()
            if references != self._references or now_s >= self._scan_at_s:
                self._references = references
                self._scan(references)
                self._scan_at_s = now_s + (BLIND_AGAIN_S if references is None else AGAIN_S)
            watched = self._unseen or any(not idle or self._maps(process) for process, idle in self._holders.items())
            before, self._before = self._before, watched
            return watched and before

    def close(self) -> None:
        """Nothing to release."""

    def _scan(self, references: int | None) -> None:
        """Find who holds the device, and whether the driver has handles of processes that cannot be inspected."""
        devices = {f"/dev/{node.name}" for node in v4l2.video_nodes() if (node / "format").exists()} | {self._device}
        own = sum(link in devices for link in _links(os.getpid()))
        self._holders, self._unseen = {}, False
        if references is not None and references <= own:
            return
        seen = own
        for process in _processes():
            if process == os.getpid():
                continue
            held = [link for link in _links(process) if link in devices]
            seen += len(held)
            if self._device in held:
                self._holders[process] = _name(process) in v4l2.IDLE_USERS
        self._unseen = references is not None and references > seen

    def _maps(self, process: int) -> bool:
        """Whether a process maps the device's buffers."""
        with suppress(OSError):
            return f"{self._device}\n" in (v4l2.PROC / str(process) / "maps").read_text(errors="replace")
        return False


def _references() -> int | None:
    """How many handles of v4l2loopback devices are open in all processes; None where the kernel does not say."""
    try:
        return int(REFERENCES.read_text())
    except (OSError, ValueError):
        return None


def _processes() -> list[int]:
    # Plain strings, since there are thousands: a Path takes longer, and pathlib interns every part of every name.
    return [int(name) for name in os.listdir(v4l2.PROC) if name.isdigit()]  # noqa: PTH208


def _links(process: int) -> Iterator[str]:
    """The files that a process has open; nothing for processes of other users."""
    folder = f"{v4l2.PROC}/{process}/fd"
    with suppress(OSError):
        for handle in os.listdir(folder):  # noqa: PTH208
            with suppress(OSError):
                yield os.readlink(f"{folder}/{handle}")  # noqa: PTH115


def _name(process: int) -> str:
    with suppress(OSError):
        return (v4l2.PROC / str(process) / "comm").read_text().strip()
    return ""
