"""From the texts of ``--source`` and ``--mic`` to an open source and an open microphone."""

from __future__ import annotations

from pathlib import Path

from cyclorama.capture.base import Source
from cyclorama.capture.clip import ClipSource
from cyclorama.capture.demo import DemoSource
from cyclorama.capture.microphone import DEFAULT, DEMO, Microphone
from cyclorama.clips.open import check_file
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import CaptureError
from cyclorama.files.names import user_path
from cyclorama.settings.values import CaptureSettings

CAMERA_SIZE_WH = (1280, 720)
CAMERA_FPS = 30.0
URL_SCHEMES = ("rtsp://", "rtsps://", "http://", "https://")


def open_source(text: str, settings: CaptureSettings, *, live: bool, clock: Clock | None = None) -> Source:
    """Open what ``text`` names: ``demo``, a URL, a file, or a camera by index, /dev path or part of its name.

    ``live`` False reads a file as a file: every frame, with its time. Cameras are reopened when they are lost. Raises
    CaptureError.
    """
    clock = clock or SystemClock()
    size_wh = settings.size_wh if settings.size_wh and settings.rotate in (0, 180) else None
    if text == "demo":
        return DemoSource(size_wh or CAMERA_SIZE_WH, settings.fps or CAMERA_FPS, live=live, clock=clock)
    path = user_path(text)
    if text.lower().startswith(URL_SCHEMES):
        _need_live(live, "a stream")
        return _stream(text, clock)
    if is_camera(text):
        _need_live(live, text)
        return _camera(text, settings, clock)
    check_file(path)
    return ClipSource(path, live=live, clock=clock, trim=settings.trim)


def is_camera(text: str) -> bool:
    """Whether ``text`` names a camera, there or not; otherwise it is the demo, a stream or a file."""
    if text == "demo" or text.lower().startswith(URL_SCHEMES):
        return False
    return text.isdigit() or text.startswith("/dev/") or not _looks_like_file(user_path(text))


def open_microphone(text: str = DEFAULT, *, clock: Clock | None = None) -> Microphone:
    """Open what ``text`` names: ``default``, ``demo``, or a microphone by index or part of its name.

    Raises CaptureError: no such microphone, in use, or no PortAudio library.
    """
    clock = clock or SystemClock()
    if text == DEMO:
        from cyclorama.capture.demo_microphone import DemoMicrophone

        return DemoMicrophone(clock)
    from cyclorama.capture.portaudio import PortAudioMicrophone

    return PortAudioMicrophone(text, clock)


def _looks_like_file(path: Path) -> bool:
    return path.exists() or bool(path.suffix) or path.parent != Path()


def _need_live(live: bool, name: str) -> None:
    if not live:
        raise CaptureError(f"{name} is no file: a clip is needed here; cameras and streams are for `cyclorama live`")


def _camera(text: str, settings: CaptureSettings, clock: Clock) -> Source:
    from cyclorama.capture.camera import CameraSource
    from cyclorama.capture.devices import CameraDevice
    from cyclorama.capture.watchdog import Reopening

    size_wh = settings.size_wh or CAMERA_SIZE_WH
    if settings.rotate in (90, 270):
        size_wh = size_wh[::-1]
    fps = settings.fps or CAMERA_FPS
    last: CameraDevice | None = None

    def open_camera() -> CameraSource:
        nonlocal last
        source = CameraSource(text, size_wh, fps, last=last, clock=clock)
        last = source.device
        return source

    return Reopening(open_camera, clock=clock)


def _stream(url: str, clock: Clock) -> Source:
    from cyclorama.capture.stream import StreamSource
    from cyclorama.capture.watchdog import Reopening

    return Reopening(lambda: StreamSource(url, clock=clock), clock=clock)
