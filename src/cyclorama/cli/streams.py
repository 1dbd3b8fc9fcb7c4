"""The standard streams, for a program that must not fail because of them."""

from __future__ import annotations

import errno
import faulthandler
import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Terminal(io.FileIO):
    """A terminal that may be closed while the program runs: what is written then goes nowhere, and nothing fails."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write as much of ``data`` as is taken; all of it, where nobody is there any more."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return memoryview(data).nbytes


def prepare_streams() -> None:
    """A standard stream that is closed (``>&-``) goes nowhere, and no file of ours gets its number; what a terminal's
    encoding lacks is written as an escape instead of failing a command that has done its work; and a terminal may go.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.platform == "win32":  # its consoles take UTF-16, which Python's own streams see to, and they do not go
        return
    for stream in (sys.stdout, sys.stderr):
        if stream.isatty():
            stream.flush()
    sys.stdout = lasting(sys.stdout, sys.stdout.fileno()) if sys.stdout.isatty() else sys.stdout
    sys.stderr = lasting(sys.stderr, sys.stderr.fileno()) if sys.stderr.isatty() else sys.stderr


def lasting(like: TextIO, descriptor: int) -> TextIO:
    """A stream to the terminal ``descriptor``, with the encoding of ``like``."""
    raw = Terminal(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=like.encoding, errors="backslashreplace", line_buffering=True
    )


def hush_libraries() -> None:
    """Native code writes to file descriptor 2, for lack of a better place: only Python keeps a way to stderr.

    What matters of it is in our own messages; of a crash, Python's faulthandler still tells.
    """
    stream = sys.stderr
    stream.flush()
    own = os.dup(stream.fileno())
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)
    if sys.platform != "win32" and os.isatty(own):
        sys.stderr = lasting(stream, own)
    else:
        sys.stderr = open(own, "w", buffering=1, encoding=stream.encoding, errors="backslashreplace")  # noqa: PTH123, SIM115
    faulthandler.enable(sys.stderr)


def reader_left() -> None:
    """Nobody reads stdout any more: let the interpreter's own flush at exit go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
