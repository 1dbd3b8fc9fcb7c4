"""What a camera tells PipeWire of its pictures: format, buffers, and the header with their times.

The numbers are those of ``spa/param`` and ``spa/buffer`` of PipeWire 0.3.
"""

from __future__ import annotations

import ctypes
from fractions import Fraction

from cyclorama.core.frames import SizeWH
from cyclorama.sinks.virtual_camera.pipewire import pod
from cyclorama.sinks.virtual_camera.pipewire.library import Header

ENUM_FORMAT, FORMAT, BUFFERS, META = 3, 4, 5, 6
"""Kinds of parameters."""
FORMAT_OBJECT, BUFFERS_OBJECT, META_OBJECT = 0x40003, 0x40004, 0x40005
MEDIA_TYPE, MEDIA_SUBTYPE = 1, 2
VIDEO_FORMAT, VIDEO_SIZE, VIDEO_FRAMERATE = 0x20001, 0x20003, 0x20004
VIDEO, RAW, I420 = 2, 1, 2
COUNT, BLOCKS, BLOCK_BYTES, STRIDE, MEMORY = 1, 2, 3, 4, 6
"""Properties of buffers."""
WANTED, LEAST, MOST = 4, 2, 8
"""How many buffers."""
PLAIN_OR_FILE = 1 << 1 | 1 << 2
"""Memory of this process, or behind a file descriptor; never the graphics card's."""
META_TYPE, META_BYTES = 1, 2
HEADER = 1
HEADER_BYTES = ctypes.sizeof(Header)


def picture_bytes(size_wh: SizeWH) -> int:
    """Of I420: all of the luma, a quarter of it for each chroma."""
    return size_wh[0] * size_wh[1] * 3 // 2


def format_(size_wh: SizeWH, fps: Fraction) -> bytes:
    """The only format: I420, which consumers take as BT.601 of limited range, as they do from any camera.

    The rate is a whole number: WebRTC in Chromium and Firefox cuts the one that it reads to 29 where it is
    30000/1001, asks for 29, and gets no camera.
    """
    properties = {
        MEDIA_TYPE: pod.id_(VIDEO),
        MEDIA_SUBTYPE: pod.id_(RAW),
        VIDEO_FORMAT: pod.id_(I420),
        VIDEO_SIZE: pod.rectangle(size_wh),
        VIDEO_FRAMERATE: pod.fraction(Fraction(max(1, round(fps)))),
    }
    return pod.object_(FORMAT_OBJECT, ENUM_FORMAT, properties)


def buffers(size_wh: SizeWH) -> bytes:
    """A few buffers of one block, its rows without padding."""
    properties = {
        COUNT: pod.choice(pod.Choice.RANGE, *map(pod.int_, (WANTED, LEAST, MOST))),
        BLOCKS: pod.int_(1),
        BLOCK_BYTES: pod.int_(picture_bytes(size_wh)),
        STRIDE: pod.int_(size_wh[0]),
        MEMORY: pod.choice(pod.Choice.FLAGS, pod.int_(PLAIN_OR_FILE)),
    }
    return pod.object_(BUFFERS_OBJECT, BUFFERS, properties)


def header() -> bytes:
    """Each buffer has a header with the time of its picture."""
    return pod.object_(META_OBJECT, META, {META_TYPE: pod.id_(HEADER), META_BYTES: pod.int_(HEADER_BYTES)})
