"""A virtual camera that calls and browsers can pick: v4l2loopback, OBS Virtual Camera or Unity Capture.

The only module that imports pyvirtualcam (GPL-2.0), and only when a camera is opened.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Set
from types import TracebackType
from typing import Any, Self

from cyclorama.errors import SinkError
from cyclorama.frames import Composite, Layout
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.loopback import fixed_format, hold_output, how_to_get_one, list_virtual_cameras
from cyclorama.sinks.picture import check_composite, even_size, pad_to_even

GET_OBS = "install OBS Studio from obsproject.com and start its virtual camera once"


class VirtualCameraSink:
    """A virtual camera. Its size and format stay fixed from ``open`` to ``close``; odd sides grow by one.

    Pictures go out as I420 of limited range with the BT.601 matrix, which is what consumers assume of a camera.
    """

    def __init__(self, device: str | None = None) -> None:
        """``device``: on Linux a /dev path or part of a camera's label, elsewhere its name; None = the first free."""
        self._device = device
        self._name = f"camera:{device}" if device else "camera"
        self._output: OutputFormat | None = None
        self._camera: Any = None
        self._hold: int | None = None

    @property
    def name(self) -> str:
        """The device, as it was asked for; from ``open`` on, as it was found."""
        return self._name

    @property
    def layouts(self) -> Set[Layout]:
        """Colour pictures alone: no call understands transparency."""
        return frozenset({Layout.BGR})

    def open(self, output: OutputFormat) -> None:
        """Take the device and fix its format. Raises SinkError with the next command for this system."""
        try:
            import pyvirtualcam
        except ImportError as error:
            raise SinkError(f"no virtual camera: {error}; pip install pyvirtualcam") from error
        linux = sys.platform.startswith("linux")
        device = find_device(self._device) if linux else self._device
        width, height = even_size(output.size_wh)
        try:
            self._camera = pyvirtualcam.Camera(
                width, height, float(output.fps), fmt=pyvirtualcam.PixelFormat.BGR, device=device
            )
        except (RuntimeError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            advice = f"another program may have fixed its format: close all that use {device}" if linux else GET_OBS
            raise SinkError(f"cannot open the virtual camera: {reason}; {advice}") from error
        self._output = output
        self._name = f"camera {self._camera.device}"
        if linux:
            self._hold = hold_output(self._camera.device)
            self._check_format(width, height)

    def write(self, composite: Composite) -> None:
        """Show one composite to whoever watches. Raises SinkError."""
        if self._output is None:
            raise SinkError("the virtual camera is not open: call open() before write()")
        check_composite(composite, self._output, self.name)
        self._camera.send(pad_to_even(composite.pixels))

    def close(self) -> None:
        """Release the device, ready for the next writer."""
        camera, self._camera, self._output = self._camera, None, None
        if camera is not None:
            camera.close()
        hold, self._hold = self._hold, None
        if hold is not None:
            os.close(hold)

    def _check_format(self, width: int, height: int) -> None:
        """A consumer that never closed the device keeps its old format: the driver says yes and skews the picture."""
        device = self._camera.device
        granted = fixed_format(device)
        if granted and f":{width}x{height}@" not in granted:
            self.close()
            kept = granted.partition(":")[2].partition("@")[0]
            raise SinkError(
                f"{device} still shows {kept} to a program that holds it open: close it there, or give --size {kept}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


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
