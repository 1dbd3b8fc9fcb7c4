"""What a browser sees at thirty frames a second while everything goes wrong: never the room."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from doubles.camera_page import Seen
from doubles.desktop import Desktop
from doubles.faulty_call import OUTLINES, faulty_call
from doubles.live_stage import ROOM
from e2e.pipewire.conftest import Start

if TYPE_CHECKING:
    from playwright.sync_api import Page

SUSPENDED_S = 10
BACK = 3 * 30
"""Frames within which the picture is back: of three seconds."""


def test_no_frame_that_a_browser_sees_shows_the_room(
    session: Desktop, call: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", session.environment["XDG_RUNTIME_DIR"])
    with faulty_call(monkeypatch, call, tmp_path, seed=14) as faulty:
        seen = faulty.go_on(12)
    assert seen.failed == []
    assert seen.calls >= 3 and seen.frames > 60, seen
    assert seen.is_private, seen


def test_the_picture_is_back_after_a_suspended_session_and_never_the_room(
    start: Start, call: Page, tmp_path: Path
) -> None:
    write_marked_room(tmp_path / "room.mp4")
    process = start("--source", str(tmp_path / "room.mp4"), "--background", "color:maroon")
    call.evaluate("watch()")
    call.wait_for_function("watched.frames > 30")
    process.send_signal(signal.SIGSTOP)
    time.sleep(SUSPENDED_S)
    process.send_signal(signal.SIGCONT)
    after = Seen.of(call.evaluate("frames => look(frames)", BACK))
    red, green, blue = after.corners[-1]
    assert red > 100 and green < 30 and blue < 30, "the background again, not the card"
    assert call.evaluate("watched.frames") > BACK
    assert call.evaluate("watched.worst") < OUTLINES


def write_marked_room(path: Path) -> None:
    """Somebody before a green wall, for a second; a source repeats it."""
    wall = np.full((360, 640, 3), ROOM, np.uint8)
    with av.open(str(path), "w") as clip:
        stream = clip.add_stream("mpeg4", rate=30, width=640, height=360, pix_fmt="yuv420p", bit_rate=4_000_000)
        for number in range(30):
            pixels = wall.copy()
            cv2.circle(pixels, (300 + number, 120), 50, (120, 150, 200), cv2.FILLED)
            cv2.ellipse(pixels, (300 + number, 350), (110, 170), 0, 180, 360, (90, 60, 60), cv2.FILLED)
            clip.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        clip.mux(stream.encode())
