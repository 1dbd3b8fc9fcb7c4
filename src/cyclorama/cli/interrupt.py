"""Ctrl-C and SIGTERM as a stop event: the first one asks, the second one forces."""

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
