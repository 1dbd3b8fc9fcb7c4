"""The commands that a running session takes, whoever gives them: the socket, a key, the panel."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import platformdirs

from cyclorama.background.gallery import neighbours
from cyclorama.background.spec import shows_room
from cyclorama.control.state import SessionState, is_busy, shown_settings, words
from cyclorama.core.clock import wait
from cyclorama.core.errors import SettingsError, SinkError, reason
from cyclorama.core.frames import U8, Frame
from cyclorama.core.suggest import did_you_mean
from cyclorama.files.names import user_path
from cyclorama.files.targets import check_new
from cyclorama.pictures.photo import write_photo
from cyclorama.pipeline.jobs.live import RunningLive
from cyclorama.pipeline.runtime.metrics import Snapshot
from cyclorama.pipeline.runtime.room_capture import COUNTDOWN_S
from cyclorama.pipeline.runtime.worker import Worker, give_way
from cyclorama.settings.change import make_still_settings
from cyclorama.settings.stills import HeadshotSettings
from cyclorama.settings.table import SETTINGS
from cyclorama.settings.values import Settings
from cyclorama.settings.written import Written, value_of, written_settings
from cyclorama.stills.headshot.best_frame import BURST_S
from cyclorama.stills.headshot.burst import BurstHeadshot, headshot_of

View = Literal["after", "before", "matte"]
Profiles = Callable[[], Mapping[str, Mapping[str, object]]]
"""Reads the profiles of the settings file: typed values by key, by name. Raises SettingsError."""
STEPS = {"next": 1, "previous": -1}

WAIT_S = 10.0
"""For the first frame of a headshot: a camera that was off has to open."""
LOOK_S = 0.01


@dataclass(frozen=True, slots=True)
class Hosted:
    """Where a session's commands come from. ``name``: to tell it from others. ``command``: ``live`` or ``record``.
    ``stop``: ends it. ``profiles``: of its settings file."""

    name: str
    command: str
    stop: Callable[[], None]
    profiles: Profiles


class Controls:
    """The commands of one session. For any thread; one that opens something returns once that works, or raises.

    All raise CycloramaError, and then nothing has changed.
    """

    def __init__(self, running: RunningLive, hosted: Hosted) -> None:
        self._running = running
        self._hosted = hosted
        self._session = running.session
        self._recorder = running.recorder
        self._lock = threading.Lock()
        self._headshots = threading.Lock()

    @property
    def name(self) -> str:
        """The name of the session."""
        return self._hosted.name

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._session.settings

    def state(self) -> SessionState:
        """What is in force now."""
        status, asked_fps = self._running.status(), float(self._session.output.fps)
        return SessionState(
            self._hosted.name,
            self._hosted.command,
            shown_settings(self.settings, self._hosted.command),
            status,
            self._running.gone.is_set(),
            self.words(status),
            is_busy(status, asked_fps),
            self._recorder.last,
        )

    def words(self, status: Snapshot) -> str:
        """How the session runs, by ``status``, in one sentence."""
        return words(status, self.settings, float(self._session.output.fps))

    def change(self, /, **settings: object) -> dict[str, Written]:
        """Change settings by key, all or none; returns their values now in force."""
        after = self._session.change(**settings)
        return written_settings(after, settings)

    def background(self, what: str) -> dict[str, Written]:
        """Change the background; ``next`` and ``previous`` go through the gallery, past what does not open."""
        if what not in STEPS:
            return self.change(background=what)
        failed: SettingsError | None = None
        for spec in neighbours(self.settings.compose.background, STEPS[what]):
            try:
                return self.change(background=spec)
            except SettingsError as error:
                failed = failed or error
        raise failed or SettingsError("there is no other background")

    def mirror(self, on: bool | None = None) -> dict[str, Written]:
        """Swap left and right, or no longer; None: the other way."""
        return self.change(mirror=not self.settings.capture.mirror if on is None else on)

    def use_profile(self, name: str, *, room: bool = True) -> dict[str, Written]:
        """Use the settings of a profile. Those that need a restart keep their value, and are named in the returned dict
        under ``needs_restart``. ``room``: whether it may be one whose background is ``none``."""
        profiles = self._hosted.profiles()
        if name not in profiles:
            advice = did_you_mean(name, profiles) or f"write a table [profile.{name}] in cyclorama.toml"
            raise SettingsError(f"there is no profile {name}: {advice}")
        if not room and shows_room(profiles[name].get("background")):
            raise SettingsError(f"the profile {name} shows your room: choose that among the backgrounds")
        live = {key: value for key, value in profiles[name].items() if SETTINGS[key].live}
        now = self.settings
        later = [
            key for key, value in profiles[name].items() if key not in live and value_of(now, SETTINGS[key]) != value
        ]
        return {**self.change(**live), **({"needs_restart": later} if later else {})}

    def away(self, on: bool | None = None) -> bool:
        """Show the away picture, or the user again; None: the other one. Returns whether the user is away."""
        if "away" not in shown_settings(self.settings, self._hosted.command):
            raise SettingsError(f"{self._hosted.command} has no away picture: pause the recording instead")
        gone = self._running.gone
        with self._lock:
            if not gone.is_set() if on is None else on:
                gone.set()
            else:
                gone.clear()
            return gone.is_set()

    def record(self, target: Path | None = None) -> str:
        """Start a recording; returns its file. None: a name with the time, in the user's folder for videos."""
        path = user_path(target or new_file(Path(platformdirs.user_videos_dir()), ".mp4"))
        self._recorder.start(path)
        return str(path)

    def finish_recording(self) -> str | None:
        """Finish the recording; returns its file, None if there was none."""
        status = self._recorder.status
        if status is None or not self._recorder.on:
            return None
        self._recorder.finish()
        return status.target

    @property
    def recording(self) -> bool:
        """Whether a clip is being recorded, paused or not."""
        return self._recorder.on

    def pause(self, on: bool | None = None) -> bool:
        """Pause the recording, or go on; None: the other one. Returns whether it is paused."""
        status = self._recorder.status
        paused = status is not None and status.paused
        self._recorder.pause(not paused if on is None else on)
        status = self._recorder.status
        return status is not None and status.paused

    def toggle(self) -> None:
        """Pause the recording, or go on. For a signal handler too."""
        self._recorder.toggle()

    def picture(self) -> U8:
        """The picture shown now: BGR uint8 (H, W, 3), BGRA or grey. Never the room: see ``Session.picture``."""
        return self._session.picture()

    def view(self, name: View) -> U8 | None:
        """A picture for the user's own eyes: ``after`` is what sinks show now, ``before`` and ``matte`` the frame and
        the alpha that it was made from, None while sinks show something else. BGR uint8 (H, W, 3), BGRA or grey.

        ``before`` shows the room: it is for the page that the user has opened, and never for a sink.
        """
        if name == "after":
            return self._session.shown.pixels
        moment = self._session.moment()
        if moment is None:
            return None
        if name == "before":
            return moment.frame.pixels
        return np.asarray(moment.matte.alpha, np.uint8) if moment.matte is not None else None

    def capture_room(self, countdown_s: int = COUNTDOWN_S) -> None:
        """Count down, then learn the empty room from two seconds of it, which it waits for; one capture at a time."""
        self._running.room.capture(countdown_s)

    def looking(self) -> AbstractContextManager[None]:
        """Inside the block the camera runs, as if somebody watched the virtual one."""
        return self._session.looking()

    def snapshot(self, target: Path | None = None) -> str:
        """Write the picture shown now to a file; returns it. None: a name with the time, in the user's folder for
        pictures."""
        path = user_path(target or new_file(Path(platformdirs.user_pictures_dir()), ".png"))
        check_new(path)
        write_photo(path, self.picture(), overwrite=False)
        return str(path)

    def headshot(self, target: Path | None = None, **settings: object) -> str:
        """Write a headshot of the best of two seconds; returns its file. None: a name with the time, in the user's
        folder for pictures. ``settings``: of ``headshot``: preset, background, light_wrap."""
        if target is not None:
            check_new(user_path(target))
        made = self.make_headshot(**settings)
        path = user_path(target or new_file(Path(platformdirs.user_pictures_dir()), made.suffix))
        write_photo(path, made.pixels, dpi=made.dpi, overwrite=False)
        return str(path)

    def make_headshot(self, **settings: object) -> BurstHeadshot:
        """A headshot of the best of two seconds, which it waits for; one at a time."""
        chosen = make_still_settings(HeadshotSettings, settings)
        if self._running.gone.is_set():
            raise SettingsError("you are away: come back for a headshot")
        if not self._headshots.acquire(blocking=False):
            raise SettingsError("a headshot is being made: wait for it")
        try:
            return self._beside(lambda: headshot_of(self._burst(), chosen))
        finally:
            self._headshots.release()

    def _beside(self, make: Callable[[], BurstHeadshot]) -> BurstHeadshot:
        """The result of ``make`` in a thread of low priority: the live picture comes first. The camera runs."""
        made: list[BurstHeadshot] = []

        def work() -> None:
            give_way()
            made.append(make())

        worker = Worker("headshot", work, lambda: None)
        with self.looking():
            worker.start()
            worker.join(threading.TIMEOUT_MAX)
        if worker.error is not None:
            raise worker.error
        return made[0]

    def _burst(self) -> Iterator[Frame]:
        """The frames that are composited from now on, for BURST_S from the first one; none if none comes."""
        stop, last = self._session.stop_event, None
        end_s = time.monotonic() + WAIT_S
        while time.monotonic() < end_s and not stop.is_set():
            moment = self._session.moment()
            if moment is None or moment.frame is last:
                wait(stop, LOOK_S)
                continue
            if last is None:
                end_s = time.monotonic() + BURST_S
            last = moment.frame
            yield last

    def stop(self) -> None:
        """End the session."""
        self._hosted.stop()


def new_file(folder: Path, suffix: str) -> Path:
    """A file in ``folder`` that does not exist yet, named after the time. Raises SinkError where no folder can be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {folder}: {reason(error)}; give a file") from error
    name = f"cyclorama {datetime.now():%Y-%m-%d %H.%M.%S}"
    path, number = folder / (name + suffix), 2
    while path.exists():
        path, number = folder / f"{name} ({number}){suffix}", number + 1
    return path
