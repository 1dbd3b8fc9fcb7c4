"""Capture the empty room in a running session, after a countdown in which the user leaves the picture; and say what is
known of it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from cyclorama.core.errors import SettingsError
from cyclorama.matting.engine.room.capture import CAPTURE_S
from cyclorama.matting.engine.room.state import RoomState
from cyclorama.pipeline.runtime.metrics import RoomStatus
from cyclorama.pipeline.runtime.parts import ROOM_OFF, LearnsRoom, SessionParts

COUNTDOWN_S = 5
"""To leave the picture in."""
LONGEST_S = 60
"""Of a countdown."""
PATIENCE_S = CAPTURE_S + 10.0
"""For the end of a capture: a camera that was off has to open first."""
LOOK_S, SECOND_S = 0.1, 1.0
NOT_CAPTURED = "the empty room was not captured"


class Capturing(Protocol):
    """The part of a session that captures need."""

    @property
    def stop_event(self) -> threading.Event:
        """Set once the session ends."""

    @property
    def parts(self) -> SessionParts:
        """The parts for the next frame."""

    @property
    def idle(self) -> bool:
        """Whether the source is released."""

    def looking(self) -> AbstractContextManager[None]:
        """Inside the block the source runs."""


class RoomCaptures:
    """Captures of one session, one at a time. For any thread."""

    def __init__(self, session: Capturing, gone: threading.Event) -> None:
        """``gone``: set while the user is away."""
        self._session = session
        self._gone = gone
        self._running = threading.Lock()
        self._starts_in: int | None = None
        self._refused = "", 0.0
        """Why the last capture failed, and its Unix time."""

    def capture(self, countdown_s: int = COUNTDOWN_S, on_count: Callable[[int], None] = lambda starts_in: None) -> None:
        """Count down, then wait until the room is known. ``on_count`` is called with each second that is left.

        Raises SettingsError where somebody is in the picture, the picture changes, the room is not used, the user goes
        away, another capture runs or the session ends.
        """
        if not 0 <= countdown_s <= LONGEST_S:
            raise SettingsError(f"the countdown {countdown_s} is not a number from 0 to {LONGEST_S} seconds")
        if not self._running.acquire(blocking=False):
            raise SettingsError("the empty room is being captured: wait for it")
        try:
            self._refused = "", 0.0
            self._room()
            with self._session.looking():
                self._count_down(countdown_s, on_count)
                self._learn()
        except SettingsError as error:
            self._refused = str(error), time.time()
            raise
        finally:
            self._starts_in = None
            self._running.release()

    def status(self) -> RoomStatus:
        """What is known now."""
        room, starts_in = self._session.parts.room, self._starts_in
        state = RoomState() if room is None else room.room
        why = self._resting()
        if state.since_s is not None and why:  # no frame will be compared with it any more
            state = RoomState(lost=why)
        refused, refused_s = self._refused
        if room is None or (state.since_s or 0.0) > refused_s:
            refused = ""
        words = _captured_in(starts_in) if starts_in is not None else self._words(room, state)
        return RoomStatus(words, state.since_s, starts_in, refused)

    def _count_down(self, countdown_s: int, on_count: Callable[[int], None]) -> None:
        """Raises SettingsError as soon as the capture has become impossible."""
        for left in range(countdown_s, 0, -1):
            self._starts_in = left
            on_count(left)
            self._session.stop_event.wait(SECOND_S)
            self._room()
        self._starts_in = 0

    def _learn(self) -> None:
        """Wait for the end of a capture. Raises SettingsError where the room is not known then."""
        room, end_s = self._room(), time.monotonic() + PATIENCE_S
        capture, ended = room.capture_room(), False
        while not ended:
            ended = capture.ended(LOOK_S)
            if self._room() is not room:
                raise SettingsError(f"{NOT_CAPTURED}: the network is another one now; try again")
            if not ended and time.monotonic() > end_s:
                raise SettingsError(f"{NOT_CAPTURED}: no picture came; look at the source")
        if capture.refusal:
            raise SettingsError(f"{NOT_CAPTURED}: {capture.refusal}")

    def _room(self) -> LearnsRoom:
        """Who learns the room now. Raises SettingsError where nobody can."""
        if self._session.stop_event.is_set():
            raise SettingsError(f"{NOT_CAPTURED}: the session has ended")
        if self._gone.is_set():
            raise SettingsError("you are away: come back to capture the room")
        parts = self._session.parts
        if parts.room is None:
            raise SettingsError(f"the empty room is not used: {parts.room_unused}")
        return parts.room

    def _resting(self) -> str:
        """Why no frames are looked at now; the engine forgets the room with the next one. Empty if they are."""
        if self._gone.is_set():
            return "you are away"
        return "the camera is off while nobody watches" if self._session.idle else ""

    def _words(self, room: LearnsRoom | None, state: RoomState) -> str:
        unused = self._session.parts.room_unused
        if room is None:
            return "off" if unused == ROOM_OFF else f"not used: {unused}"
        if state.since_s is None:
            return f"forgotten: {state.lost}" if state.lost else "not known yet"
        since = f"known since {time.strftime('%H:%M', time.localtime(state.since_s))}"
        return (
            since
            if state.used
            else f"{since}; not used now: the camera has moved or is out of focus, or the light has changed"
        )


def _captured_in(starts_in: int) -> str:
    """A capture that runs, for people."""
    if starts_in:
        return f"leave the picture: it is captured in {starts_in} s"
    return "it is being captured: stay out of the picture"
