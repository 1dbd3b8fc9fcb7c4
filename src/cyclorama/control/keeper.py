"""Who holds the panel's session: one that runs in a terminal, or one that the panel starts, stops and starts again."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from cyclorama.control.controls import Controls
from cyclorama.control.host import Host, SettingsSource
from cyclorama.control.last import remember
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError, SettingsError, SinkError
from cyclorama.core.memory import give_back
from cyclorama.pipeline.jobs.live import RunningLive, run_live
from cyclorama.pipeline.jobs.session_thread import SessionThread, told
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.settings.change import change_settings
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import Settings
from cyclorama.settings.written import differences

ENDING_S = 15.0
"""How long a session may take to end, with a recording that is finished."""
NOWHERE = ("null",)


class SessionHolder(Protocol):
    """The session behind the panel. For any thread."""

    @property
    def controls(self) -> Controls | None:
        """The commands of the session; None while none runs."""

    @property
    def settings(self) -> Settings:
        """The settings in force, or those of the next start."""

    @property
    def problem(self) -> CycloramaError | None:
        """What keeps the session, or its virtual camera, from running; None if nothing does."""

    @property
    def starting(self) -> bool:
        """Whether a session is being opened."""

    def start(self, **changes: object) -> None:
        """Start the session, again if one runs, with other settings. Raises SettingsError for a wrong value; what
        cannot be opened is the ``problem`` then."""

    def change(self, **changes: object) -> None:
        """Change settings; those that need it begin a new session. Raises CycloramaError, and nothing has changed."""

    def stop(self) -> None:
        """End the session."""


class TerminalSession:
    """The session of a terminal, which started it and ends with it."""

    def __init__(self, host: Host, settings: Settings) -> None:
        self._host = host
        self._settings = settings

    @property
    def controls(self) -> Controls | None:
        """Of the host; None before it runs."""
        return self._host.controls

    @property
    def settings(self) -> Settings:
        """In force."""
        return self._settings if self.controls is None else self.controls.settings

    @property
    def problem(self) -> CycloramaError | None:
        """Nothing: an error ends the command."""
        return None

    @property
    def starting(self) -> bool:
        """Whether it does not run yet."""
        return self.controls is None

    def start(self, **changes: object) -> None:
        """Only what can change while it runs."""
        self.change(**changes)

    def change(self, **changes: object) -> None:
        """Change what can change while it runs. Raises SettingsError for anything else."""
        if self.controls is None:
            raise SettingsError("the session is being opened: try again in a moment")
        self.controls.change(**changes)

    def stop(self) -> None:
        """End it, and the command with it."""
        if self.controls is not None:
            self.controls.stop()


class Keeper(Closing):
    """Starts sessions for the panel, one after the other.

    Where there is no virtual camera, the session runs without one, and that is the ``problem``: looking, recording and
    snapshots do not need it.
    """

    def __init__(self, settings: Settings, source: SettingsSource | None = None) -> None:
        """``settings``: of the first start. ``source``: for profiles."""
        self._settings = settings
        self._source = source
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._problem: CycloramaError | None = None
        self._starting = False

    @property
    def controls(self) -> Controls | None:
        """Of the session that runs."""
        run = self._run
        return run.host.controls if run is not None and run.alive else None

    @property
    def settings(self) -> Settings:
        """In force, or of the next start."""
        run = self._run
        controls = run.host.controls if run is not None else None  # also of a session that an error has ended
        return self._settings if controls is None else replace(controls.settings, to=self._settings.to)

    @property
    def problem(self) -> CycloramaError | None:
        """Why no session runs, or runs without its virtual camera."""
        run = self._run
        return self._problem if run is None or run.error is None else run.error

    @property
    def starting(self) -> bool:
        """Whether one is being opened."""
        return self._starting

    def start(self, **changes: object) -> None:
        """See :class:`SessionHolder`."""
        with self._lock:
            self._settings = change_settings(self.settings, **changes)
            self._begin()

    def change(self, **changes: object) -> None:
        """See :class:`SessionHolder`."""
        with self._lock:
            after = change_settings(self.settings, **changes)
            differing = differences(self.settings, after)
            controls = self.controls
            if controls is not None and all(SETTINGS[key].live for key in differing):
                controls.change(**differing)
            else:
                self._restart(after, runs=controls is not None)
        remember(self.settings)

    def stop(self) -> None:
        """See :class:`SessionHolder`."""
        with self._lock:
            self._settings = self.settings
            self._end()
            self._problem = None

    def close(self) -> None:
        """End the session; its settings are those of the next start."""
        remember(self.settings)
        self.stop()

    def _restart(self, after: Settings, *, runs: bool) -> None:
        """Take ``after``; where a session ran and cannot run with them, that one runs again, and the reason is
        raised."""
        before, problem = self.settings, self.problem
        self._settings = after
        if not runs:
            self._end()
            self._problem = problem
            return
        self._begin()
        if self._run is None and self._problem is not None:
            error, self._settings = self._problem, before
            self._begin()
            raise error

    def _begin(self) -> None:
        self._end()
        self._starting, self._problem = True, None
        try:
            self._open()
        except CycloramaError as error:
            self._problem = error
        finally:
            self._starting = False

    def _open(self) -> None:
        try:
            self._run = _Run(self._settings, self._current_source())
        except SinkError as error:
            if self._settings.to == NOWHERE:
                raise
            self._run = _Run(replace(self._settings, to=NOWHERE), self._current_source())
            self._problem = error

    def _current_source(self) -> SettingsSource | None:
        """The source, whose file counts as read now: only what is saved later changes the session."""
        if self._source is not None:
            with suppress(SettingsError):  # the next saving may mend it
                self._source = replace(self._source, loaded=self._source.load())
        return self._source

    def _end(self) -> None:
        run, self._run = self._run, None
        if run is not None:
            run.end()
            del run
            gc.collect()  # networks and threads refer to each other; each session would leave 20 MB for a while
            give_back()


class _Run:
    """One session in a thread of its own."""

    def __init__(self, settings: Settings, source: SettingsSource | None) -> None:
        """Return once everything is open. Raises what keeps it from opening."""
        self._stop = threading.Event()
        self.host = Host("live", self._stop.set, source=source)

        def job(tell: Callable[[RunningLive], None]) -> Snapshot:
            with self.host as host:
                return run_live(settings, stop=self._stop, on_running=told(host.begin, tell))

        self._thread = SessionThread(job, self._stop.set)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return not self._thread.ended and not self._stop.is_set()

    @property
    def error(self) -> CycloramaError | None:
        """The error that ended it."""
        error = self._thread.error
        return error if isinstance(error, CycloramaError) else None

    def end(self) -> None:
        """End it, with its recordings finished."""
        self._thread.end(ENDING_S)
