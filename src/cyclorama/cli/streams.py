"""Prepare the standard streams so that a closed or limited stream does not fail a command."""

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
    """A terminal that may be closed while the program runs: later output is discarded without an error."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write ``data`` and return the bytes written; all of them if the terminal was closed."""
        try:
            return super().write(data)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return memoryview(data).nbytes


class OutputError(OSError):
    """Standard output takes no more: its disk is full, for example."""


class Output(io.FileIO):
    """Standard output that is no terminal. A failed write is an OutputError, to tell it from a command's own errors."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write ``data`` and return the bytes written. Raises OutputError, or BrokenPipeError once the reader left."""
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(error.errno, error.strerror) from error


def prepare_streams() -> None:
    """Make the standard streams safe to write to.

    A closed stream (``>&-``) goes to the null device, so that no file of ours gets its descriptor. Characters that a
    terminal's encoding lacks are escaped. A terminal may be closed at any time; what another output does not take is an
    OutputError.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
    if not sys.stdout.isatty():
        sys.stdout = _telling(sys.stdout)
    if sys.platform == "win32":  # Python writes UTF-16 to Windows consoles itself, and they stay open
        return
    for stream in (sys.stdout, sys.stderr):
        if stream.isatty():
            stream.flush()
    sys.stdout = lasting(sys.stdout, sys.stdout.fileno()) if sys.stdout.isatty() else sys.stdout
    sys.stderr = lasting(sys.stderr, sys.stderr.fileno()) if sys.stderr.isatty() else sys.stderr


def lasting(like: TextIO, descriptor: int) -> TextIO:
    """Open a stream to the terminal ``descriptor`` with the encoding of ``like``."""
    raw = Terminal(descriptor, "w", closefd=False)
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=like.encoding, errors="backslashreplace", line_buffering=True
    )


def _telling(like: TextIO) -> TextIO:
    """Open the same output as ``like``, which has written nothing yet, as an Output."""
    buffered = io.BufferedWriter(Output(like.fileno(), "w", closefd=False))
    through = bool(getattr(like, "write_through", False))  # PYTHONUNBUFFERED
    return io.TextIOWrapper(buffered, encoding=like.encoding, errors=like.errors, write_through=through)


def hush_libraries() -> None:
    """Send file descriptor 2 to the null device, because native libraries log there; Python keeps its own copy of
    stderr.

    Our own messages report what matters; Python's faulthandler still reports a crash.
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
    """Redirect stdout after its reader closed the pipe, so that the flush at exit does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
