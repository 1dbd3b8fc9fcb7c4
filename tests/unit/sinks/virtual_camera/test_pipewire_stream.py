"""A stream of pictures and the library that it calls, by one that only notes the calls. The real one:
tests/e2e/pipewire."""

from __future__ import annotations

import ctypes
import struct
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8
from cyclorama.sinks.virtual_camera.pipewire import check, params, stream
from cyclorama.sinks.virtual_camera.pipewire import library as pw
from cyclorama.sinks.virtual_camera.pipewire.library import StreamState
from cyclorama.sinks.virtual_camera.pipewire.reader import PipeWireReader
from cyclorama.sinks.virtual_camera.pipewire.stream import CameraStream

SIZE, FPS = (16, 8), Fraction(30000, 1001)
BYTES = 192
I420 = np.arange(BYTES, dtype=np.uint8).reshape(12, 16)
GUARD = 0xEE
LOCKED, UNLOCKED = "pw_thread_loop_lock", "pw_thread_loop_unlock"
ENDED = [
    *("pw_thread_loop_stop", "pw_stream_destroy", "pw_core_disconnect", "pw_context_destroy", "pw_thread_loop_destroy")
]
"""The loop's thread ends first: it must not see what is taken away. Then each thing before what it was made of."""


class Block:
    """A buffer as PipeWire gives it: a block of ``room`` bytes, with whatever was in it before, and a header."""

    def __init__(self, room: int = BYTES, kind: int = params.HEADER) -> None:
        self.memory = (ctypes.c_uint8 * (BYTES + 64))(*[GUARD] * (BYTES + 64))
        self.chunk = pw.Chunk(9, 9, 9, 9)
        self.header = pw.Header(9, 9, 9, 9, 9)
        self._metas = (pw.Meta * 2)(
            pw.Meta(kind + 1, ctypes.sizeof(pw.Header), 0),
            pw.Meta(kind, ctypes.sizeof(pw.Header), ctypes.addressof(self.header)),
        )
        self._data = pw.Data(2, 3, -1, 0, room, ctypes.addressof(self.memory), ctypes.pointer(self.chunk))
        self._spa = pw.SpaBuffer(2, 1, self._metas, ctypes.pointer(self._data))
        self.taken = ctypes.pointer(pw.Buffer(ctypes.pointer(self._spa)))

    @property
    def pixels(self) -> U8:
        return np.frombuffer(self.memory, np.uint8)


class Library:
    """Notes what is called; gives what ``answers`` says, by name, else a handle."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.given: dict[str, tuple[Any, ...]] = {}
        self.answers: dict[str, Any] = {"pw_get_library_version": b"1.4.2", "pw_stream_connect": 0}
        self.first = (StreamState.PAUSED, b"")
        """The state of a stream once the loop runs."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            self.calls.append(name)
            self.given[name] = given
            if name == "pw_thread_loop_start" and self.answers.get(name, 0) >= 0:
                self.tell(*self.first)
            return self.answers.get(name, 1)

        return call

    def tell(self, state: StreamState, error: bytes = b"") -> None:
        self.events.state_changed(None, StreamState.CONNECTING, state, error or None)

    @property
    def events(self) -> pw.StreamEvents:
        events = self.given["pw_stream_add_listener"][2]._obj
        assert isinstance(events, pw.StreamEvents)
        return events


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    made = Library()
    monkeypatch.setattr(pw, "load", lambda: made)
    monkeypatch.setattr(stream, "OPEN_S", 0.05)
    return made


@pytest.fixture
def camera(library: Library) -> CameraStream:
    """One that a program watches."""
    made = CameraStream(SIZE, FPS)
    library.tell(StreamState.STREAMING)
    library.calls.clear()
    return made


@pytest.mark.skipif(struct.calcsize("P") != 8, reason="addresses have eight bytes here")
@pytest.mark.parametrize(
    ("made", "layout", "names"),
    [
        (pw.Chunk, "IIii", "offset size stride flags"),
        (pw.Data, "IIqIIPP", "type flags fd mapoffset maxsize data"),
        (pw.Header, "IIqqQ", "flags offset pts dts_offset seq"),
        (pw.Meta, "IIP", "type size data"),
        (pw.SpaBuffer, "IIPP", "n_metas n_datas"),
        (pw.Buffer, "PPQQ", "buffer user_data size requested"),
    ],
)
def test_structures_are_laid_out_as_the_headers_of_c_have_them(made: Any, layout: str, names: str) -> None:
    values = range(1, len(layout) + 1)
    read = made.from_buffer_copy(struct.pack(layout, *values))
    assert ctypes.sizeof(made) == struct.calcsize(layout)
    assert [getattr(read, name) for name in names.split() if name != "buffer"] == [
        value for value, name in zip(values, names.split(), strict=False) if name != "buffer"
    ]


def test_a_camera_drives_its_graph_and_a_reader_is_connected_to_one(library: Library) -> None:
    CameraStream(SIZE, FPS).close()
    _, direction, target, flags, formats, count = library.given["pw_stream_connect"]
    assert (direction, target, flags, count) == (1, 0xFFFFFFFF, 1 << 2 | 1 << 3, 1)
    wanted = params.format_(SIZE, FPS)
    assert ctypes.string_at(ctypes.cast(formats, ctypes.POINTER(ctypes.c_void_p))[0], len(wanted)) == wanted
    PipeWireReader(SIZE, FPS, "cyclorama").close()
    assert library.given["pw_stream_connect"][1:4] == (0, 0xFFFFFFFF, 1 << 0 | 1 << 2)


def test_a_picture_goes_out_whole_with_its_time_in_one_cycle(library: Library, camera: CameraStream) -> None:
    block = Block()
    library.answers["pw_stream_dequeue_buffer"] = block.taken
    before = time.monotonic_ns()
    camera.show(I420, 7)
    assert (block.pixels[:BYTES] == I420.ravel()).all() and (block.pixels[BYTES:] == GUARD).all()
    chunk, header = block.chunk, block.header
    assert (chunk.offset, chunk.size, chunk.stride, chunk.flags) == (0, BYTES, 16, 0)
    assert (header.flags, header.offset, header.dts_offset, header.seq) == (0, 0, 0, 7)
    assert before <= header.pts <= time.monotonic_ns(), "the clock of the graph"
    of_the_stream = ["pw_stream_dequeue_buffer", "pw_stream_queue_buffer", "pw_stream_trigger_process"]
    assert library.calls == [LOCKED, *of_the_stream, UNLOCKED]


def test_nothing_is_written_beyond_a_block_that_is_too_small(library: Library, camera: CameraStream) -> None:
    block = Block(room=BYTES - 40)
    library.answers["pw_stream_dequeue_buffer"] = block.taken
    camera.show(I420, 0)
    assert (block.pixels[BYTES - 40 :] == GUARD).all() and block.chunk.size == BYTES - 40


def test_other_metadata_is_left_alone(library: Library, camera: CameraStream) -> None:
    block = Block(kind=params.HEADER + 1)
    library.answers["pw_stream_dequeue_buffer"] = block.taken
    camera.show(I420, 7)
    assert (block.header.pts, block.header.seq) == (9, 9)


def test_the_graph_goes_on_while_all_buffers_are_in_use(library: Library, camera: CameraStream) -> None:
    library.answers["pw_stream_dequeue_buffer"] = None
    camera.show(I420, 0)
    assert library.calls == [LOCKED, "pw_stream_dequeue_buffer", "pw_stream_trigger_process", UNLOCKED]


@pytest.mark.parametrize("state", [state for state in StreamState if state is not StreamState.STREAMING])
def test_nothing_is_given_to_a_graph_that_does_not_run(
    library: Library, camera: CameraStream, state: StreamState
) -> None:
    library.tell(state)
    camera.show(I420, 0)
    assert library.calls == ([] if camera.lost else [LOCKED, UNLOCKED])
    assert camera.lost == (state in (StreamState.ERROR, StreamState.UNCONNECTED))


def test_buffers_are_asked_for_when_the_format_is_settled(library: Library, camera: CameraStream) -> None:
    for kind, param in ((params.FORMAT, None), (params.ENUM_FORMAT, 1), (params.BUFFERS, 1)):
        library.events.param_changed(None, kind, param)
    assert library.calls == []
    library.events.param_changed(None, params.FORMAT, 1)
    assert library.calls == ["pw_stream_update_params"] and library.given["pw_stream_update_params"][2] == 2


def test_it_ends_in_the_reverse_order_and_once(library: Library, camera: CameraStream) -> None:
    camera.close()
    camera.close()
    assert library.calls == ENDED


@pytest.mark.parametrize(
    ("answers", "first", "says", "opened"),
    [
        ({"pw_thread_loop_new": None}, (StreamState.PAUSED, b""), "no PipeWire runs for this user", 0),
        ({"pw_context_new": None}, (StreamState.PAUSED, b""), "no PipeWire runs for this user", 1),
        ({"pw_context_connect": None}, (StreamState.PAUSED, b""), "no PipeWire runs for this user", 2),
        ({"pw_stream_new": None}, (StreamState.PAUSED, b""), "no PipeWire runs for this user", 3),
        ({"pw_stream_connect": -22}, (StreamState.PAUSED, b""), "it takes no stream", 4),
        ({"pw_thread_loop_start": -11}, (StreamState.PAUSED, b""), "its thread does not start", 4),
        ({}, (StreamState.CONNECTING, b""), "it does not answer", 5),
        ({}, (StreamState.ERROR, b"no space left"), "no space left", 5),
        ({}, (StreamState.UNCONNECTED, b""), "it has gone", 5),
    ],
)
def test_what_was_made_is_taken_away_where_the_rest_fails(
    library: Library, answers: dict[str, Any], first: tuple[StreamState, bytes], says: str, opened: int
) -> None:
    ctypes.set_errno(0)
    library.answers |= answers
    library.first = first
    with pytest.raises(SinkError, match=f"^no camera through PipeWire: {says}$"):
        CameraStream(SIZE, FPS)
    assert [call for call in library.calls if call in ENDED] == ENDED[len(ENDED) - opened :]


def test_who_only_looks_for_pipewire_leaves_nothing_behind(library: Library) -> None:
    assert check.look_for_pipewire() == check.PipeWire("1.4.2", "")
    assert [call for call in library.calls if call in ENDED] == ENDED


def test_a_reader_takes_the_picture_where_it_lies_and_gives_the_buffer_back(library: Library) -> None:
    color = np.zeros((8, 16, 3), np.uint8)
    color[:] = (200, 100, 20)
    i420 = cv2.cvtColor(color, cv2.COLOR_BGR2YUV_I420)
    block, offset = Block(), 32
    block.pixels[offset : offset + BYTES] = i420.ravel()
    library.answers["pw_stream_dequeue_buffer"] = block.taken
    with PipeWireReader(SIZE, FPS, "cyclorama") as reader:
        library.calls.clear()
        for size, whole in ((BYTES, True), (BYTES - 1, False)):
            block.chunk.offset, block.chunk.size = offset, size
            seen = reader.read()
            assert (seen is not None) == whole
            assert seen is None or np.abs(seen.astype(int) - color).max() <= 2
        assert library.calls == [LOCKED, "pw_stream_dequeue_buffer", "pw_stream_queue_buffer", UNLOCKED] * 2
        library.answers["pw_stream_dequeue_buffer"] = None
        assert reader.read() is None
