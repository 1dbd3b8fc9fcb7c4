"""Video4Linux2 queries for cameras, virtual cameras and the doctor.

Constants and struct layouts are those of linux/videodev2.h. Queries open the device and close it again; none starts a
stream or changes a setting. Paths are below /dev; symbolic links are allowed. On other systems :func:`video_nodes` is
empty, and no other function may be called.
"""

from __future__ import annotations

import errno
import itertools
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from cyclorama.core.frames import SizeWH

SYSFS = Path("/sys/class/video4linux")
PROC = Path("/proc")
JOIN = "sudo usermod -aG video $USER, then log in again"
NO_PERMISSION = f"no permission: {JOIN}"

IDLE_USERS = frozenset({"pipewire", "wireplumber"})
"""Programs that keep every camera open to list it, without streaming."""

CAP_VIDEO_CAPTURE = 0x1
CAP_VIDEO_OUTPUT = 0x2
CAP_VIDEO_CAPTURE_MPLANE = 0x1000
CAP_DEVICE_CAPS = 0x80000000
BUF_TYPE_VIDEO_CAPTURE = 1
BUF_TYPE_VIDEO_OUTPUT = 2
BUF_TYPE_VIDEO_CAPTURE_MPLANE = 9
MEMORY_MMAP = 1
FIELD_NONE = 1
COLORSPACE_SRGB = 8
EVENT_CLIENT_USAGE = 0x08000000 + 0x08E00000 + 1
"""v4l2loopback 0.13 and newer: a consumer started or stopped; the payload's first number is their count."""
SEND_INITIAL = 1
DISCRETE = 1
"""Type of a frame size or interval; the other types are ranges."""

CAPABILITY = struct.Struct("16s32s32s3I12x")
FORMAT = struct.Struct("3I32s4s16x")
FRAME_SIZE = struct.Struct("I4sI6I8x")
FRAME_INTERVAL = struct.Struct("I4s3I6I8x")
REQUEST_BUFFERS = struct.Struct("4I4x")
BUFFER_TYPE = struct.Struct("i")
PICTURE_FORMAT = struct.Struct("I0P2I4s9I152x")
STREAM_PARAMETERS = struct.Struct("5I184x")
EVENT = struct.Struct("I0qI60x2I2l9I0q")
SUBSCRIPTION = struct.Struct("3I20x")
INDEX = struct.Struct("I")
SIDES = struct.Struct("2I")


def _code(number: int, layout: struct.Struct, *, reads: bool = True, writes: bool = True) -> int:
    """The request code of an ioctl of type V (linux/ioctl.h)."""
    return reads << 31 | writes << 30 | layout.size << 16 | ord("V") << 8 | number


VIDIOC_QUERYCAP = _code(0, CAPABILITY, writes=False)
VIDIOC_ENUM_FMT = _code(2, FORMAT)
VIDIOC_S_FMT = _code(5, PICTURE_FORMAT)
VIDIOC_S_PARM = _code(22, STREAM_PARAMETERS)
VIDIOC_REQBUFS = _code(8, REQUEST_BUFFERS)
VIDIOC_STREAMON = _code(18, BUFFER_TYPE, reads=False)
VIDIOC_ENUM_FRAMESIZES = _code(74, FRAME_SIZE)
VIDIOC_ENUM_FRAMEINTERVALS = _code(75, FRAME_INTERVAL)
VIDIOC_DQEVENT = _code(89, EVENT, writes=False)
VIDIOC_SUBSCRIBE_EVENT = _code(90, SUBSCRIPTION, reads=False)
VIDIOC_UNSUBSCRIBE_EVENT = _code(91, SUBSCRIPTION, reads=False)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """A device's identity (VIDIOC_QUERYCAP). ``bus``: where it is plugged in. ``flags``: CAP_* of this node."""

    driver: str
    card: str
    bus: str
    flags: int

    @property
    def captures(self) -> bool:
        """Whether frames can be read from it: not from the metadata node of a camera."""
        return bool(self.flags & (CAP_VIDEO_CAPTURE | CAP_VIDEO_CAPTURE_MPLANE))

    @property
    def capture_type(self) -> int:
        """The buffer type of its frames."""
        return BUF_TYPE_VIDEO_CAPTURE if self.flags & CAP_VIDEO_CAPTURE else BUF_TYPE_VIDEO_CAPTURE_MPLANE


@dataclass(frozen=True, slots=True)
class Mode:
    """One size in one pixel format. ``fps``: supported rates, highest first; empty where the driver lists none."""

    fourcc: str
    size_wh: SizeWH
    fps: tuple[Fraction, ...]


def video_nodes() -> list[Path]:
    """The sysfs folders of all video devices, by number; none on other systems."""
    if not sys.platform.startswith("linux") or not SYSFS.is_dir():
        return []
    return sorted(SYSFS.glob("video[0-9]*"), key=lambda node: int(node.name.removeprefix("video")))


def query(path: str) -> Capabilities:
    """Query a device's capabilities. Raises OSError."""
    with _opened(path) as handle:
        return _query(handle)


def modes(path: str) -> list[Mode]:
    """A camera's modes, in driver order; a range of sizes as its smallest and its largest. Raises OSError."""
    found = []
    with _opened(path) as handle:
        for fourcc in _formats(handle, _query(handle).capture_type):
            for size_wh in _sizes(handle, fourcc):
                rates = sorted(_rates(handle, fourcc, size_wh), reverse=True)
                found.append(Mode(_fourcc(fourcc), size_wh, tuple(rates)))
    return found


def is_streaming(path: str) -> bool:
    """Whether another program streams from the camera: REQBUFS with zero buffers fails then. Raises OSError."""
    with _opened(path) as handle:
        request = REQUEST_BUFFERS.pack(0, _query(handle).capture_type, MEMORY_MMAP, 0)
        try:
            _ask(handle, VIDIOC_REQBUFS, request)
        except OSError as error:
            return error.errno == errno.EBUSY
    return False


def hold_stream_on(path: str, buffer_type: int) -> int:
    """Start a stream without buffers; returns the file descriptor that holds it. Raises OSError."""
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        _ask(handle, VIDIOC_STREAMON, BUFFER_TYPE.pack(buffer_type))
    except OSError:
        os.close(handle)
        raise
    return handle


def set_output_format(handle: int, fourcc: bytes, size_wh: SizeWH, fps: Fraction) -> tuple[bytes, SizeWH]:
    """Set the format of a virtual camera; returns the pixel format and size that were granted. Raises OSError.

    ``fps`` is reported to consumers; a driver that does not support it is no error.
    """
    question = PICTURE_FORMAT.pack(
        BUF_TYPE_VIDEO_OUTPUT, *size_wh, fourcc, FIELD_NONE, 0, 0, COLORSPACE_SRGB, 0, 0, 0, 0, 0
    )
    _, width, height, granted, *_ = PICTURE_FORMAT.unpack(_ask(handle, VIDIOC_S_FMT, question))
    with suppress(OSError):
        rate = STREAM_PARAMETERS.pack(BUF_TYPE_VIDEO_OUTPUT, 0, 0, fps.denominator, fps.numerator)
        _ask(handle, VIDIOC_S_PARM, rate)
    return granted, (width, height)


def subscribe(handle: int, event: int, event_id: int = 0) -> None:
    """Subscribe to ``event``, the current state first. Raises OSError where the driver has no such event."""
    subscription = SUBSCRIPTION.pack(event, event_id, SEND_INITIAL)
    with suppress(OSError):
        _ask(handle, VIDIOC_UNSUBSCRIBE_EVENT, subscription)
    _ask(handle, VIDIOC_SUBSCRIBE_EVENT, subscription)


def queued_events(handle: int) -> list[int]:
    """Dequeue the pending events of a non-blocking handle: first payload numbers, oldest first. Raises OSError."""
    found: list[int] = []
    while True:
        try:
            _, number, *_ = EVENT.unpack(_ask(handle, VIDIOC_DQEVENT, bytes(EVENT.size)))
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EAGAIN):  # no more
                return found
            raise
        found.append(number)


def holders(path: str) -> tuple[str, ...]:
    """Other programs that have ``path`` open, as ``name (pid)``; those of other users only root can see."""
    found = []
    real = os.path.realpath(path)
    for process in PROC.glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        with suppress(OSError):
            if any(str(handle.readlink()) == real for handle in (process / "fd").iterdir()):
                found.append(f"{(process / 'comm').read_text().strip()} ({process.name})")
    return tuple(found)


@contextmanager
def _opened(path: str) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        yield handle
    finally:
        os.close(handle)


def _ask(handle: int, code: int, question: bytes) -> bytes:
    """One ioctl; returns the struct that the driver filled in. Raises OSError."""
    import fcntl  # not on Windows

    answer = bytearray(question)
    fcntl.ioctl(handle, code, answer)
    return bytes(answer)


def _query(handle: int) -> Capabilities:
    answer = _ask(handle, VIDIOC_QUERYCAP, bytes(CAPABILITY.size))
    driver, card, bus, _, of_device, of_node = CAPABILITY.unpack(answer)
    return Capabilities(_text(driver), _text(card), _text(bus), of_node if of_device & CAP_DEVICE_CAPS else of_device)


def _text(padded: bytes) -> str:
    return padded.split(b"\0")[0].decode("utf-8", "replace")


def _fourcc(code: bytes) -> str:
    """The letters of a pixel format; the highest bit means big-endian."""
    letters = bytes(byte & 0x7F for byte in code).decode("ascii").rstrip()
    return f"{letters}-BE" if code[3] & 0x80 else letters


def _listed(handle: int, code: int, layout: struct.Struct, question: bytes) -> Iterator[tuple[Any, ...]]:
    """Enumerate entries 0, 1, 2 ... ``question``: the struct after the index."""
    for index in itertools.count():
        try:
            answer = _ask(handle, code, (INDEX.pack(index) + question).ljust(layout.size, b"\0"))
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTTY):  # no more; no such question
                return
            raise
        yield layout.unpack(answer)


def _formats(handle: int, buffer_type: int) -> Iterator[bytes]:
    for *_, fourcc in _listed(handle, VIDIOC_ENUM_FMT, FORMAT, INDEX.pack(buffer_type)):
        yield fourcc


def _sizes(handle: int, fourcc: bytes) -> Iterator[SizeWH]:
    for _, _, kind, *sides in _listed(handle, VIDIOC_ENUM_FRAMESIZES, FRAME_SIZE, fourcc):
        if kind == DISCRETE:
            yield sides[0], sides[1]
        else:
            smallest_w, largest_w, _, smallest_h, largest_h, _ = sides
            yield smallest_w, smallest_h
            yield largest_w, largest_h
            return


def _rates(handle: int, fourcc: bytes, size_wh: SizeWH) -> Iterator[Fraction]:
    """Frame rates: the inverse of the driver's frame intervals."""
    question = fourcc + SIDES.pack(*size_wh)
    for _, _, _, _, kind, *times in _listed(handle, VIDIOC_ENUM_FRAMEINTERVALS, FRAME_INTERVAL, question):
        ends = (times[0:2],) if kind == DISCRETE else (times[0:2], times[2:4])
        yield from (Fraction(below, above) for above, below in ends if above and below)
        if kind != DISCRETE:
            return
