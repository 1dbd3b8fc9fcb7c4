"""What the page keeps, by id: a bound on the number, and an age at which what nobody asks for goes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from cyclorama.panel.errors import RequestError

MOST = {"photo": 200, "clip": 20}
"""Entries that are kept at a time, by what they are called."""
AGE_S = 3600.0
"""What nobody asks for is deleted after this time."""


class Entry(Protocol):
    """``used_s``: when it was asked for last."""

    id: str
    used_s: float


E = TypeVar("E", bound=Entry)


class Shelf(Generic[E]):
    """Entries that are called ``what``. Safe to call from several threads; ``lock``, which is never
    held while others are called, is for what else belongs to an entry."""

    def __init__(self, what: str, clock: Callable[[], float]) -> None:
        self.lock = threading.Lock()
        self.clock = clock
        self._what = what
        self._entries: dict[str, E] = {}

    def put(self, entry: E) -> None:
        """Keep an entry. Raises RequestError where there are too many."""
        with self.lock:
            most = MOST[self._what]
            if len(self._entries) >= most:
                text = f"{most} {self._what}s are here already: delete some that you have downloaded"
                raise RequestError(429, text, retry_after_s=60)
            entry.used_s = self.clock()
            self._entries[entry.id] = entry

    def get(self, id: str) -> E:
        """The entry ``id``, which is in use now. Raises RequestError."""
        with self.lock:
            entry = self._entries.get(id)
            if entry is None:
                raise RequestError(404, f"there is no such {self._what} here any more: add it again")
            entry.used_s = self.clock()
            return entry

    def all(self) -> list[E]:
        """All entries, which are in use now, the oldest first."""
        with self.lock:
            for entry in self._entries.values():
                entry.used_s = self.clock()
            return list(self._entries.values())

    def take(self, entry: E) -> None:
        """Keep an entry no longer. The caller holds the lock."""
        self._entries.pop(entry.id, None)

    def has(self, entry: E) -> bool:
        """Whether it is kept. The caller holds the lock."""
        return entry.id in self._entries

    def unused(self) -> list[E]:
        """The entries that nobody has asked for since ``AGE_S``."""
        before_s = self.clock() - AGE_S
        with self.lock:
            return [entry for entry in self._entries.values() if entry.used_s < before_s]
