"""What becomes of freed memory: kept for the next frame, or returned to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

KEPT_FREE = 64 << 20
"""Bytes of freed memory at the heap's end that a process keeps: the pictures of a frame many times over."""
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's ``mallopt``, from malloc.h."""


def keep_freed() -> None:
    """Keep freed memory for the next frame (glibc ``mallopt``); does nothing where the allocator has no such call.

    By default glibc returns the heap's end to the system once a few hundred kilobytes are free there, and gets it back
    page by page for the next picture: a twentieth of a session's processor time.
    """
    if sys.platform.startswith("linux"):
        with suppress(AttributeError, OSError):  # musl
            set_parameter = ctypes.CDLL(None).mallopt
            set_parameter(M_TRIM_THRESHOLD, KEPT_FREE)
            set_parameter(M_MMAP_THRESHOLD, KEPT_FREE // 2)


def give_back() -> None:
    """Trim the heap (glibc ``malloc_trim``); does nothing where the allocator has no such call.

    glibc has an arena for every few threads, and cannot shrink one with a live allocation at its end. A camera that is
    reopened by new threads each time leaves frames' worth of memory in one arena after the other. Takes a few
    milliseconds.
    """
    if sys.platform.startswith("linux"):
        with suppress(AttributeError, OSError):  # musl
            ctypes.CDLL(None).malloc_trim(ctypes.c_size_t(0))
