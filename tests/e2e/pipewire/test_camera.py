"""The camera that needs no kernel module, as PipeWire, Chromium and Firefox see it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from doubles.camera_page import Seen, firefox_sees
from doubles.desktop import Desktop, wait_for
from e2e.conftest import MAIN
from e2e.pipewire.conftest import Start, stop

if TYPE_CHECKING:
    from playwright.sync_api import Page

TEAL, MAROON = (0, 128, 128), (128, 0, 0)
CARD_AND = 12
"""How far a colour may be from the one that was asked for, in levels."""
ENCODED = 40
"""The same, of what a call has encoded: it begins coarsely, and more so on a busy machine."""
FRAMES = 60


def near(color: tuple[int, int, int], wanted: tuple[int, int, int], most: int = CARD_AND) -> bool:
    return all(abs(one - other) <= most for one, other in zip(color, wanted, strict=True))


def sees(page: Page, frames: int = FRAMES) -> Seen:
    return Seen.of(page.evaluate("frames => look(frames)", frames))


def status(session: Desktop) -> dict[str, Any]:
    import json

    done = subprocess.run(
        [*MAIN, "ctl", "status", "--json"], env=session.environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_pipewire_lists_it_and_it_goes_with_its_session(session: Desktop, start: Start) -> None:
    process = start()
    (camera,) = session.cameras()
    assert (camera["node.description"], camera["media.role"]) == ("Cyclorama", "Camera")
    assert camera["media.icon-name"] == "cyclorama", "that of tests/unit/setup/test_menu_entry.py"
    stop(process)
    wait_for(lambda: not session.cameras())
    killed = start()
    killed.send_signal(signal.SIGKILL)
    wait_for(lambda: not session.cameras())


def test_chromium_shows_the_composite_and_its_changes(session: Desktop, start: Start, call: Page) -> None:
    start("--fps", "29.97")
    seen = sees(call)
    assert (seen.label, seen.listed, seen.size) == ("Cyclorama", ["Cyclorama"], (640, 360))
    assert all(near(color, TEAL) for color in seen.corners), seen.corners
    assert not near(seen.middles[-1], TEAL), "the person"
    done = subprocess.run([*MAIN, "ctl", "background", "color:maroon"], env=session.environment, timeout=60)
    assert done.returncode == 0
    after = sees(call)
    assert near(after.corners[-1], MAROON)
    assert all(near(color, TEAL) or near(color, MAROON) for color in after.corners), after.corners


def test_the_camera_rests_until_somebody_watches(session: Desktop, start: Start, call: Page) -> None:
    start()
    wait_for(lambda: status(session)["status"]["idle"])
    assert status(session)["status"]["on_demand"] == "as PipeWire tells"
    assert near(sees(call, 10).corners[-1], TEAL)
    assert not status(session)["status"]["idle"]
    for _ in range(2):
        call.evaluate("hangUp()")
        wait_for(lambda: status(session)["status"]["idle"])
        assert near(sees(call, 10).corners[-1], TEAL)


def test_the_other_end_of_a_call_sees_the_composite(start: Start, call: Page) -> None:
    start()
    seen = Seen.of(call.evaluate("frames => look(frames, true)", FRAMES))
    assert seen.size[0] / seen.size[1] == 640 / 360, "encoders may begin with a smaller picture"
    assert all(near(color, TEAL, ENCODED) for color in seen.corners), seen.corners
    assert not near(seen.middles[-1], TEAL, ENCODED), "the person"


@pytest.mark.skipif(shutil.which("gst-launch-1.0") is None, reason="needs GStreamer: apt install gstreamer1.0-tools")
def test_gstreamer_shows_the_composite(session: Desktop, start: Start, tmp_path: Path) -> None:
    start()
    raw, frames = tmp_path / "frames.rgb", 20
    command = f"""gst-launch-1.0 -q pipewiresrc target-object=cyclorama num-buffers={frames} ! videoconvert
        ! video/x-raw,format=RGB ! filesink location={raw}"""
    done = subprocess.run(command.split(), env=session.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    pictures = np.fromfile(raw, np.uint8).reshape(-1, 360, 640, 3).astype(int)
    assert len(pictures) == frames
    assert all(near(tuple(picture[8, 8]), TEAL) for picture in pictures)
    assert not near(tuple(pictures[-1, 288, 320]), TEAL), "the person"


@pytest.mark.skipif(shutil.which("firefox-esr") is None, reason="needs Firefox: apt install firefox-esr")
def test_firefox_shows_the_composite(session: Desktop, start: Start, tmp_path: Path) -> None:
    start()
    seen = firefox_sees(FRAMES, tmp_path / "profile", session.environment)
    assert (seen.label, seen.size) == ("Cyclorama", (640, 360))
    assert all(near(color, TEAL) for color in seen.corners), seen.corners


def test_it_comes_back_when_pipewire_does(session: Desktop, start: Start, call: Page) -> None:
    process = start()
    session.stop_pipewire()
    time.sleep(1)
    session.start_pipewire()
    wait_for(lambda: session.cameras())
    assert process.poll() is None
    assert near(sees(call, 10).corners[-1], TEAL)
