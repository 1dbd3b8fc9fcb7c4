"""Memory that is free goes back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """Return to the system what the allocator keeps of freed memory; nothing is done where it has no such call.

    glibc has an arena for every few threads, and keeps one whole where a small thing lies at its end. A camera that is
    opened again and again, each time by new threads, leaves frames' worth of memory in one arena after the other. Takes
    a few milliseconds.
    """
    if sys.platform.startswith("linux"):
        with suppress(AttributeError, OSError):  # musl
            ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0))
