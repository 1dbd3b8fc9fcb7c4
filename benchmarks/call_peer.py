"""The loop of Linux-Fake-Background-Webcam between our source and our camera, to measure as ``call.py`` measures ours.

Its checkout is given by path, and its packages (mediapipe, cmapy, inotify-simple, configargparse, matplotlib) must be
importable. Its classes run as they are, with its defaults; only the device that it reads and the one that it writes are
ours: the frames of a source, and a PipeWire camera.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2

import cyclorama
from cyclorama.capture.base import Source
from cyclorama.core.frames import U8
from cyclorama.sinks.virtual_camera.pipewire.writer import PipeWireWriter

NETWORK = "selfie_segmenter_landscape.tflite"
"""What it looks for in the current folder; the same file as our wide network."""


class _EndedError(Exception):
    """Ends its loop, which has no end of its own."""


@contextmanager
def peer_running(checkout: Path, source: Source, background: U8) -> Iterator[None]:
    """Run it in a thread inside the block. ``background``: BGR (H, W, 3)."""
    sys.path.insert(0, str(checkout))
    peer = importlib.import_module("lfbw.lfbw")
    stop = threading.Event()
    width, height = source.info.size_wh
    fps = source.info.fps or Fraction(30)

    class RealCam:
        def __init__(self, *given: object) -> None:
            self._frames = source.frames(stop)

        def get_frame_width(self) -> int:
            return width

        def get_frame_height(self) -> int:
            return height

        def read(self) -> U8:
            frame = next(self._frames, None)
            if frame is None:
                raise _EndedError
            return frame.pixels.copy()  # it composites in place

    class Camera:
        def __init__(self, **given: object) -> None:
            self._writer = PipeWireWriter((width, height), fps)
            self._next_s = time.monotonic()

        def send(self, pixels: U8) -> None:
            self._writer.send(cv2.cvtColor(pixels, cv2.COLOR_BGR2YUV_I420))  # type: ignore[arg-type]

        def sleep_until_next_frame(self) -> None:
            now_s = time.monotonic()
            self._next_s = max(self._next_s + float(1 / fps), now_s)
            time.sleep(self._next_s - now_s)

        def close(self) -> None:
            self._writer.close()

    peer.RealCam, peer.pyvirtualcam.Camera = RealCam, Camera
    with _folder_of_its_own(background):
        loop = peer.FakeCam(
            peer.parser().parse_args(["--no-ondemand", "--background=file=background.png", "--mask=no"])
        )
        thread = threading.Thread(target=_until_ended, args=(loop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            loop.close()


def _until_ended(loop: Any) -> None:
    try:
        loop.run()
    except _EndedError:
        return


@contextmanager
def _folder_of_its_own(background: U8) -> Iterator[None]:
    """It reads its files from the current folder."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(Path(cyclorama.__file__).parent / "_bundled" / "selfie_wide.tflite", Path(folder, NETWORK))
        cv2.imwrite(str(Path(folder, "background.png")), background)
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
