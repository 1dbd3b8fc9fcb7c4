"""Single key presses while a command runs, where standard input is a terminal."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

LOOK_S = 0.1


def has_keys() -> bool:
    """Whether standard input is a terminal that delivers key presses."""
    return sys.stdin is not None and sys.stdin.isatty()


@contextmanager
def on_keys(do: Callable[[str], None]) -> Iterator[None]:
    """Call ``do`` with each key inside the block, from a separate thread. Ctrl-C stays an interrupt."""
    if not has_keys():
        yield
        return
    over = threading.Event()
    with _single_keys():
        thread = threading.Thread(target=_read_keys, args=(do, over), name="cyclorama-keys", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(1.0)


if sys.platform == "win32":
    import msvcrt

    @contextmanager
    def _single_keys() -> Iterator[None]:
        yield

    def _read_keys(do: Callable[[str], None], over: threading.Event) -> None:
        while not over.wait(LOOK_S):
            while msvcrt.kbhit():
                do(msvcrt.getwch())

else:
    import select
    import termios
    import tty

    @contextmanager
    def _single_keys() -> Iterator[None]:
        """Deliver keys without Enter and without echo."""
        terminal = sys.stdin.fileno()
        before = termios.tcgetattr(terminal)
        tty.setcbreak(terminal)
        try:
            yield
        finally:
            with suppress(termios.error):  # the terminal was closed
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    def _read_keys(do: Callable[[str], None], over: threading.Event) -> None:
        terminal = sys.stdin.fileno()
        while not over.is_set():
            if select.select([terminal], [], [], LOOK_S)[0]:
                try:
                    pressed = os.read(terminal, 32)
                except OSError:
                    return
                if not pressed:  # the terminal was closed
                    return
                for key in pressed.decode(errors="replace"):
                    do(key)
