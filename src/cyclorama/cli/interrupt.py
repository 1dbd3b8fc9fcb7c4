"""Signals as events. Ctrl-C and SIGTERM stop: the first one asks, the second one forces. SIGUSR1 switches."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
        for each in SIGNALS:  # from now on the system's own answer, which no code of ours can delay
            signal.signal(each, signal.SIG_DFL)

    before = {each: signal.signal(each, ask) for each in SIGNALS}
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
    if not hasattr(signal, "SIGUSR1"):
        yield event
        return

    def switch(number: int, frame: FrameType | None) -> None:
        if event.is_set():
            event.clear()
        else:
            event.set()

    before = signal.signal(signal.SIGUSR1, switch)
    try:
        yield event
    finally:
        signal.signal(signal.SIGUSR1, before)
