"""Capture the empty room in a running session, after a countdown in which the user leaves the picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from cyclorama.core.errors import SettingsError
from cyclorama.matting.engine.room.capture import CAPTURE_S, Capture

COUNTDOWN_S = 5
"""To leave the picture in."""
LONGEST_S = 60
"""Of a countdown."""
PATIENCE_S = CAPTURE_S + 10.0
"""For the end of a capture: a camera that was off has to open first."""
LOOK_S, SECOND_S = 0.1, 1.0


class Capturing(Protocol):
    """The part of a session that captures need."""

    @property
    def stop_event(self) -> threading.Event:
        """Set once the session ends."""

    def capture_room(self) -> Capture:
        """Begin a capture with the next frame. Raises SettingsError where no room can be learned."""

    def looking(self) -> AbstractContextManager[None]:
        """Inside the block the source runs."""


def capture_room(
    session: Capturing, countdown_s: int = COUNTDOWN_S, on_count: Callable[[int], None] = lambda left: None
) -> None:
    """Count down, then wait until the room is known. ``on_count`` is called with each second that is left.

    Raises SettingsError where somebody is in the picture, the camera moves, or the session ends before.
    """
    if not 0 <= countdown_s <= LONGEST_S:
        raise SettingsError(f"the countdown {countdown_s} is not a number from 0 to {LONGEST_S} seconds")
    with session.looking():
        for left in range(countdown_s, 0, -1):
            on_count(left)
            if session.stop_event.wait(SECOND_S):
                break
        _wait_for(session.capture_room(), session.stop_event)


def _wait_for(capture: Capture, stop: threading.Event) -> None:
    """Wait for the end of ``capture``. Raises SettingsError where the room is not known then."""
    end_s = time.monotonic() + PATIENCE_S
    while not capture.ended(LOOK_S):
        if stop.is_set():
            raise SettingsError("the empty room was not captured: the session has ended")
        if time.monotonic() > end_s:
            raise SettingsError("the empty room was not captured: no picture came; look at the source")
