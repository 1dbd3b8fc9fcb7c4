"""The preview window, on a screen of its own where Xvfb is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import cv2
import pytest

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import Composite
from cyclorama.sinks import preview
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.preview import PreviewSink

OUTPUT = OutputFormat((64, 48), Fraction(30))
linux = pytest.mark.needs_linux("other systems always have a display")

ON_A_SCREEN = """
import sys, time
from fractions import Fraction
import numpy as np
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.preview import PreviewSink
pixels = np.empty((240, 320, 3), np.uint8)
pixels[:] = (40, 60, 200)
with PreviewSink() as sink:
    sink.open(OutputFormat((320, 240), Fraction(30)))
    print("open", flush=True)
    while not sink.closed:
        sink.write(Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, 0, 0))
        time.sleep(0.02)
"""


@linux
@pytest.mark.parametrize("display", [None, "", ":4099"])
def test_without_a_display_the_alternatives_are_named(monkeypatch: pytest.MonkeyPatch, display: str | None) -> None:
    if display is None:
        monkeypatch.delenv("DISPLAY", raising=False)
    else:
        monkeypatch.setenv("DISPLAY", display)
    with pytest.raises(SinkError, match=r"display.*--to null or --to FILE") as failure:
        PreviewSink().open(OUTPUT)
    assert failure.value.exit_code == 5


@pytest.fixture
def window(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """A window that is not there: its visibility and the key that is pressed in it."""
    state = {"visible": 1.0, "key": -1, "shown": 0}

    def visible(*given: object) -> float:
        if state["visible"] < 0:
            raise cv2.error("no window")
        return state["visible"]

    monkeypatch.setattr(preview, "missing_display", lambda: "")
    for name in ("namedWindow", "resizeWindow", "destroyWindow"):
        monkeypatch.setattr(preview.cv2, name, lambda *given: None)
    monkeypatch.setattr(preview.cv2, "getWindowProperty", visible)
    monkeypatch.setattr(preview.cv2, "pollKey", lambda: state["key"])
    monkeypatch.setattr(preview.cv2, "imshow", lambda *given: state.update(shown=state["shown"] + 1))
    return state


@pytest.mark.parametrize(("what", "value"), [("visible", 0.0), ("visible", -1.0), ("key", ord("q")), ("key", 27)])
def test_closing_it_is_a_wish_to_stop(
    window: dict[str, float], plain: Callable[..., Composite], what: str, value: float
) -> None:
    sink = PreviewSink()
    sink.open(OUTPUT)
    sink.write(plain((64, 48)))
    assert not sink.closed
    window[what] = value
    sink.write(plain((64, 48)))
    assert sink.closed
    shown = window["shown"]
    sink.write(plain((64, 48)))
    assert window["shown"] == shown
    sink.close()


def test_other_keys_do_nothing(window: dict[str, float], plain: Callable[..., Composite]) -> None:
    window["key"] = ord("x")
    with PreviewSink() as sink:
        sink.open(OUTPUT)
        sink.write(plain((64, 48)))
        assert not sink.closed


def test_an_opencv_without_windows_is_said(window: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*given: object) -> None:
        raise cv2.error("the function is not implemented")

    monkeypatch.setattr(preview.cv2, "namedWindow", refuse)
    with pytest.raises(SinkError, match="OpenCV cannot open one here"):
        PreviewSink().open(OUTPUT)


def shows_the_picture(display: str, frame_buffer: Path) -> bool:
    """Whether one window shows it. On a busy machine the Qt of OpenCV's wheels loses a part of its first events, and
    now and then the news that the window is there among them: that window stays black."""
    with subprocess.Popen(
        [sys.executable, "-c", ON_A_SCREEN],
        env={**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "wayland"},
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stdout is not None
            assert program.stdout.readline() == "open\n"
            begin = time.monotonic()
            while time.monotonic() - begin < 15:
                assert program.poll() is None
                if frame_buffer.read_bytes().count(bytes([40, 60, 200])) > 0.9 * 320 * 240:
                    return True
                time.sleep(0.05)
            return False
        finally:
            program.kill()


@linux
@pytest.mark.skipif(shutil.which("Xvfb") is None, reason="needs a screen without a monitor: Xvfb")
def test_the_picture_appears_on_a_real_screen(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    screen = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "800x600x24", "-fbdir", str(tmp_path)],
        pass_fds=[write_end],
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    try:
        with os.fdopen(read_end) as answer:
            display = f":{answer.readline().strip()}"
        frame_buffer = tmp_path / "Xvfb_screen0"
        assert any(shows_the_picture(display, frame_buffer) for _ in range(5)), "the picture never appears"
    finally:
        screen.terminate()  # killed, it would leave the display's lock and socket behind
        screen.wait()
