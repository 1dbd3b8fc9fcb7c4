"""The open networks: one for each model, opened once and lent to one user at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError
from cyclorama.core.memory import give_back
from cyclorama.matting.base import MattingModel
from cyclorama.matting.open import open_model

MOST = 2
"""Networks that stay open; the one that was used least recently is closed for a third."""
IDLE_S = 300.0
"""After this time without use, a network is closed: an idle page costs nothing."""

CLOSING = "the panel closes: start it again"


@dataclass(slots=True)
class _Slot:
    name: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    network: MattingModel | None = None
    used_s: float = 0.0
    users: int = 0


class Networks(Closing):
    """Safe to call from several threads. ``open_by_name``: opens a network; given by tests."""

    def __init__(
        self,
        open_by_name: Callable[[str], MattingModel] = open_model,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._clock = open_by_name, clock
        self._lock = threading.Lock()
        self._slots: dict[str, _Slot] = {}
        self._closed = False

    @contextmanager
    def lend(self, name: str) -> Iterator[MattingModel]:
        """Use the network ``name`` alone, for the block. Raises SettingsError, ModelError."""
        slot = self._take(name)
        try:
            with slot.lock:
                if self._closed:
                    raise CycloramaError(CLOSING)
                if slot.network is None:
                    slot.network = self._open(name)
                yield slot.network
        finally:
            self._return(slot)

    def close_idle(self) -> None:
        """Close what has not been used for ``IDLE_S``."""
        before = self._clock() - IDLE_S
        with self._lock:
            old = [slot for slot in self._slots.values() if not slot.users and slot.used_s < before]
        self._drop(old)

    def close(self) -> None:
        """Close all networks, once nobody uses them; a second call does nothing."""
        with self._lock:
            self._closed = True
            slots = list(self._slots.values())
        self._drop(slots)

    def _take(self, name: str) -> _Slot:
        with self._lock:
            if self._closed:
                raise CycloramaError(CLOSING)
            slot = self._slots.setdefault(name, _Slot(name))
            slot.users += 1
            return slot

    def _return(self, slot: _Slot) -> None:
        with self._lock:
            slot.users -= 1
            slot.used_s = self._clock()
            idle = sorted((each for each in self._slots.values() if not each.users), key=lambda each: each.used_s)
            too_many = idle[: max(0, len(self._slots) - MOST)]
            if slot.network is None and not slot.users:  # it could not be opened
                too_many = [*(each for each in too_many if each is not slot), slot]
        self._drop(too_many)

    def _drop(self, slots: list[_Slot]) -> None:
        for slot in slots:
            with self._lock:
                if slot.users and not self._closed:
                    continue
                self._slots.pop(slot.name, None)
            with slot.lock:
                network, slot.network = slot.network, None
            if network is not None:
                network.close()
                give_back()
