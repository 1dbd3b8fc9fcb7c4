"""A running session as an object."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from PIL import Image

from cyclorama._api.given import LIVE, RECORD, read_settings
from cyclorama._api.photos import picture_from
from cyclorama.control.host import Host
from cyclorama.core.closing import Closing
from cyclorama.core.errors import CycloramaError, SettingsError
from cyclorama.pipeline.jobs.live import RunningLive, run_live
from cyclorama.pipeline.jobs.record import run_record
from cyclorama.pipeline.jobs.session_thread import Job, SessionThread, told
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.pipeline.runtime.recording import Director
from cyclorama.settings.values import Settings

__all__ = ["RunningSession", "Snapshot", "live", "record"]


class RunningSession(Closing):
    """A session that runs in its own threads until it is stopped or ends by itself. Its methods are for any thread.
    Leaving a ``with`` statement stops it."""

    settings: Settings
    """The settings that it was started with."""

    def __init__(self, settings: Settings, job: Job, ask_to_end: Callable[[], None]) -> None:
        """Start ``job`` and wait until everything is open. ``ask_to_end``: makes the session end soon. Raises what the
        job raises."""
        self.settings = settings
        self._thread = SessionThread(job, ask_to_end)

    @property
    def status(self) -> Snapshot:
        """The current state; after the end, the final report."""
        return self._thread.final or self._opened.status()

    def snapshot(self) -> Image.Image:
        """The picture shown now: the newest composite while it is fresh, else the privacy card; RGB, RGBA or L.

        Never shows the room: with the background ``none`` it returns the card too.
        """
        return picture_from(self._opened.session.picture())

    def change(self, **settings: object) -> Settings:
        """Change settings while it runs, all of them between two frames or none; returns the new settings.

        Raises SettingsError, and CaptureError or ModelError if a new part does not open; then nothing has changed.
        """
        return self._opened.session.change(**settings)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the session has ended, at most ``timeout_s``; returns whether it has. Raises the error that ended
        it."""
        return self._thread.wait(timeout_s)

    def stop(self) -> Snapshot:
        """End the session and return the final report; a recording keeps everything captured until now. May be called
        again. Raises the error that ended the session."""
        self._thread.end()
        self.wait()
        return self.status

    def close(self) -> None:
        """Same as :meth:`stop`."""
        self.stop()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.stop()
            return
        with suppress(CycloramaError):  # the caller needs the block's own exception
            self.stop()

    @property
    def _opened(self) -> RunningLive:
        running = self._thread.running
        assert running is not None, "known from the constructor on, or that has raised"
        return running


def live(
    *,
    config: str | os.PathLike[str] | None = None,
    profile: str | None = None,
    overwrite: bool = False,
    **settings: object,
) -> RunningSession:
    """Start what ``cyclorama live`` does, and return once it runs: camera in, virtual camera out.

    ``settings``: the options of ``live``, with underscores: source, to, background, model, size, fps, ... The source
    ``demo`` and the output ``null`` need no device. ``config``, ``profile``: a settings file to begin with; no other
    file and no variable is read. ``overwrite``: replace existing clips. A window (``preview``) works on the command
    line only, because it needs the main thread. Raises SettingsError, CaptureError, ModelError, SinkError.
    """
    values = read_settings(settings, LIVE, config=config, profile=profile, overwrite=overwrite)
    if "preview" in values.to:
        raise SettingsError("preview needs the main thread: show snapshot(), or run cyclorama live --to preview")
    halt = threading.Event()

    def job(tell: Callable[[RunningLive], None]) -> Snapshot:
        with Host("live", halt.set) as host:
            return run_live(values, stop=halt, on_running=told(host.begin, tell))

    return RunningSession(values, job, halt.set)


def record(
    target: str | os.PathLike[str],
    *,
    countdown_s: float = 0.0,
    config: str | os.PathLike[str] | None = None,
    profile: str | None = None,
    overwrite: bool = False,
    **settings: object,
) -> RunningSession:
    """Start what ``cyclorama record`` does, and return once everything is open: camera and microphone to a clip.

    ``countdown_s``: time from the first picture to the start of the clip. ``settings``: the options of ``record``, with
    underscores; with ``duration``, in seconds, it ends by itself. Other parameters as for :func:`live`. The recorded
    part is kept, however the session ends.
    """
    values = read_settings(settings, RECORD, config=config, profile=profile, overwrite=overwrite)
    halt = threading.Event()
    director = Director(countdown_s=countdown_s, duration_s=values.duration_s)

    def job(tell: Callable[[RunningLive], None]) -> Snapshot:
        with Host("record", director.finish) as host:
            return run_record(values, Path(target), director, stop=halt, on_running=told(host.begin, tell))

    return RunningSession(values, job, director.finish)
