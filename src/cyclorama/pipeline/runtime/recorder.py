"""Start, pause and finish the clips of a session while it runs."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from cyclorama.core.clock import Clock, wait
from cyclorama.core.errors import CaptureError, CycloramaError, SettingsError
from cyclorama.files.names import user_path
from cyclorama.files.targets import check_new
from cyclorama.pipeline.runtime.metrics import RecordingStatus
from cyclorama.pipeline.runtime.recording import ON_ITS_WAY_S, Director, Recording
from cyclorama.pipeline.runtime.session import Session
from cyclorama.sinks.base import FileOptions, FileSink, Sink
from cyclorama.sinks.clip.clip import ClipSink
from cyclorama.sinks.open import open_file

log = logging.getLogger(__name__)


class Recorder:
    """The recordings of one session: those it was started with, and later ones, one at a time.

    For any thread; ``toggle`` also for a signal handler.
    """

    def __init__(self, session: Session, first: Recording, clock: Clock, director: Director | None = None) -> None:
        """``first``: of the clips that the session was started with. ``director``: ends the session with its
        recording."""
        self._session = session
        self._recording = first
        self._clock = clock
        self._director = director
        self.last: str | None = None
        """The clip that was finished last, while the session runs."""
        self._lock = threading.Lock()

    @property
    def status(self) -> RecordingStatus | None:
        """The recording that runs, or the last one; None if there has been none."""
        if not self._session.sinks.clips:
            return None
        return replace(self._recording.status, target=self._target(), ended=not self.on)

    @property
    def fault(self) -> str | None:
        """What is wrong with the microphone now; None if nothing is."""
        return self._recording.fault

    @property
    def on(self) -> bool:
        """Whether a clip is being recorded, paused or not."""
        return bool(self._session.sinks.recordings)

    def start(self, target: Path) -> None:
        """Record into a new clip from now on, with the sound of the settings' microphone.

        Raises SettingsError if a clip is being recorded already or the name is none for a clip; SinkError, CaptureError
        if the clip or the microphone cannot be opened. Then nothing changes.
        """
        with self._lock:
            if self.on:
                raise SettingsError(f"{self._target()} is being recorded: finish it before the next one")
            path = user_path(target)
            ClipSink(path)  # checks the name
            check_survives(path)
            check_new(path)  # before the microphone is opened
            self._recording.close()
            recording, sink = self._open(path)
            try:
                self._session.add(sink, recording.end)
            except BaseException:
                recording.close()
                raise
            self._drop_ended(sink)
            self._recording = recording
            recording.begin()

    def _open(self, target: Path) -> tuple[Recording, FileSink]:
        """A recording and its clip, not opened yet; without sound where there is no microphone and nobody asked for
        one."""
        settings = self._session.settings
        anyway = settings.audio is None and settings.mic is None
        for wants_sound in (True, False):
            recording = Recording(settings, None, self._clock, wants_sound=wants_sound)
            options = FileOptions(encoding=settings.encoding, timeline=recording.timeline, listen=recording.listen)
            try:
                return recording, open_file(target, options)
            except CaptureError as error:
                recording.close()
                if not (anyway and wants_sound):
                    raise
                log.warning("%s; recording without sound", error)
        raise AssertionError("without sound no microphone is opened")

    def finish(self) -> None:
        """End the recording with all frames captured until now, and finish the clip; nothing if there is none. Raises
        SinkError if the clip could not be finished."""
        if self._director is not None:
            self._director.finish()
            return
        with self._lock:
            self._recording.timeline.pause(self._clock.now_ns())
            if self.on:
                wait(self._session.stop_event, ON_ITS_WAY_S)
            self.last = self._target() or self.last
            with ExitStack() as stack:
                stack.callback(self._recording.close)
                for sink in self._session.sinks.recordings:
                    stack.callback(self._session.remove, sink)

    def toggle(self) -> None:
        """Pause, or go on."""
        if self._director is not None:
            self._director.toggle()
        elif self.on:
            self._recording.timeline.toggle(self._clock.now_ns())

    def pause(self, on: bool) -> None:
        """Pause (``on``) or go on. Raises SettingsError if nothing is being recorded, or not yet."""
        if not self.on:
            raise SettingsError("nothing is being recorded: start a recording first")
        if not self._recording.timeline.started:
            raise SettingsError("the recording has not begun: wait for the end of its countdown")
        if self._recording.timeline.running is on:
            self.toggle()

    def close(self) -> None:
        """Release the microphone. The session has ended before."""
        with self._lock:
            self._recording.close()

    def _target(self) -> str:
        return ", ".join(sink.name for sink in self._session.sinks.clips)

    def _drop_ended(self, current: Sink) -> None:
        """Forget clips that ended before ``current``, with the error of one that failed."""
        for sink in self._session.sinks.clips:
            if sink is not current:
                try:
                    self._session.remove(sink)
                except CycloramaError:  # it was told when it happened
                    continue


def check_survives(target: Path) -> None:
    """Raise SettingsError for a format whose file is made at its end, and which a crash would therefore lose."""
    if target.suffix.lower() == ".webp":
        raise SettingsError(f"{target} would be lost with a crash, a .webp is written at its end: record .mp4 or .gif")
