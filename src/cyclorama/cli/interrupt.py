"""Signals as events. The first Ctrl-C or SIGTERM asks to stop, the second one forces. SIGHUP (the terminal was closed)
only asks. SIGUSR1 and others switch."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from cyclorama.cli.signals import ending

FORCING = (signal.SIGINT, signal.SIGTERM)
FINISHING = "\r\x1b[Kcyclorama: stopping: what is under way is finished first; Ctrl-C again stops at once\n"
"""Said on a terminal where that takes its time."""


class Interrupt:
    """``stop``: the event that the pipeline waits on. ``happened``: whether the user asked to stop."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.happened = False


@contextmanager
def interruptible(*, slow: bool = False) -> Iterator[Interrupt]:
    """Handle the signals inside the block. ``slow``: what is under way is finished first, which takes seconds, and is
    told on a terminal. Main thread only."""
    interrupt = Interrupt()

    def ask(number: int, frame: FrameType | None) -> None:
        if slow and not interrupt.happened and sys.stderr.isatty():
            with contextlib.suppress(OSError):  # past the stream, which may be in the middle of a write
                os.write(sys.stderr.fileno(), FINISHING.encode())
        interrupt.happened = True
        interrupt.stop.set()
        if number not in FORCING:  # it arrives twice, from the kernel and the shell, and SIGTERM may follow at once
            return
        for each in FORCING:  # restore the system's default action, which no code of ours can delay
            signal.signal(each, signal.SIG_DFL)

    before = {each: signal.signal(each, ask) for each in ending()}
    try:
        yield interrupt
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def switched_by_signal() -> Iterator[threading.Event]:
    """Yield an event that SIGUSR1 toggles inside the block, where the system has that signal. Main thread only; the
    main thread must not wait on the event."""
    event = threading.Event()

    def switch() -> None:
        if event.is_set():
            event.clear()
        else:
            event.set()

    with on_signal("SIGUSR1", switch):
        yield event


@contextmanager
def on_signal(name: str, do: Callable[[], None]) -> Iterator[None]:
    """Call ``do`` for each signal ``name`` inside the block, where the system has that signal. Main thread only.

    ``do`` interrupts the main thread between two bytecodes: it must not block.
    """
    if not hasattr(signal, name):
        yield
        return
    number = getattr(signal, name)
    before = signal.signal(number, lambda number, frame: do())
    try:
        yield
    finally:
        signal.signal(number, before)
