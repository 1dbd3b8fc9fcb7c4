"""Return freed memory to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def give_back() -> None:
    """Trim the heap (glibc ``malloc_trim``); does nothing where the allocator has no such call.

    glibc has an arena for every few threads, and cannot shrink one with a live allocation at its end. A camera that is
    reopened by new threads each time leaves frames' worth of memory in one arena after the other. Takes a few
    milliseconds.
    """
    if sys.platform.startswith("linux"):
        with suppress(AttributeError, OSError):  # musl
            ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0))
