"""PipeWire's camera without PipeWire: what it negotiates, what is said where it cannot be, when it comes back. The real
one: tests/e2e/pipewire."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.sinks.virtual_camera import linux
from cyclorama.sinks.virtual_camera.linux import LinuxCamera
from cyclorama.sinks.virtual_camera.pipewire import library, params, writer
from cyclorama.sinks.virtual_camera.pipewire.library import StreamState
from cyclorama.sinks.virtual_camera.pipewire.stream import STANDS_S, CameraStream, NoPipeWireError, Why
from cyclorama.sinks.virtual_camera.pipewire.writer import AGAIN_S, PipeWireWriter

SIZE, FPS = (640, 360), Fraction(30000, 1001)
I420 = np.zeros((540, 640), np.uint8)
FORMAT = (
    "800000000f00000003000400030000000100000000000000040000000300000002000000000000000200000000000000040000000300000001"
    "000000000000000100020000000000040000000300000002000000000000000300020000000000080000000a00000080020000680100000400"
    "020000000000080000000b0000001e00000001000000"
)
BUFFERS = (
    "a80000000f000000040004000500000001000000000000001c00000013000000010000000000000004000000040000000400000002000000080000"
    "000000000002000000000000000400000004000000010000000000000003000000000000000400000004000000004605000000000004000000000000"
    "000400000004000000800200000000000006000000000000001400000013000000040000000000000004000000040000000600000000000000"
)
HEADER = (
    "380000000f0000000500040006000000010000000000000004000000030000000100000000000000020000000000000004000000040000002000"
    "000000000000"
)
"""What PipeWire's own builder (spa/pod/builder.h) makes of the same parameters, on a little-endian machine."""


@pytest.mark.parametrize(
    ("made", "expected"),
    [(params.format_(SIZE, FPS), FORMAT), (params.buffers(SIZE), BUFFERS), (params.header(), HEADER)],
)
def test_parameters_are_those_of_the_c_builder(made: bytes, expected: str) -> None:
    assert made.hex() == expected


@pytest.mark.parametrize(
    ("fps", "told"),
    [(Fraction(30000, 1001), 30), (Fraction(24000, 1001), 24), (Fraction(10**12, 10**11 + 1), 10), (Fraction(1, 3), 1)],
)
def test_the_rate_that_is_told_is_a_whole_number(fps: Fraction, told: int) -> None:
    assert params.format_(SIZE, fps) == params.format_(SIZE, Fraction(told)), "Chromium finds no camera otherwise"


@pytest.mark.parametrize(
    ("error", "says"),
    [(OSError("no such file"), "libpipewire is not installed"), (AttributeError("no symbol"), "0.3.40 or newer")],
)
def test_a_missing_or_old_library_is_said(monkeypatch: pytest.MonkeyPatch, error: Exception, says: str) -> None:
    def load() -> Any:
        raise error

    monkeypatch.setattr(library, "load", load)
    with pytest.raises(SinkError, match=says) as found:
        PipeWireWriter(SIZE, FPS)
    assert "\n" not in str(found.value)


class FakeStream:
    """A stream that can be lost."""

    made: list[FakeStream]
    refuses = False

    def __init__(self, size_wh: SizeWH, fps: Fraction, *, waits: bool = True) -> None:
        if FakeStream.refuses:
            raise NoPipeWireError(Why.NONE_RUNS)
        self.made_for, self.waits = (size_wh, fps), waits
        self.state, self.lost, self.stands, self.closed = StreamState.STREAMING, False, False, False
        self.shown: list[int] = []
        FakeStream.made.append(self)

    def show(self, i420: U8, seq: int) -> None:
        self.shown.append(seq)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Lets so many seconds pass; streams are fakes."""
    now_s = [100.0]
    FakeStream.made, FakeStream.refuses = [], False
    monkeypatch.setattr(writer, "CameraStream", FakeStream)
    monkeypatch.setattr(writer.time, "monotonic", lambda: now_s[0])

    def passes(seconds: float) -> None:
        now_s[0] += seconds

    return passes


def test_it_comes_back_when_pipewire_does_and_asks_once_a_second(clock: Callable[[float], None]) -> None:
    camera = PipeWireWriter(SIZE, FPS)
    camera.send(I420)
    assert camera.look()
    FakeStream.made[0].state = StreamState.PAUSED
    assert not camera.look(), "nobody takes the pictures"
    FakeStream.made[0].lost = True
    FakeStream.refuses = True
    camera.send(I420)
    assert FakeStream.made[0].closed and not camera.look()
    FakeStream.refuses = False
    clock(AGAIN_S / 2)
    camera.send(I420)
    assert len(FakeStream.made) == 1, "not so soon"
    clock(AGAIN_S)
    camera.send(I420)
    assert FakeStream.made[1].shown == [4]
    assert FakeStream.made[1].waits is False, "a PipeWire that hangs would delay a v4l2loopback device's pictures"
    assert FakeStream.made[1].made_for == (SIZE, FPS)
    assert camera.look()
    camera.close()
    assert FakeStream.made[1].closed and not camera.look()


@pytest.mark.parametrize(("stands", "told"), [(True, "passes no more pictures on"), (False, "has gone")])
def test_a_loss_is_told_once_and_so_is_its_end(
    clock: Callable[[float], None], caplog: pytest.LogCaptureFixture, stands: bool, told: str
) -> None:
    camera = PipeWireWriter(SIZE, FPS)
    for _ in range(3):
        FakeStream.made[-1].lost, FakeStream.made[-1].stands = True, stands
        clock(2 * AGAIN_S)
        FakeStream.refuses = len(FakeStream.made) == 2
        camera.send(I420)
        FakeStream.made[-1].state = StreamState.CONNECTING
    assert [told in text for text in caplog.messages] == [True, False, True], caplog.messages
    assert "has the camera again" in caplog.messages[1]


class FakeLibrary:
    """libpipewire as far as a stream. ``buffers``: how many are free; what is shown comes to nobody."""

    def __init__(self) -> None:
        self.buffers = 0
        self.block = ctypes.create_string_buffer(I420.nbytes)
        data = library.Data(
            maxsize=I420.nbytes, data=ctypes.addressof(self.block), chunk=ctypes.pointer(library.Chunk())
        )
        self._buffer = library.Buffer(ctypes.pointer(library.SpaBuffer(n_datas=1, datas=ctypes.pointer(data))))

    def __getattr__(self, name: str) -> Callable[..., object]:
        return lambda *of: 1

    def pw_stream_add_listener(self, stream: object, hook: object, events: Any, data: object) -> None:
        self.events = events._obj

    def pw_thread_loop_start(self, loop: object) -> int:
        self.events.state_changed(None, StreamState.PAUSED, StreamState.STREAMING, None)
        return 0

    def pw_stream_dequeue_buffer(self, stream: object) -> Any:
        self.buffers -= 1
        return ctypes.pointer(self._buffer) if self.buffers >= 0 else None


@pytest.fixture
def fake_library(monkeypatch: pytest.MonkeyPatch) -> FakeLibrary:
    fake = FakeLibrary()
    monkeypatch.setattr(library, "load", lambda: fake)
    return fake


def test_a_graph_that_stands_still_is_lost_however_long_this_process_was_stopped(fake_library: FakeLibrary) -> None:
    with CameraStream(SIZE, FPS) as stream:
        fake_library.buffers = 8
        standing = int(STANDS_S * FPS)
        for seq in range(8 + standing):
            stream.show(I420, seq)
        assert not stream.lost
        fake_library.buffers = 1
        for seq in range(1 + standing):
            stream.show(I420, seq)
        assert not stream.lost, "it went on"
        fake_library.buffers = 0
        stream.show(I420, 0)
        assert stream.lost and stream.stands
        fake_library.buffers = 9
        stream.show(I420, 0)
        assert fake_library.buffers == 9, "a stream that is lost is not touched"


class FakeWriter:
    """A writer of either kind."""

    def __init__(self, name: str) -> None:
        self.device, self.closed = name, False
        self.watched: bool | None = False
        self.sent: list[U8] = []
        self.how = f"as {name} tells"
        self.fault = ""

    def send(self, i420: U8) -> None:
        if self.fault:
            raise SinkError(self.fault)
        self.sent.append(i420)

    def look(self) -> bool | None:
        return self.watched

    def close(self) -> None:
        self.closed = True


Machine = tuple[FakeWriter, FakeWriter]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine that has both kinds of cameras."""
    loopback, pipewire = FakeWriter("/dev/video10"), FakeWriter("Cyclorama (PipeWire)")
    monkeypatch.setattr(linux, "find_device", lambda wanted: wanted or "/dev/video10")
    monkeypatch.setattr(linux, "LoopbackWriter", lambda *given: loopback)
    monkeypatch.setattr(linux, "viewers_of", lambda device: loopback)
    monkeypatch.setattr(linux, "PipeWireWriter", lambda *given: pipewire)
    return loopback, pipewire


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, why: str) -> None:
    def refused(*_: object) -> Any:
        raise SinkError(why)

    monkeypatch.setattr(linux, name, refused)


def test_both_cameras_show_the_same(machine: Machine) -> None:
    loopback, pipewire = machine
    camera = LinuxCamera(None, SIZE, FPS)
    assert camera.device == "/dev/video10 and Cyclorama (PipeWire)"
    camera.send(np.full((360, 640, 3), 255, np.uint8))
    assert loopback.sent[0] is pipewire.sent[0] and loopback.sent[0][0, 0] == 235, "white, of limited range"
    assert camera.look() is False
    pipewire.watched = True
    assert camera.look() is True
    loopback.watched, pipewire.watched = None, False
    assert camera.look() is None, "perhaps somebody sees the device"
    camera.close()
    assert loopback.closed and pipewire.closed


def test_one_that_fails_is_told_and_left_out_and_the_last_one_ends_the_camera(
    machine: Machine, caplog: pytest.LogCaptureFixture
) -> None:
    loopback, pipewire = machine
    camera = LinuxCamera(None, SIZE, FPS)
    pixels = np.zeros((360, 640, 3), np.uint8)
    loopback.fault = "the driver takes no more pictures"
    loopback.watched = True
    camera.send(pixels)
    camera.send(pixels)
    assert len(pipewire.sent) == 2 and caplog.messages == ["the driver takes no more pictures"]
    assert camera.look() is False, "nobody can see the one that failed"
    pipewire.fault = "PipeWire too"
    with pytest.raises(SinkError, match=r"^PipeWire too$"):
        camera.send(pixels)
    camera.close()
    assert loopback.closed and pipewire.closed


def test_what_finds_viewers_is_closed_with_the_camera(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    viewers = FakeWriter("the driver")
    monkeypatch.setattr(linux, "viewers_of", lambda device: viewers)
    LinuxCamera("/dev/video10", SIZE, FPS).close()
    assert viewers.closed


@pytest.mark.parametrize(
    ("wanted", "device"),
    [
        ("pipewire", "Cyclorama (PipeWire)"),
        ("PipeWire", "Cyclorama (PipeWire)"),
        ("/dev/video10", "/dev/video10"),
        ("cyclo", "/dev/video10"),
    ],
)
def test_one_of_them_can_be_chosen(machine: Machine, wanted: str, device: str) -> None:
    assert LinuxCamera(wanted, SIZE, FPS).device == device


@pytest.mark.parametrize(
    ("lacking", "device"), [("find_device", "Cyclorama (PipeWire)"), ("PipeWireWriter", "/dev/video10")]
)
def test_what_there_is_is_taken(machine: Machine, monkeypatch: pytest.MonkeyPatch, lacking: str, device: str) -> None:
    refuse(monkeypatch, lacking, "none")
    assert LinuxCamera(None, SIZE, FPS).device == device
    next_step = "; what mends it: cyclorama doctor" if lacking == "PipeWireWriter" else ""
    with pytest.raises(SinkError, match=f"^none{next_step}$"):
        LinuxCamera("pipewire" if lacking == "PipeWireWriter" else "/dev/video10", SIZE, FPS)


def test_without_any_both_reasons_are_said_in_one_line(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "PipeWireWriter", "no camera through PipeWire: none runs")
    refuse(monkeypatch, "find_device", "no virtual camera: sudo modprobe v4l2loopback")
    with pytest.raises(SinkError, match=r"^no camera through PipeWire: none runs; no virtual camera: sudo modprobe"):
        LinuxCamera(None, SIZE, FPS)


def test_the_first_is_closed_where_the_second_fails_unexpectedly(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> Any:
        raise RuntimeError("a bug")

    monkeypatch.setattr(linux, "PipeWireWriter", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        LinuxCamera(None, SIZE, FPS)
    assert machine[0].closed
