"""Signals as events. The first Ctrl-C or SIGTERM asks to stop, the second one forces. SIGHUP (the terminal was closed)
only asks. SIGUSR1 and others switch."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from cyclorama.cli.signals import ending

FORCING = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """``stop``: the event that the pipeline waits on. ``happened``: whether the user asked to stop."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.happened = False


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Handle the signals inside the block. Main thread only."""
    interrupt = Interrupt()

    def ask(number: int, frame: FrameType | None) -> None:
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
