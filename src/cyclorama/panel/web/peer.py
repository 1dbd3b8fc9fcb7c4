"""Whose program is at the other end of a loopback connection, by the word of the Linux kernel.

The page's address with its token stands in the command line of the browser that is told to open it, where every account
of the machine can read it.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

TABLES = {4: Path("/proc/self/net/tcp"), 16: Path("/proc/self/net/tcp6")}
"""By the length of an address in bytes. One line a socket: number, own address, other address, state, queues (3),
user."""
ESTABLISHED, CLOSE_WAIT = b"01", b"08"
"""States in which a program holds the socket; in others the kernel may tell root for a program that is gone."""
ROOT = 0
"""Who may do anything, and forwards connections of the host of a virtual machine."""
TRIES = 3
"""A table that changes while it is read may lack a line."""


def is_anothers(own: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> bool:
    """Whether another user's program holds the end ``other`` of a connection to ``own``, or none does any more.

    Both as ``getsockname`` has them. False where the system does not say.
    """
    if sys.platform != "linux" or not own or not other:
        return False
    with suppress(OSError, ValueError):
        return _user(own, other) not in (os.geteuid(), ROOT)
    return False


def _user(own: tuple[Any, ...], other: tuple[Any, ...]) -> int | None:
    """The user who holds ``other``; None if nobody does. Raises OSError, ValueError where the system does not say."""
    ends = b" %s %s " % (_written(other), _written(own))
    table = TABLES[len(_packed(own[0]))]
    for _ in range(TRIES):
        _, found, rest = table.read_bytes().partition(ends)
        if found:
            state, _, _, _, user = rest.split(None, 5)[:5]
            return int(user) if state in (ESTABLISHED, CLOSE_WAIT) else None
    return None


def _packed(address: str) -> bytes:
    return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)


def _written(end: tuple[Any, ...]) -> bytes:
    """An end of a connection as the tables have it: words of four bytes in the machine's order, and the port."""
    packed = _packed(end[0])
    words = (int.from_bytes(packed[at : at + 4], sys.byteorder) for at in range(0, len(packed), 4))
    return b"%s:%04X" % (b"".join(b"%08X" % word for word in words), end[1])
