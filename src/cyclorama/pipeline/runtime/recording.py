"""What the clips of a session share: the recording times and the microphone."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from cyclorama.capture.microphone import DEFAULT, Microphone
from cyclorama.capture.open import open_microphone
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import SettingsError
from cyclorama.core.sound import SoundSource
from cyclorama.pipeline.runtime.metrics import RecordingStatus
from cyclorama.settings.values import Settings
from cyclorama.sinks.timeline import Timeline

FIRST_FRAME_S = 0.1
LOOK_S = 0.02
LONGEST_S = 3600
"""Of a countdown."""
ON_ITS_WAY_S = 0.3
"""Seconds to wait at the end for frames still in the pipeline; longer than the latency from camera to sink."""


class Director:
    """Controls when a recording runs: after a countdown, for ``duration_s`` or until ``finish``, and not while paused.

    ``toggle`` and ``finish`` may be called at any time, also from a signal handler.
    """

    def __init__(
        self, *, countdown_s: float = 0.0, duration_s: float | None = None, clock: Clock | None = None
    ) -> None:
        """Raises SettingsError for a countdown that is none."""
        if not isinstance(countdown_s, int | float) or not 0 <= countdown_s <= LONGEST_S:  # NaN neither
            raise SettingsError(f"the countdown {countdown_s!r} is not a number from 0 to {LONGEST_S} seconds")
        self.timeline = Timeline()
        self.starts_in: int | None = math.ceil(countdown_s)
        self._countdown_s = countdown_s
        self._duration_ns = None if duration_s is None else round(duration_s * 1e9)
        self._clock = clock or SystemClock()
        self._over = threading.Event()

    def toggle(self) -> None:
        """Pause or resume; does nothing after the end."""
        if not self._over.is_set():
            self.timeline.toggle(self._clock.now_ns())

    def finish(self) -> None:
        """End the recording, including all frames captured until now."""
        self._over.set()
        self.timeline.pause(self._clock.now_ns())

    def direct(
        self,
        wait_first_frame: Callable[[float], bool],
        stop: threading.Event,
        *,
        broken: Callable[[], bool] = lambda: False,
        on_count: Callable[[], None] = lambda: None,
        on_start: Callable[[], None] = lambda: None,
    ) -> None:
        """Wait for the first composite, count down, record, and set ``stop`` at the end. ``broken``: whether the clip
        can no longer be written. ``on_count`` is called for every second of the countdown, ``on_start`` after it."""
        while not wait_first_frame(FIRST_FRAME_S):
            if self._ended(stop):
                return stop.set()
        if self._count_down(stop, on_count):
            on_start()
            self.timeline.run(self._clock.now_ns())
            while not (self._ended(stop) or self._is_full() or broken()):
                stop.wait(LOOK_S)
            stop.wait(ON_ITS_WAY_S)
        return stop.set()

    def _ended(self, stop: threading.Event) -> bool:
        return stop.is_set() or self._over.is_set()

    def _count_down(self, stop: threading.Event, on_count: Callable[[], None]) -> bool:
        """Count down; returns whether it was not interrupted."""
        begin_ns = self._clock.now_ns()
        told = None
        while not self._ended(stop):
            left_s = self._countdown_s - (self._clock.now_ns() - begin_ns) / 1e9
            if left_s <= 0:
                self.starts_in = None
                return True
            self.starts_in = math.ceil(left_s)
            if self.starts_in != told:
                told = self.starts_in
                on_count()
            stop.wait(min(LOOK_S, left_s))
        return False

    def _is_full(self) -> bool:
        """Whether the duration is over; then the excess is cut from the timeline."""
        if self._duration_ns is None:
            return False
        now_ns = self._clock.now_ns()
        over_ns = self.timeline.length_ns(now_ns) - self._duration_ns
        if over_ns < 0:
            return False
        self._over.set()
        self.timeline.pause(now_ns - over_ns)
        return True


class Recording:
    """The timeline of the clips and the microphone, which the first clip with sound opens and all clips share.

    Without a director the clips run from ``begin`` on, except while ``timeline`` is paused.
    """

    def __init__(
        self, settings: Settings, director: Director | None, clock: Clock, *, wants_sound: bool = False
    ) -> None:
        """``wants_sound``: unless the settings say no; with a director always."""
        wanted = wants_sound or director is not None or settings.mic is not None
        self._mic = (settings.mic or DEFAULT) if (wanted if settings.audio is None else settings.audio) else None
        self._director = director
        self._clock = clock
        self._microphone: Microphone | None = None
        self.timeline = director.timeline if director is not None else Timeline()

    def listen(self) -> SoundSource | None:
        """The sound for one clip; None if sound is off. Raises CaptureError."""
        if self._mic is None:
            return None
        if self._microphone is None:
            self._microphone = open_microphone(self._mic, clock=self._clock)
        return self._microphone.listen()

    def begin(self) -> None:
        """Start recording, unless a director decides when."""
        if self._director is None:
            self.timeline.run(self._clock.now_ns())

    def end(self) -> None:
        """Record no more, because the clip is finished or cannot be written."""
        self.timeline.pause(self._clock.now_ns())
        self.close()

    @property
    def fault(self) -> str | None:
        """What is wrong with the microphone now; None if nothing is."""
        return self._microphone.fault if self._microphone is not None else None

    @property
    def status(self) -> RecordingStatus:
        """The state of the recording."""
        microphone = self._microphone
        return RecordingStatus(
            round(self.timeline.length_ns(self._clock.now_ns()) / 1e9, 3),
            paused=self.timeline.started and not self.timeline.running,
            starts_in=self._director.starts_in if self._director is not None else None,
            microphone=microphone.name if microphone is not None else None,
            level=round(microphone.level, 4) if microphone is not None else 0.0,
        )

    def close(self) -> None:
        """Release the microphone."""
        if self._microphone is not None:
            self._microphone.close()
