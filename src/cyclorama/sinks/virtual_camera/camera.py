"""A virtual camera that calls and browsers can pick: v4l2loopback, PipeWire, OBS Virtual Camera or Unity Capture.

The only module that imports pyvirtualcam (GPL-2.0), and only when a camera of Windows or macOS is opened.
"""

from __future__ import annotations

import sys
from collections.abc import Set
from fractions import Fraction

from typing_extensions import override

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8, Composite, Layout, SizeWH
from cyclorama.sinks.base import OutputFormat, Sink
from cyclorama.sinks.pixels import check_composite, even_size, pad_to_even
from cyclorama.sinks.virtual_camera.linux import LinuxCamera

MAX_FPS = Fraction(55)
"""Zoom hangs above."""
GET_OBS = "install OBS Studio from obsproject.com and start its virtual camera once"


class VirtualCameraSink(Sink):
    """A virtual camera. Its size and format stay fixed from ``open`` to ``close``; odd sides grow by one.

    Pictures go out as I420 of limited range with the BT.601 matrix, which is what consumers assume of a camera.
    """

    def __init__(self, device: str | None = None) -> None:
        """``device``: on Linux a /dev path, part of a label, or ``pipewire``, elsewhere a name; None: what there is."""
        self._device = device
        self._name = f"camera:{device}" if device else "camera"
        self._output: OutputFormat | None = None
        self._camera: LinuxCamera | OtherCamera | None = None

    @property
    @override
    def name(self) -> str:
        """The device, as it was asked for; from ``open`` on, as it was found."""
        return self._name

    @property
    @override
    def layouts(self) -> Set[Layout]:
        """Colour pictures alone: no call understands transparency."""
        return frozenset({Layout.BGR})

    @property
    @override
    def max_fps(self) -> Fraction:
        """What calls take."""
        return MAX_FPS

    @property
    @override
    def knows_viewers(self) -> str | None:
        """How ``watched`` knows, for people to read; None where it does not."""
        camera = self._camera
        return camera.how if camera is not None else None

    @override
    def watched(self) -> bool | None:
        """Whether a program takes the pictures now; None = cannot be known. May be called from any thread."""
        camera = self._camera
        return camera.look() if camera is not None else None

    @override
    def open(self, output: OutputFormat) -> None:
        """Take the device and fix its format. Raises SinkError with the next command for this system."""
        size_wh = even_size(output.size_wh)
        kind = LinuxCamera if sys.platform.startswith("linux") else OtherCamera
        self._camera = kind(self._device, size_wh, output.fps)
        self._output = output
        self._name = f"camera {self._camera.device}"

    @override
    def write(self, composite: Composite) -> None:
        """Show one composite to whoever watches. Raises SinkError."""
        if self._output is None or self._camera is None:
            raise SinkError("the virtual camera is not open: call open() before write()")
        check_composite(composite, self._output, self.name)
        self._camera.send(pad_to_even(composite.pixels))

    @override
    def close(self) -> None:
        """Release the device, ready for the next writer."""
        camera, self._camera, self._output = self._camera, None, None
        if camera is not None:
            camera.close()


class OtherCamera:
    """The camera of OBS or Unity Capture, on Windows and macOS. Used like :class:`LinuxCamera`."""

    how: str | None = None
    """These cameras do not say who watches."""

    def __init__(self, wanted: str | None, size_wh: SizeWH, fps: Fraction) -> None:
        """``wanted``: its name; None: the first. Raises SinkError."""
        try:
            import pyvirtualcam
        except ImportError as error:
            raise SinkError(f"no virtual camera: {error}; pip install pyvirtualcam") from error
        try:
            self._camera = pyvirtualcam.Camera(*size_wh, float(fps), fmt=pyvirtualcam.PixelFormat.BGR, device=wanted)
        except (RuntimeError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            raise SinkError(f"cannot open the virtual camera: {reason}; {GET_OBS}") from error
        self.device: str = self._camera.device

    def send(self, pixels: U8) -> None:
        """Show BGR uint8 (H, W, 3) of the opened size."""
        self._camera.send(pixels)

    def look(self) -> bool | None:
        """None: it cannot be known."""
        return None

    def close(self) -> None:
        """Release it."""
        self._camera.close()
