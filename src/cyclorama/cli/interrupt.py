"""Signals as events. Ctrl-C and SIGTERM stop: the first one asks, the second one forces. SIGHUP, the end of the
terminal, asks only. Others switch."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from cyclorama.cli.signals import ending

FORCING = (signal.SIGINT, signal.SIGTERM)


class Interrupt:
    """``stop``: the event to hand to the pipeline. ``happened``: whether the user asked for it."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.happened = False


@contextmanager
def interruptible() -> Iterator[Interrupt]:
    """Handle the signals inside the block; to be entered in the main thread."""
    interrupt = Interrupt()

    def ask(number: int, frame: FrameType | None) -> None:
        interrupt.happened = True
        interrupt.stop.set()
        if number not in FORCING:  # it comes twice, of the system and of the shell, and SIGTERM may follow at once
            return
        for each in FORCING:  # from now on the system's own answer, which no code of ours can delay
            signal.signal(each, signal.SIG_DFL)

    before = {each: signal.signal(each, ask) for each in ending()}
    try:
        yield interrupt
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def switched_by_signal() -> Iterator[threading.Event]:
    """An event that SIGUSR1 sets and clears in turn inside the block, where the system has that signal; to be entered
    in the main thread, which must not wait for the event."""
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
    """Call ``do`` for each signal ``name`` inside the block, where the system has it; to be entered in the main thread.

    ``do`` runs between two steps of whatever the main thread does: it must not wait.
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
