"""A virtual camera that calls and browsers can pick: v4l2loopback, OBS Virtual Camera or Unity Capture.

The only module that imports pyvirtualcam (GPL-2.0), and only when a camera is opened.
"""

from __future__ import annotations

from collections.abc import Set
from types import TracebackType
from typing import Any, Self

from cyclorama.errors import SinkError
from cyclorama.frames import Composite, Layout
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.picture import check_composite, even_size, pad_to_even


def find_device(device: str | None) -> str | None:
    return device


class VirtualCameraSink:
    """A virtual camera. Its size and format stay fixed from ``open`` to ``close``; odd sides grow by one.

    Pictures go out as I420 of limited range with the BT.601 matrix, which is what consumers assume of a camera.
    """

    def __init__(self, device: str | None = None) -> None:
        """``device``: on Linux a /dev path or part of a camera's label, elsewhere its name; None = the first free."""
        self._device = device
        self._output: OutputFormat | None = None
        self._camera: Any = None

    @property
    def name(self) -> str:
        """The device."""
        if self._camera is not None:
            return f"camera {self._camera.device}"
        return f"camera:{self._device}" if self._device else "camera"

    @property
    def layouts(self) -> Set[Layout]:
        """Colour pictures alone: no call understands transparency."""
        return frozenset({Layout.BGR})

    def open(self, output: OutputFormat) -> None:
        """Take the device and fix its format. Raises SinkError."""
        import pyvirtualcam

        width, height = even_size(output.size_wh)
        try:
            self._camera = pyvirtualcam.Camera(
                width, height, float(output.fps), fmt=pyvirtualcam.PixelFormat.BGR, device=self._device
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise SinkError(f"no virtual camera: {error}") from error
        self._output = output

    def write(self, composite: Composite) -> None:
        """Show one composite to whoever watches. Raises SinkError."""
        if self._output is None:
            raise SinkError("the virtual camera is not open: call open() before write()")
        check_composite(composite, self._output, self.name)
        self._camera.send(pad_to_even(composite.pixels))

    def close(self) -> None:
        """Release the device."""
        camera, self._camera, self._output = self._camera, None, None
        if camera is not None:
            camera.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
