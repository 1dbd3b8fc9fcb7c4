"""Read pictures from a camera of PipeWire, as programs do that take them."""

from __future__ import annotations

import ctypes
from fractions import Fraction

import cv2
import numpy as np

from cyclorama.core.frames import U8, SizeWH
from cyclorama.sinks.virtual_camera.pipewire import library as pw
from cyclorama.sinks.virtual_camera.pipewire.params import picture_bytes
from cyclorama.sinks.virtual_camera.pipewire.stream import PictureStream

PROPERTIES = {"media.type": "Video", "media.category": "Capture", "media.role": "Camera"}


class PipeWireReader(PictureStream):
    """A stream from the camera whose node has a given name; the session manager connects the two. Used by one
    thread."""

    direction = pw.INPUT
    flags = pw.AUTOCONNECT | pw.MAP_BUFFERS

    def __init__(self, size_wh: SizeWH, fps: Fraction, camera: str) -> None:
        """``camera``: the name of its node. ``size_wh``, ``fps``: as it has them. Raises SinkError."""
        super().__init__(size_wh, fps, {**PROPERTIES, "node.name": f"{camera}-reader", "target.object": camera})

    def read(self) -> U8 | None:
        """The next picture, BGR uint8 (H, W, 3); None while there is none. Does not wait."""
        if self.lost:
            return None
        with self._locked():
            taken = self._library.pw_stream_dequeue_buffer(self._stream)
            if not taken:
                return None
            i420 = self._picture(taken.contents.buffer.contents.datas[0])
            self._library.pw_stream_queue_buffer(self._stream, taken)
        return None if i420 is None else np.asarray(cv2.cvtColor(i420, cv2.COLOR_YUV2BGR_I420), np.uint8)

    def _picture(self, data: pw.Data) -> U8 | None:
        """A copy of I420 uint8 (H * 3/2, W); None where the block is no whole picture."""
        width, height = self._size_wh
        chunk, size = data.chunk.contents, picture_bytes(self._size_wh)
        if not data.data or chunk.size < size:
            return None
        copied = ctypes.string_at(data.data + chunk.offset, size)
        return np.frombuffer(copied, np.uint8).reshape(height * 3 // 2, width)
