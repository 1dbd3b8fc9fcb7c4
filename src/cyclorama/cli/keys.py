"""Single key presses while a command runs, where standard input is a terminal."""

from __future__ import annotations

import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

LOOK_S = 0.1
SEQUENCE = re.compile(r"\x1b(?:\[\[.|\[[0-?]*[ -/]*[@-~]|O.|[^\[O]|$)", re.DOTALL)
"""What a terminal sends for an arrow, a function key or Alt with a key (ECMA-48, and the Linux console's own)."""
BROKEN_OFF = re.compile(r"\x1b(?:\[\[?[0-?]*|O)?$")
REST_S = 0.05
"""In which the rest of a sequence arrives."""
MOST_AT_ONCE = 3
"""Keys that arrive together; more are pasted text, which means nothing."""
PREFIXES = "\x00\xe0"
"""Before the code of an arrow or function key on Windows."""


def has_keys() -> bool:
    """Whether standard input is a terminal that delivers key presses."""
    return sys.stdin is not None and sys.stdin.isatty()


def meant(text: str) -> str:
    """The keys in what a terminal sent at once: an arrow is none of ours, though its code ends in a letter."""
    keys = SEQUENCE.sub("", text)
    return keys if len(keys) <= MOST_AT_ONCE else ""


@contextmanager
def on_keys(do: Callable[[str], None]) -> Iterator[None]:
    """Call ``do`` with each key inside the block, from a separate thread. Ctrl-C stays an interrupt.

    In the background of a shell (``&``, Ctrl-Z and ``bg``) the keys are the shell's, until ``fg``.
    """
    if not has_keys():
        yield
        return
    over = threading.Event()
    with _single_keys() as listen:
        thread = threading.Thread(target=_read_keys, args=(do, over, listen), name="cyclorama-keys", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(1.0)


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _single_keys() -> Iterator[Callable[[], bool]]:
        yield lambda: True

    def _read_keys(do: Callable[[str], None], over: threading.Event, listen: Callable[[], bool]) -> None:
        while listen() and not over.wait(LOOK_S):
            while msvcrt.kbhit():
                key = msvcrt.getwch()
                if key in PREFIXES:
                    msvcrt.getwch()
                else:
                    do(key)

else:
    import select
    import termios
    import tty

    @contextmanager
    def _single_keys() -> Iterator[Callable[[], bool]]:
        """Deliver keys without Enter and without echo. Yields what tells whether they are ours now: a process that
        reads or changes its terminal from the background is stopped by the system."""
        terminal = sys.stdin.fileno()
        before: list[Any] = []

        def listen() -> bool:
            if not _in_foreground(terminal):
                return False
            if not before:
                before.extend(termios.tcgetattr(terminal))
                tty.setcbreak(terminal)
            return True

        listen()
        try:
            yield listen
        finally:
            with suppress(termios.error):  # the terminal was closed
                if before and _in_foreground(terminal):
                    termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    def _in_foreground(terminal: int) -> bool:
        try:
            return os.tcgetpgrp(terminal) == os.getpgrp()
        except OSError:  # not the one that controls jobs
            return True

    def _read_keys(do: Callable[[str], None], over: threading.Event, listen: Callable[[], bool]) -> None:
        terminal = sys.stdin.fileno()
        while not over.is_set():
            try:
                if not listen():
                    over.wait(LOOK_S)
                elif select.select([terminal], [], [], LOOK_S)[0]:
                    for key in meant(_read_whole(terminal)):
                        do(key)
            except (OSError, termios.error):  # the terminal was closed
                return

    def _read_whole(terminal: int) -> str:
        """What was sent at once. Raises OSError at the terminal's end."""
        sent = os.read(terminal, 4096)
        if not sent:
            raise OSError("the terminal was closed")
        text = sent.decode(errors="replace")
        if BROKEN_OFF.search(text) and select.select([terminal], [], [], REST_S)[0]:
            text += os.read(terminal, 4096).decode(errors="replace")
        return text
