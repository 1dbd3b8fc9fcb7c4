"""A webcam through OpenCV: the requested mode as far as the driver grants it; the newest picture wins."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from typing_extensions import override

from cyclorama.capture.base import Source, SourceInfo
from cyclorama.capture.devices import CameraDevice, find_camera
from cyclorama.capture.reader import Pictures, Reader
from cyclorama.core import v4l2
from cyclorama.core.clock import Clock, SystemClock
from cyclorama.core.errors import CaptureError, reason
from cyclorama.core.frames import Frame, SizeWH

FIRST_PICTURE_S = 6.0
"""Slow webcams take three seconds from opening to their first picture."""
RETRY_S = 0.01
WAIT_NS = 50_000_000
"""How long the thread waits for a picture before it checks its stop event."""
DRIVER_BUFFERS = 2
"""One to read while the driver fills the other. With a single buffer it drops every other frame."""
RATES = (1.0, 240.0)
"""Frames a second; a driver that reports a rate outside this range does not know it."""
FORMATS = ("MJPG", "YUYV")
"""Pixel formats in order of preference: over USB 2, 720 lines reach 30 fps in MJPG only."""
BACKENDS = {"win32": cv2.CAP_DSHOW, "darwin": cv2.CAP_AVFOUNDATION}
"""OpenCV's backend on each system: the one that lists the cameras, since each numbers them in its own order."""
ALLOW = {
    "win32": "allow it in Settings > Privacy & security > Camera, and close other programs that use it",
    "darwin": "allow it in System Settings > Privacy & Security > Camera",
}


class CameraSource(Source):
    """A camera, read by its own thread. ``device``: the one that was found.

    ``frames`` raises CaptureError when no picture comes for two seconds or the camera is unplugged.
    """

    def __init__(
        self,
        text: str,
        size_wh: SizeWH,
        fps: float,
        *,
        last: CameraDevice | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Open the camera that ``text`` names by number, path or part of its name, and wait for its first picture.

        ``size_wh``, ``fps``: what to ask for. ``last``: see :func:`find_camera`. Raises CaptureError: no such camera,
        no permission, in use, or silent.
        """
        self._size_wh = size_wh
        self._fps = fps
        self._clock = clock or SystemClock()
        self.device = find_camera(text, last)
        _check_free(self.device)
        self._info = SourceInfo(self.device.name, size_wh, None, live=True)
        self._reader = Reader(f"camera {self.device}", self._pictures)
        try:
            self._reader.wait_first(FIRST_PICTURE_S)
        except CaptureError as error:
            if not self.device.is_virtual:
                raise
            raise CaptureError(f"{error}; it is a virtual camera: start the program that feeds it") from error

    @property
    @override
    def info(self) -> SourceInfo:
        """What was opened."""
        return self._info

    @override
    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the newest picture each time there is one."""
        return self._reader.frames(stop)

    @override
    def close(self) -> None:
        """Release the camera. If its driver hangs, its thread is abandoned."""
        self._reader.close()

    def _pictures(self, stop: threading.Event) -> Pictures:
        """Open, read and release the camera: all in the reader's thread."""
        capture = _open(self.device)
        try:
            self._ask_for_mode(capture)
            told = False
            while not stop.is_set():
                if not (_has_picture(capture) and capture.grab()):
                    if _is_gone(self.device):
                        raise CaptureError(f"camera {self.device} is gone: plug it in again")
                    stop.wait(RETRY_S)  # a passing fault of a driver; a lasting one is a stall
                    continue
                captured_ns = self._clock.now_ns()
                good, pixels = capture.retrieve()
                if not good or pixels.ndim != 3 or pixels.shape[2] != 3:
                    continue  # a JPEG that was damaged on its way over USB
                if not told:
                    self._info = self._granted(capture, (pixels.shape[1], pixels.shape[0]))
                    told = True
                yield np.ascontiguousarray(pixels, np.uint8), captured_ns
        finally:
            capture.release()

    def _ask_for_mode(self, capture: cv2.VideoCapture) -> None:
        """Request the pixel format first, since it decides the sizes; then the size, which decides the rates."""
        wanted = _format(self.device)
        if wanted:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*wanted))
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._size_wh[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._size_wh[1])
        capture.set(cv2.CAP_PROP_BUFFERSIZE, DRIVER_BUFFERS)
        capture.set(cv2.CAP_PROP_FPS, self._fps)

    def _granted(self, capture: cv2.VideoCapture, size_wh: SizeWH) -> SourceInfo:
        code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
        fourcc = code.to_bytes(4, "little").decode("ascii", "replace").strip()
        fps = capture.get(cv2.CAP_PROP_FPS)
        known = RATES[0] <= fps <= RATES[1]
        rate = f" at {fps:.4g} fps" if known else ""
        mode = f"{size_wh[0]}x{size_wh[1]}{rate}"
        asked = f"{self._size_wh[0]}x{self._size_wh[1]} at {self._fps:.4g} fps"
        if size_wh != self._size_wh or (known and abs(fps - self._fps) > 0.5):
            mode += f" (asked for {asked})"
        if fourcc.isalnum():
            mode = f"{fourcc} {mode}"
        exact = Fraction(fps).limit_denominator(1001) if known else None
        return SourceInfo(self.device.name, size_wh, exact, live=True, mode=mode)


def _has_picture(capture: cv2.VideoCapture) -> bool:
    """Linux: wait briefly for a picture, so that a stalled camera can be released at once. Elsewhere ``grab`` waits."""
    if not sys.platform.startswith("linux"):
        return True
    try:
        return cv2.VideoCapture.waitAny([capture], WAIT_NS)[0]
    except cv2.error:  # the device reports an error, and ``grab`` will meet it
        return True


def _open(device: CameraDevice) -> cv2.VideoCapture:
    # By default OpenCV waits ten seconds for a silent camera. It reads this variable once, at its first camera.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "1")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    capture = cv2.VideoCapture(int(device.path.removeprefix("/dev/video")), BACKENDS.get(sys.platform, cv2.CAP_V4L2))
    if not capture.isOpened():
        advice = ALLOW.get(sys.platform, "unplug it and plug it in again")
        raise CaptureError(f"camera {device} does not open: {advice}")
    return capture


def _check_free(device: CameraDevice) -> None:
    if device.problem:
        raise CaptureError(f"camera {device} cannot be used: {device.problem}")
    if device.path.startswith("/dev/"):
        try:
            taken = v4l2.is_streaming(device.path)
        except OSError as error:
            raise CaptureError(f"camera {device} cannot be used: {reason(error)}") from error
        if taken:
            who = ", ".join(v4l2.holders(device.path)) or "another program"
            raise CaptureError(f"camera {device} is in use by {who}: close it there")


def _format(device: CameraDevice) -> str:
    """The pixel format to request; empty where the camera offers neither of ours, and OpenCV chooses."""
    if not device.modes:
        return FORMATS[0]
    offered = [line.partition(":")[0] for line in device.modes]
    return next((name for name in FORMATS if name in offered), "")


def _is_gone(device: CameraDevice) -> bool:
    return device.path.startswith("/dev/") and not Path(device.path).exists()
