"""One connection to PipeWire with one stream of pictures, and the stream that browsers and OBS list as a camera."""

from __future__ import annotations

import ctypes
import errno
import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from ctypes import byref, c_char_p, c_void_p, memmove
from enum import Enum
from fractions import Fraction
from typing import Any

from typing_extensions import override

from cyclorama.core.closing import Closing
from cyclorama.core.errors import SinkError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.sinks.virtual_camera.pipewire import library as pw
from cyclorama.sinks.virtual_camera.pipewire import params
from cyclorama.sinks.virtual_camera.pipewire.library import StreamState

TITLE = "Cyclorama"
NODE = "cyclorama"
PROPERTIES = {
    "media.class": "Video/Source",
    "media.role": "Camera",
    "node.nick": TITLE,
    "node.description": TITLE,
    "media.icon-name": "cyclorama",
}
OPEN_S = 3.0
"""PipeWire answers within milliseconds."""
STANDS_S = 2.0
"""Without a free buffer for so long the graph stands still for good; a consumer that stalls gives its buffers back all
the same. PipeWire 0.3.65 never ends a cycle again once a program such as GStreamer was unlinked and linked anew, as a
restart of the session manager does, and then all consumers stand."""


class Why(Enum):
    """Why there is no camera."""

    NOT_INSTALLED = "libpipewire is not installed"
    OLD = "libpipewire is too old: it has to be 0.3.40 or newer"
    NONE_RUNS = "no PipeWire runs for this user"
    NO_PERMISSION = "this user may not connect to it"
    HANGS = "it does not answer"
    OTHER = "it does not work"


class NoPipeWireError(SinkError):
    """A camera that cannot be made."""

    def __init__(self, why: Why, what: str = "") -> None:
        """``what``: in PipeWire's own words, where it has any."""
        super().__init__(f"no camera through PipeWire: {what or why.value}")
        self.why = why


class PictureStream(Closing):
    """A stream of pictures to or from PipeWire. ``state`` and ``lost`` may be read by any thread.

    ``state``: STREAMING while pictures flow. ``lost``: PipeWire has gone, or has refused the stream.
    """

    direction: int
    flags: int
    """Of ``enum pw_stream_flags``."""

    def __init__(self, size_wh: SizeWH, fps: Fraction, properties: Mapping[str, str], *, waits: bool = True) -> None:
        """Connect, and make the node; sides are even. ``waits``: for PipeWire's answer; else it comes later, or the
        stream is ``lost``. Raises SinkError."""
        self.state = StreamState.CONNECTING
        self.lost = False
        self._size_wh, self._fps, self._properties = size_wh, fps, properties
        self._library = load_library()
        self._answered = threading.Event()
        self._why = ""
        self._loop: Any = None
        self._stream: Any = None
        self._opened = ExitStack()
        self._hook = pw.Hook()
        self._events = pw.StreamEvents(
            version=0,
            state_changed=pw.StateChanged(self._state_changed),
            param_changed=pw.ParamChanged(self._param_changed),
        )
        with ExitStack() as unless_opened:
            unless_opened.callback(self.close)
            self._open()
            if waits:
                self._wait_for_answer()
            unless_opened.pop_all()

    @override
    def close(self) -> None:
        """Remove the node and disconnect; a second call does nothing."""
        self._opened.close()

    def _open(self) -> None:
        library = self._library
        self._loop, core = connect(library, self._opened)
        properties = library.pw_properties_new_string(json.dumps(dict(self._properties)).encode())
        self._stream = _made(library.pw_stream_new(core, TITLE.encode(), properties))
        self._opened.callback(library.pw_stream_destroy, self._stream)
        library.pw_stream_add_listener(self._stream, byref(self._hook), byref(self._events), None)
        formats = _array(params.format_(self._size_wh, self._fps))
        taken = library.pw_stream_connect(self._stream, self.direction, pw.ANY, self.flags, formats, len(formats))
        if taken < 0:
            raise NoPipeWireError(Why.OTHER, "it takes no stream")
        if library.pw_thread_loop_start(self._loop) < 0:
            raise NoPipeWireError(Why.OTHER, "its thread does not start")
        self._opened.callback(library.pw_thread_loop_stop, self._loop)

    def _wait_for_answer(self) -> None:
        if not self._answered.wait(OPEN_S):
            raise NoPipeWireError(Why.HANGS)
        if self.lost:
            raise NoPipeWireError(Why.OTHER, self._why)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._library.pw_thread_loop_lock(self._loop)
        try:
            yield
        finally:
            self._library.pw_thread_loop_unlock(self._loop)

    def _state_changed(self, _: object, before: int, now: int, error: bytes | None) -> None:
        """Called by PipeWire's thread."""
        self.state = StreamState(now)
        if now in (StreamState.ERROR, StreamState.UNCONNECTED):
            self._why = error.decode(errors="replace") if error else "it has gone"
            self.lost = True
        if now != StreamState.CONNECTING:
            self._answered.set()

    def _param_changed(self, _: object, kind: int, param: int | None) -> None:
        """Called by PipeWire's thread. The format is settled: say which buffers are wanted."""
        if kind == params.FORMAT and param:
            wanted = _array(params.buffers(self._size_wh), params.header())
            self._library.pw_stream_update_params(self._stream, wanted, len(wanted))


class CameraStream(PictureStream):
    """The driver of its own graph: each ``show`` is one cycle. Used by one thread.

    ``stands``: the graph stands still, and the stream is ``lost``.
    """

    direction = pw.OUTPUT
    flags = pw.DRIVER | pw.MAP_BUFFERS

    def __init__(self, size_wh: SizeWH, fps: Fraction, name: str = NODE, *, waits: bool = True) -> None:
        """Make the camera; sides are even. ``name``: of its node. ``waits``: as of every stream. Raises
        SinkError."""
        self.stands = False
        self._left_out = 0
        super().__init__(size_wh, fps, {**PROPERTIES, "node.name": name}, waits=waits)

    def show(self, i420: U8, seq: int) -> None:
        """Give one picture, uint8 (H * 3/2, W), to the graph; it is left out where all buffers are in use."""
        if self.lost:
            return
        with self._locked():
            if self.state is not StreamState.STREAMING:
                return
            taken = self._library.pw_stream_dequeue_buffer(self._stream)
            if taken:
                self._fill(taken.contents.buffer.contents, i420, seq)
                self._library.pw_stream_queue_buffer(self._stream, taken)
            self._look_for_standstill(given=bool(taken))
            self._library.pw_stream_trigger_process(self._stream)

    def _look_for_standstill(self, *, given: bool) -> None:
        """Count pictures and not seconds, which pass while this process is stopped, too."""
        self._left_out = 0 if given else self._left_out + 1
        if self._left_out > STANDS_S * self._fps:
            self.stands = self.lost = True

    def _fill(self, buffer: pw.SpaBuffer, i420: U8, seq: int) -> None:
        data = buffer.datas[0]
        size = min(i420.nbytes, data.maxsize)
        memmove(data.data, i420.ctypes.data, size)
        chunk = data.chunk.contents
        chunk.offset, chunk.size, chunk.stride, chunk.flags = 0, size, self._size_wh[0], 0
        for meta in buffer.metas[: buffer.n_metas]:
            if meta.type == params.HEADER and meta.size >= params.HEADER_BYTES:
                header = ctypes.cast(c_void_p(meta.data), ctypes.POINTER(pw.Header)).contents
                header.flags, header.offset, header.dts_offset = 0, 0, 0
                header.pts, header.seq = time.monotonic_ns(), seq


def connect(library: Any, opened: ExitStack) -> tuple[Any, Any]:
    """A loop that does not run yet and a connection, which ``opened`` ends. Raises SinkError."""
    loop = _made(library.pw_thread_loop_new(b"cyclorama-pipewire", None))
    opened.callback(library.pw_thread_loop_destroy, loop)
    context = _made(library.pw_context_new(library.pw_thread_loop_get_loop(loop), None, 0))
    opened.callback(library.pw_context_destroy, context)
    core = _made(library.pw_context_connect(context, None, 0))
    opened.callback(library.pw_core_disconnect, core)
    return loop, core


def _made(handle: Any) -> Any:
    if not handle:
        refused = ctypes.get_errno() in (errno.EACCES, errno.EPERM)
        raise NoPipeWireError(Why.NO_PERMISSION if refused else Why.NONE_RUNS)
    return handle


def _array(*parameters: bytes) -> Any:
    return (c_char_p * len(parameters))(*parameters)


def load_library() -> Any:
    """libpipewire. Raises SinkError."""
    try:
        return pw.load()
    except OSError as error:
        raise NoPipeWireError(Why.NOT_INSTALLED) from error
    except AttributeError as error:
        raise NoPipeWireError(Why.OLD) from error
