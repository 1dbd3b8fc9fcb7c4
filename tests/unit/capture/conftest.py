"""A kernel, an OpenCV camera and clips that are made up."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from cyclorama.capture import camera
from cyclorama.capture.devices import CameraDevice
from cyclorama.core import v4l2
from cyclorama.core.frames import U8, SizeWH

U32 = ctypes.c_uint32


class Capability(ctypes.Structure):
    """struct v4l2_capability of linux/videodev2.h; so are the others: written down anew, to check the layouts."""

    _fields_ = [
        ("driver", ctypes.c_char * 16), ("card", ctypes.c_char * 32), ("bus_info", ctypes.c_char * 32),
        ("version", U32), ("capabilities", U32), ("device_caps", U32), ("reserved", U32 * 3),
    ]  # fmt: skip


class FormatDescription(ctypes.Structure):
    _fields_ = [
        ("index", U32), ("type", U32), ("flags", U32), ("description", ctypes.c_char * 32),
        ("pixelformat", ctypes.c_char * 4), ("mbus_code", U32), ("reserved", U32 * 3),
    ]  # fmt: skip


class FrameSize(ctypes.Structure):
    _fields_ = [
        ("index", U32), ("pixel_format", ctypes.c_char * 4), ("type", U32), ("sides", U32 * 6), ("reserved", U32 * 2),
    ]  # fmt: skip


class FrameInterval(ctypes.Structure):
    _fields_ = [
        ("index", U32), ("pixel_format", ctypes.c_char * 4), ("width", U32), ("height", U32), ("type", U32),
        ("times", U32 * 6), ("reserved", U32 * 2),
    ]  # fmt: skip


class RequestBuffers(ctypes.Structure):
    _fields_ = [
        ("count", U32), ("type", U32), ("memory", U32), ("capabilities", U32), ("flags", ctypes.c_uint8),
        ("reserved", ctypes.c_uint8 * 3),
    ]  # fmt: skip


Modes = dict[str, dict[SizeWH, list[int]]]
WEBCAM: Modes = {
    "YUYV": {(640, 480): [30], (1280, 720): [10]},
    "MJPG": {(1280, 720): [30, 60], (1920, 1080): [30]},
}


class FakeKernel:
    """Answers the ioctls of video devices; what is refused is an OSError of the kernel's number."""

    def __init__(self, root: Path) -> None:
        self.sysfs = root / "class"
        self.sysfs.mkdir()
        self._root = root
        self.nodes: dict[str, dict[str, Any]] = {}

    def plug_in(
        self,
        number: int,
        name: str,
        modes: Modes | None = None,
        *,
        bus: str = "usb-1",
        flags: int = v4l2.CAP_VIDEO_CAPTURE,
        index: int = 0,
        virtual: bool = False,
        taken: bool = False,
        refusal: int = 0,
    ) -> None:
        """Add ``/dev/videoNUMBER``. ``refusal``: the error number with which it does not open."""
        parent = self._root / ("virtual" if virtual else "usb") / f"video{number}"
        parent.mkdir(parents=True, exist_ok=True)
        (parent / "name").write_text(f"{name}\n")
        (parent / "index").write_text(f"{index}\n")
        (self.sysfs / f"video{number}").symlink_to(parent)
        self.nodes[f"/dev/video{number}"] = {
            "name": name, "modes": WEBCAM if modes is None else modes, "bus": bus, "flags": flags, "taken": taken,
            "refusal": refusal,
        }  # fmt: skip

    def unplug(self, number: int) -> None:
        (self.sysfs / f"video{number}").unlink()
        del self.nodes[f"/dev/video{number}"]

    @contextmanager
    def opened(self, path: str) -> Iterator[str]:
        if path not in self.nodes:
            raise FileNotFoundError(2, "No such file or directory", path)
        if self.nodes[path]["refusal"]:
            raise OSError(self.nodes[path]["refusal"], "refused", path)
        yield path

    def ask(self, path: str, code: int, question: bytes) -> bytes:
        number, size = code & 0xFF, code >> 16 & 0x3FFF
        assert code >> 8 & 0xFF == ord("V")
        assert len(question) == size
        node = self.nodes[path]
        answer: ctypes.Structure
        if number == 0:
            answer = Capability(b"uvcvideo", node["name"].encode(), node["bus"].encode(), 1, 0x84A00001, node["flags"])
        elif number == 2:
            described = FormatDescription.from_buffer_copy(question)
            assert described.type == 1
            described.pixelformat = self._entry(list(node["modes"]), described.index).encode()
            answer = described
        elif number == 74:
            sized = FrameSize.from_buffer_copy(question)
            width, height = self._entry(list(node["modes"][sized.pixel_format.decode()]), sized.index)
            sized.type, sized.sides[0], sized.sides[1] = 1, width, height
            answer = sized
        elif number == 75:
            timed = FrameInterval.from_buffer_copy(question)
            rates = node["modes"][timed.pixel_format.decode()][timed.width, timed.height]
            timed.times[1] = self._entry(rates, timed.index)
            timed.type, timed.times[0] = 1, 1
            answer = timed
        else:
            assert number == 8
            request = RequestBuffers.from_buffer_copy(question)
            assert (request.count, request.type, request.memory) == (0, 1, 1)
            if node["taken"]:
                raise OSError(16, "Device or resource busy")
            answer = request
        assert ctypes.sizeof(answer) == size
        return bytes(answer)

    @staticmethod
    def _entry(entries: list[Any], index: int) -> Any:
        if index >= len(entries):
            raise OSError(22, "Invalid argument")
        return entries[index]


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    fake = FakeKernel(tmp_path)
    monkeypatch.setattr(v4l2.sys, "platform", "linux")
    monkeypatch.setattr(v4l2, "SYSFS", fake.sysfs)
    monkeypatch.setattr(v4l2, "_opened", fake.opened)
    monkeypatch.setattr(v4l2, "_ask", fake.ask)
    monkeypatch.setattr(v4l2, "holders", lambda path: ())
    return fake


class FakeCapture:
    """An OpenCV camera that grants what ``granted`` says, and plays ``script``.

    That is a picture, the grey level of one, a float to wait in seconds, or None for a ``grab`` that fails.
    After its script it is silent: ``grab`` fails.
    """

    made: list[FakeCapture]
    script: list[U8 | int | float | None]
    granted: dict[int, float]
    opens = True

    def __init__(self, index: int, backend: int) -> None:
        self.index, self.backend = index, backend
        self.asked: list[tuple[int, float]] = []
        self.released = threading.Event()
        self.threads = {threading.current_thread().name}
        self._left = list(type(self).script)
        type(self).made.append(self)

    def isOpened(self) -> bool:  # noqa: N802
        return type(self).opens

    def set(self, prop: int, value: float) -> bool:
        self.asked.append((prop, value))
        return True

    def get(self, prop: int) -> float:
        return type(self).granted.get(prop, dict(self.asked).get(prop, 0.0))

    @staticmethod
    def waitAny(captures: list[FakeCapture], timeout_ns: int) -> tuple[bool, list[int]]:  # noqa: N802
        return True, [0]

    def grab(self) -> bool:
        assert not self.released.is_set()
        self.threads.add(threading.current_thread().name)
        while self._left and isinstance(self._left[0], float):
            time.sleep(self._left.pop(0))
        self._picture = self._left.pop(0) if self._left else None
        return self._picture is not None

    def retrieve(self) -> tuple[bool, U8]:
        assert self._picture is not None
        if isinstance(self._picture, int):
            return True, np.full((720, 1280, 3), self._picture, np.uint8)
        return self._picture.size > 0, self._picture.copy()

    def release(self) -> None:
        self.threads.add(threading.current_thread().name)
        self.released.set()


@pytest.fixture
def webcam(monkeypatch: pytest.MonkeyPatch) -> type[FakeCapture]:
    """OpenCV's camera, and a device that names its modes but has no node in /dev."""

    class Webcam(FakeCapture):
        made, granted = [], {}
        script = [item for level in range(200) for item in (0.01, level)]  # noqa: RUF012

    device = CameraDevice("0", "Webcam", modes=("YUYV: 640x480 at 30 fps", "MJPG: 1280x720 at 30 fps"))
    monkeypatch.setattr(camera, "find_camera", lambda text, last=None: device)
    monkeypatch.setattr(cv2, "VideoCapture", Webcam)
    return Webcam


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """A clip of ``count`` frames whose grey level rises by four a frame."""

    def make(
        name: str = "clip.mp4",
        count: int = 30,
        *,
        size_wh: SizeWH = (64, 48),
        codec: str = "libx264",
        times: list[int] | None = None,
        options: dict[str, str] | None = None,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w", options=options or {}) as container:
            stream = container.add_stream(codec, rate=30, options={"g": "10", "bf": "0"} if "264" in codec else {})
            stream.width, stream.height, stream.pix_fmt = *size_wh, "yuv420p"
            for index in range(count):
                level = np.full((size_wh[1], size_wh[0]), 40 + 4 * (index % 50), np.uint8)
                frame = av.VideoFrame.from_ndarray(level, format="gray")
                frame.pts, frame.time_base = (times or range(count))[index], Fraction(1, 30)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make
