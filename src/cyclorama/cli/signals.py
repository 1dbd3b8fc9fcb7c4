"""Signal handling from process start until a command installs its own handlers.

Imports little, and is imported first: a signal during the import of the libraries must neither kill a run that it is
not meant to end nor print a traceback.
"""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

SWITCHES = ("SIGUSR1", "SIGUSR2")
"""Toggles for ``live`` and ``record``. `pkill -USR1 cyclorama` sends them to every running command; the others ignore
them."""
ENDING = ("SIGINT", "SIGTERM", "SIGHUP")
AGAIN_S = 0.02
IMPORTING = "<frozen importlib._bootstrap>"


def ending() -> list[signal.Signals]:
    """The signals that end a command on this system: SIGINT, SIGTERM, and SIGHUP unless it is ignored (`nohup`)."""
    known = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    return [each for each in known if each.name != "SIGHUP" or signal.getsignal(each) is not signal.SIG_IGN]


def guard() -> None:
    """Ignore ``SWITCHES``, and raise KeyboardInterrupt for ``ending()``. Main thread only."""
    for name in SWITCHES:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    for each in ending():
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, _interrupt)
    sys.unraisablehook = _unraisable


def ignore_all() -> None:
    """Ignore all signals once the work is done: a signal during interpreter shutdown must not change the exit code.

    A Python handler is not enough: the interpreter removes handlers before it has shut down. Ctrl-\\ and SIGKILL still
    work.
    """
    for each in ending():
        signal.signal(each, signal.SIG_IGN)
    # CPython remembers a KeyboardInterrupt that left an eval() of a string, even if it was caught, and would exit by
    # SIGINT; the next eval() clears that flag.
    eval("None")


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Raise KeyboardInterrupt, but not during an import, which may break or swallow it: then send the signal again
    later."""
    if _is_importing(frame):
        _send_later(number)
        return
    raise KeyboardInterrupt


def _unraisable(event: sys.UnraisableHookArgs) -> None:
    """Send SIGINT again where compiled code or a destructor swallowed the KeyboardInterrupt; print anything else."""
    if issubclass(event.exc_type, KeyboardInterrupt):
        _send_later(signal.SIGINT)
    else:
        sys.__unraisablehook__(event)


def _send_later(number: int) -> None:
    timer = threading.Timer(AGAIN_S, _again, (number,))
    timer.daemon = True
    timer.start()


def _again(number: int) -> None:
    """Send the signal again, to the main thread, so that it interrupts a blocking call there."""
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, number)
    else:
        signal.raise_signal(number)


def protected(run: Callable[[], None]) -> None:
    """Call ``run``. A signal outside the command's own handlers prints one line and exits with INTERRUPTED."""
    try:
        guard()
        run()
    except KeyboardInterrupt:
        from cyclorama.cli.errors import INTERRUPTED

        ignore_all()
        with contextlib.suppress(OSError, ValueError, AttributeError):  # stderr is missing or closed
            print("cyclorama: interrupted", file=sys.stderr, flush=True)
        raise SystemExit(INTERRUPTED) from None


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == IMPORTING:
            return True
        frame = frame.f_back
    return False
