"""Everything through which a running session takes commands: its socket, keys, and its settings file."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cyclorama.control.controls import Controls, Hosted, Profiles
from cyclorama.control.endpoint import claim
from cyclorama.control.keys import press
from cyclorama.control.reload import Reload
from cyclorama.control.server import ControlServer
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError
from cyclorama.pipeline.jobs.live import RunningLive
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.pipeline.runtime.worker import Worker
from cyclorama.settings.values import Settings

log = logging.getLogger(__name__)

PENDING_KEYS = 8
"""Keys pressed while another one is at work; more are dropped."""


def no_profiles() -> dict[str, dict[str, object]]:
    """A session without a settings file."""
    return {}


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Where a session's settings came from. ``loaded``: as they were read. ``file``: the settings file now, None =
    there is none. ``load``: reads all sources again. Both raise SettingsError."""

    loaded: Settings
    file: Callable[[], Path | None]
    load: Callable[[], Settings]
    profiles: Profiles = no_profiles


class Host(Closing):
    """Lets a session be controlled from ``begin`` to ``close``."""

    def __init__(
        self,
        command: str,
        stop: Callable[[], None],
        *,
        stopping_keys: str = "",
        source: SettingsSource | None = None,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        """``command``: ``live`` or ``record``. ``stop``: ends the session. ``stopping_keys``: those that call it.
        ``source``: settings to read again when they are saved. ``tell``: says one line to the user; called by several
        threads."""
        self.controls: Controls | None = None
        self._command = command
        self._stop = stop
        self._stopping_keys = stopping_keys
        self._source = source
        self._tell = tell
        self._over = threading.Event()
        self._keys: queue.Queue[str] = queue.Queue(PENDING_KEYS)
        self._server: ControlServer | None = None
        self._workers: list[Worker] = []
        self._start("keys", self._press_all)

    def begin(self, running: RunningLive) -> None:
        """Take commands for ``running`` from now on. Where there can be no socket, that is told and the rest works."""
        name, claimed = self._command, None
        try:
            claimed = claim(self._command)
            name = claimed[0].name
        except CycloramaError as error:
            log.warning("%s", error)
        profiles = self._source.profiles if self._source is not None else no_profiles
        self.controls = Controls(running, Hosted(name, self._command, self._stop, profiles))
        if claimed is not None:
            self._server = ControlServer(*claimed, self.controls)
        if self._source is not None:
            source = self._source
            reload = Reload(source.loaded, source.file, source.load, self.controls.change, self._tell)
            self._start("settings", lambda: reload.run(self._over))

    def words(self, status: Snapshot) -> str:
        """How the session runs, by ``status``, in one sentence."""
        return "starting" if self.controls is None else self.controls.words(status)

    def press(self, key: str) -> None:
        """Do what ``key`` stands for, soon; a stopping key at once. For any thread; does not block."""
        if key and key.lower() in self._stopping_keys:
            self._stop()
            return
        with suppress(queue.Full):
            self._keys.put_nowait(key)

    def toggle(self) -> None:
        """Pause the recording, or go on, at once; for a signal handler."""
        if self.controls is not None:
            self.controls.toggle()

    def close(self) -> None:
        """Take no more commands."""
        self._over.set()
        self.press("")  # wakes the thread that waits for keys
        if self._server is not None:
            self._server.close()
        for worker in self._workers:
            worker.join(1.0)

    def _start(self, name: str, target: Callable[[], None]) -> None:
        worker = Worker(name, target, lambda: None)
        self._workers.append(worker)
        worker.start()

    def _press_all(self) -> None:
        while True:
            key = self._keys.get()
            if self._over.is_set():
                return
            if self.controls is not None:
                self._tell_of(key, self.controls)

    def _tell_of(self, key: str, controls: Controls) -> None:
        try:
            text = press(key, controls)
        except CycloramaError as error:
            text = str(error)
        except Exception as error:  # the keys after it have to work
            log.exception("key %r failed", key)
            text = f"unexpected {type(error).__name__}: {error}"
        if text:
            self._tell(text)
