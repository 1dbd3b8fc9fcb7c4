"""The virtual cameras of Linux: v4l2loopback, a camera of PipeWire, or both with the same pictures.

Programs in a sandbox see cameras of PipeWire alone; others see device files alone. PipeWire's session manager looks at
a v4l2loopback device before anybody writes to it, when it is no camera yet, and so does not pass it on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from fractions import Fraction
from typing import Protocol

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.sinks.pixels import to_i420
from cyclorama.sinks.virtual_camera.pipewire.writer import PipeWireWriter
from cyclorama.sinks.virtual_camera.v4l2_writer import LoopbackWriter
from cyclorama.sinks.virtual_camera.v4l2loopback import how_to_get_one, list_virtual_cameras
from cyclorama.sinks.virtual_camera.viewers import Viewers, viewers_of

log = logging.getLogger(__name__)

PIPEWIRE = "pipewire"
"""Names PipeWire's camera, as in ``--to camera:pipewire``."""


class Writer(Protocol):
    """The writing side of one camera."""

    @property
    def device(self) -> str:
        """Its name for the user."""

    def send(self, i420: U8) -> None:
        """Show I420 uint8 (H * 3/2, W). Raises SinkError."""

    def close(self) -> None:
        """Release it."""


class LinuxCamera:
    """One or two cameras that show the same. ``send`` and ``close`` are called by one thread, ``look`` by any."""

    def __init__(self, wanted: str | None, size_wh: SizeWH, fps: Fraction) -> None:
        """``wanted``: a /dev path, part of a device's label, or ``pipewire``; None: all that there are. Sides are even.
        Raises SinkError."""
        self._opened = ExitStack()
        self._cameras: list[tuple[Writer, Viewers]] = []
        with ExitStack() as unless_opened:
            unless_opened.callback(self.close)
            self._open(wanted, size_wh, fps)
            unless_opened.pop_all()
        self.device = " and ".join(writer.device for writer, _ in self._cameras)
        self.how = ", ".join(viewers.how for _, viewers in self._cameras)

    def send(self, pixels: U8) -> None:
        """Show BGR uint8 (H, W, 3) of the opened size. One that fails is left out, and the other goes on; raises the
        SinkError of the last."""
        i420 = to_i420(pixels)
        for camera in self._cameras:
            try:
                camera[0].send(i420)
            except SinkError as error:
                if len(self._cameras) == 1:
                    raise
                self._cameras = [other for other in self._cameras if other is not camera]
                log.warning("%s", error)

    def look(self) -> bool | None:
        """Whether somebody watches one of them; None = cannot be known."""
        found = [viewers.look() for _, viewers in self._cameras]
        return True if any(found) else None if None in found else False

    def close(self) -> None:
        """Release them, ready for the next writer."""
        self._opened.close()

    def _open(self, wanted: str | None, size_wh: SizeWH, fps: Fraction) -> None:
        if wanted is not None and wanted.lower() == PIPEWIRE:
            try:
                self._open_pipewire(size_wh, fps)
            except SinkError as error:
                raise SinkError(f"{error}; what mends it: cyclorama doctor") from error
        elif wanted is not None:
            self._open_loopback(wanted, size_wh, fps)
        else:
            self._open_all(lambda: self._open_loopback(None, size_wh, fps), lambda: self._open_pipewire(size_wh, fps))

    def _open_all(self, *ways: Callable[[], None]) -> None:
        missing = []
        for open_one in ways:
            try:
                open_one()
            except SinkError as error:
                missing.append(str(error))
        if not self._cameras:
            raise SinkError("; ".join(reversed(missing)))
        for why in missing:
            log.debug("%s", why)

    def _open_loopback(self, wanted: str | None, size_wh: SizeWH, fps: Fraction) -> None:
        writer = LoopbackWriter(find_device(wanted), size_wh, fps)
        self._opened.callback(writer.close)
        viewers = viewers_of(writer.device)
        self._opened.callback(viewers.close)
        self._cameras.append((writer, viewers))

    def _open_pipewire(self, size_wh: SizeWH, fps: Fraction) -> None:
        writer = PipeWireWriter(size_wh, fps)
        self._opened.callback(writer.close)
        self._cameras.append((writer, writer))


def find_device(wanted: str | None) -> str:
    """The v4l2loopback device to write to: ``wanted`` by path or part of its label, or the first that is free.

    Raises SinkError: there is none, none of that name, or it is in use.
    """
    cameras = list_virtual_cameras()
    if not cameras:
        raise SinkError(f"no virtual camera: no v4l2loopback device here; {how_to_get_one()}")
    matching = [c for c in cameras if wanted is None or wanted == c.path or wanted.lower() in c.name.lower()]
    if not matching:
        there_are = ", ".join(f"{camera.path} ({camera.name})" for camera in cameras)
        raise SinkError(f"no virtual camera {wanted}: there are {there_are}; give one of these")
    for camera in matching:
        if not camera.problem:
            return camera.path
    troubles = "; ".join(f"{camera.path} ({camera.name}): {camera.problem}" for camera in matching)
    raise SinkError(f"no virtual camera can be written to: {troubles}")
