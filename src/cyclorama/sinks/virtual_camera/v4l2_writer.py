"""Write pictures to a v4l2loopback device."""

from __future__ import annotations

import os
from fractions import Fraction

from cyclorama.core import v4l2
from cyclorama.core.errors import SinkError, reason
from cyclorama.core.frames import U8, SizeWH
from cyclorama.sinks.virtual_camera.v4l2loopback import fixed_size, hold_output

FOURCC = b"YU12"
"""I420: of limited range with the BT.601 matrix, which is what consumers assume of a camera."""


class LoopbackWriter:
    """The writing side of a device, of one size and format until it is closed. Used by one thread.

    Instead of pyvirtualcam, which prints write errors and goes on, and sets no frame rate.
    """

    def __init__(self, device: str, size_wh: SizeWH, fps: Fraction) -> None:
        """Take ``device``, a /dev path, and fix its format; sides are even. Raises SinkError."""
        self.device = device
        self._size_wh = size_wh
        self._hold: int | None = None
        try:
            self._handle: int | None = os.open(device, os.O_RDWR | os.O_CLOEXEC)
        except OSError as error:
            why = v4l2.NO_PERMISSION if isinstance(error, PermissionError) else reason(error)
            raise SinkError(f"cannot open the virtual camera {device}: {why}") from error
        try:
            granted, granted_wh = v4l2.set_output_format(self._handle, FOURCC, size_wh, fps)
        except OSError as error:
            self.close()
            raise SinkError(
                f"cannot open the virtual camera {device}: {reason(error)}; "
                f"another program may have fixed its format: close all that use {device}"
            ) from error
        self._hold = hold_output(device)
        # While a consumer holds the device open it keeps its size: the driver accepts another and skews the picture.
        shown = fixed_size(device) or granted_wh
        if (granted, shown) != (FOURCC, size_wh):
            self.close()
            kept = f"{shown[0]}x{shown[1]}"
            name = granted.decode("ascii", "replace")
            what, cure = (kept, f", or give --size {kept}") if granted == FOURCC else (f"{kept} {name}", "")
            raise SinkError(f"{device} still shows {what} to a program that holds it open: close it there{cure}")

    def send(self, i420: U8) -> None:
        """Show I420 uint8 (H * 3/2, W) of the opened size. Raises SinkError where the driver does not take it."""
        assert self._handle is not None
        try:
            written = os.write(self._handle, i420.data)
        except OSError as error:
            raise SinkError(
                f"the virtual camera {self.device} takes no more pictures: {reason(error)}; start cyclorama again"
            ) from error
        if written != i420.size:
            raise SinkError(
                f"the virtual camera {self.device} took {written} of {i420.size} bytes of a picture: "
                "another program has changed its size; start cyclorama again"
            )

    def close(self) -> None:
        """Release the device, ready for the next writer."""
        handle, self._handle = self._handle, None
        hold, self._hold = self._hold, None
        for open_handle in (handle, hold):
            if open_handle is not None:
                os.close(open_handle)
