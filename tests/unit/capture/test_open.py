"""What the text of --source opens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cyclorama.capture import camera, stream
from cyclorama.capture.clip import ClipSource
from cyclorama.capture.demo import DemoSource
from cyclorama.capture.devices import CameraDevice
from cyclorama.capture.open import open_source
from cyclorama.capture.watchdog import Reopening
from cyclorama.core.errors import CaptureError
from cyclorama.settings.values import CaptureSettings

PLAIN = CaptureSettings()


class Opened:
    """Stands in for a camera or stream: keeps what it was asked for."""

    asked: list[tuple[Any, ...]]
    info = None

    def __init__(self, *given: Any, last: CameraDevice | None = None, clock: object = None) -> None:
        Opened.asked.append((*given, last))
        self.device = CameraDevice("/dev/video0", "Webcam")

    def frames(self, stop: object) -> Any:
        raise CaptureError("it is gone")
        yield

    def close(self) -> None:
        pass


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    Opened.asked = []
    monkeypatch.setattr(camera, "CameraSource", Opened)
    monkeypatch.setattr(stream, "StreamSource", Opened)
    return Opened.asked


@pytest.mark.parametrize("text", ["0", "/dev/video2", "HD Webcam", "webcam"])
def test_cameras(asked: list[tuple[Any, ...]], text: str) -> None:
    with open_source(text, PLAIN, live=True) as source:
        assert isinstance(source, Reopening)
    assert asked == [(text, (1280, 720), 30.0, None)]


def test_a_camera_that_will_be_turned_is_asked_for_its_own_shape(asked: list[tuple[Any, ...]]) -> None:
    open_source("0", CaptureSettings(size_wh=(720, 1280), fps=60, rotate=90), live=True).close()
    assert asked == [("0", (1280, 720), 60, None)]


def test_a_camera_is_looked_for_again_as_the_device_that_it_was(asked: list[tuple[Any, ...]]) -> None:
    import threading

    stop = threading.Event()
    with open_source("0", PLAIN, live=True) as source:
        taker = threading.Thread(target=lambda: list(source.frames(stop)))
        taker.start()
        while len(asked) < 2:
            pass
        stop.set()
        taker.join()
    assert [last for *_, last in asked[:2]] == [None, CameraDevice("/dev/video0", "Webcam")]


@pytest.mark.parametrize("url", ["rtsp://cam/x", "HTTP://host/x", "https://host/x.mp4", "rtsps://cam/"])
def test_streams(asked: list[tuple[Any, ...]], url: str) -> None:
    open_source(url, PLAIN, live=True).close()
    assert asked == [(url, None)]


def test_files_and_the_demo(make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    path = make_clip("0.mp4")
    with open_source(str(path), PLAIN, live=False) as clip, open_source(str(path), PLAIN, live=True) as played:
        assert isinstance(clip, ClipSource)
        assert (clip.info.live, played.info.live) == (False, True)
    monkeypatch.chdir(path.parent)
    open_source("0.mp4", PLAIN, live=False).close()
    with open_source("demo", CaptureSettings(size_wh=(64, 36), fps=15), live=True) as demo:
        assert isinstance(demo, DemoSource)
        assert demo.info.size_wh == (64, 36)


@pytest.mark.parametrize("text", ["missing.mp4", "folder/clip", "~/no-such-clip.mov"])
def test_what_looks_like_a_file_is_looked_for_as_one(text: str) -> None:
    with pytest.raises(CaptureError, match="there is no file"):
        open_source(text, PLAIN, live=True)


@pytest.mark.parametrize("text", ["0", "/dev/video0", "webcam", "http://user:hunter2@host/x"])
def test_cameras_and_streams_are_no_clips(text: str) -> None:
    with pytest.raises(CaptureError, match="a clip is needed here") as caught:
        open_source(text, PLAIN, live=False)
    assert "hunter2" not in str(caught.value)
