"""What signals do from the first moment on, before a command has said what they shall do.

Light, and imported before anything else: what comes while the libraries are imported must neither kill what was asked
for nor leave a traceback.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

SWITCHES = ("SIGUSR1", "SIGUSR2")
"""They mean those who are in a call or record, and may reach all that run: `pkill -USR1 cyclorama`."""
ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
AGAIN_S = 0.02
IMPORTING = "<frozen importlib._bootstrap>"


def ending() -> list[signal.Signals]:
    """The signals that end a command here: Ctrl-C, `kill`, a terminal that was closed, unless that is ignored
    (`nohup`)."""
    known = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    return [each for each in known if each.name != "SIGHUP" or signal.getsignal(each) is not signal.SIG_IGN]


def guard() -> None:
    """Ignore the switches, and let the others raise KeyboardInterrupt. In the main thread."""
    for name in SWITCHES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    for each in ending():
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, _interrupt)


def ignore_all() -> None:
    """All is done and said: what comes while the interpreter ends shall not change the exit code.

    A handler would not do: the interpreter takes handlers away before it has ended. Ctrl-\\ and SIGKILL still work.
    """
    for each in ending():
        signal.signal(each, signal.SIG_IGN)
    # CPython notes a KeyboardInterrupt that leaves an eval() of a string, whoever catches it then, and would end by
    # SIGINT for it; the next eval() clears the note.
    eval("None")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Libraries take an exception in the midst of their import badly, and some swallow it: it waits for the end."""
    if _is_importing(frame):
        timer = threading.Timer(AGAIN_S, _again, (number,))
        timer.daemon = True
        timer.start()
        return
    raise KeyboardInterrupt


def _again(number: int) -> None:
    """Send it once more, to the main thread, so that it ends what that waits for."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)
    else:
        signal.raise_signal(number)


def protected(run: Callable[[], None]) -> None:
    """Call ``run``; a signal that ends it before or after the command's own work is one line and its exit code."""
    try:
        guard()
        run()
    except KeyboardInterrupt:
        from cyclorama.cli.errors import INTERRUPTED

        ignore_all()
        with contextlib.suppress(OSError, ValueError, AttributeError):  # no stderr, or nobody at its other end
            print("cyclorama: interrupted", file=sys.stderr, flush=True)
        raise SystemExit(INTERRUPTED) from None


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == IMPORTING:
            return True
        frame = frame.f_back
    return False
