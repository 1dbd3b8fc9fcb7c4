"""The port for sources, over every implementation."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from cyclorama.capture import camera
from cyclorama.capture.base import Source
from cyclorama.capture.camera import CameraSource
from cyclorama.capture.clip import ClipSource
from cyclorama.capture.demo import DemoSource
from cyclorama.capture.devices import CameraDevice
from cyclorama.capture.stream import StreamSource
from cyclorama.capture.watchdog import Reopening
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame
from doubles.synthetic_source import SyntheticSource

SIZE = (64, 48)
COUNT = 12
KINDS = ["clip", "played clip", "demo", "live demo", "synthetic", "live synthetic", "camera", "reopening", "stream"]
NEVER = threading.Event()


class FakeCapture:
    """Stands in for OpenCV's camera: a picture every hundredth of a second, read by one thread."""

    open_cameras = 0

    def __init__(self, *given: Any) -> None:
        FakeCapture.open_cameras += 1
        self._owner = threading.get_ident()
        self._count = 0

    def isOpened(self) -> bool:  # noqa: N802
        return True

    def set(self, prop: int, value: float) -> bool:
        return True

    def get(self, prop: int) -> float:
        return 30.0

    @staticmethod
    def waitAny(captures: list[FakeCapture], timeout_ns: int) -> tuple[bool, list[int]]:  # noqa: N802
        return True, [0]

    def grab(self) -> bool:
        assert threading.get_ident() == self._owner
        time.sleep(0.01)
        return True

    def retrieve(self) -> tuple[bool, Any]:
        self._count += 1
        return True, np.full((SIZE[1], SIZE[0], 3), self._count % 256, np.uint8)

    def release(self) -> None:
        assert threading.get_ident() == self._owner
        FakeCapture.open_cameras -= 1


def write_clip(path: Path, count: int = COUNT) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=30, options={"g": "6", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for index in range(count):
            frame = av.VideoFrame.from_ndarray(np.full((SIZE[1], SIZE[0]), 40 + index, np.uint8), format="gray")
            frame.pts, frame.time_base = index, Fraction(1, 30)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A live stream over HTTP on the loopback interface: four seconds, sent as fast as they pass."""
    body = write_clip(tmp_path / "live.ts", 120).read_bytes()
    over = threading.Event()

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            piece = len(body) // 120
            for begin in range(0, len(body), piece):
                self.wfile.write(body[begin : begin + piece])
                if over.wait(1 / 30):
                    return

        def log_message(self, *arguments: object) -> None:
            """Keep quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is no error."""

    with Server(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/live"
        over.set()
        server.shutdown()


@pytest.fixture(params=KINDS)
def source(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    monkeypatch.setattr(camera, "find_camera", lambda text, last=None: CameraDevice("0", "Webcam"))
    monkeypatch.setattr(cv2, "VideoCapture", FakeCapture)

    def open_camera() -> CameraSource:
        return CameraSource("0", SIZE, 30)

    kind = request.param
    opened: Source
    if kind == "clip":
        opened = ClipSource(write_clip(tmp_path / "clip.mp4"), live=False)
    elif kind == "played clip":
        opened = ClipSource(write_clip(tmp_path / "clip.mp4"), live=True)
    elif kind in ("demo", "live demo"):
        opened = DemoSource(SIZE, 30, live=kind == "live demo", duration_s=COUNT / 30)
    elif kind in ("synthetic", "live synthetic"):
        opened = SyntheticSource(SIZE, 30, COUNT, live=kind == "live synthetic")
    elif kind == "camera":
        opened = open_camera()
    elif kind == "reopening":
        opened = Reopening(open_camera)
    else:
        opened = StreamSource(request.getfixturevalue("url"))
    yield opened
    opened.close()
    assert FakeCapture.open_cameras == 0


def take(source: Source, count: int) -> list[Frame]:
    return list(itertools.islice(source.frames(NEVER), count))


def test_it_says_what_was_opened(source: Source) -> None:
    info = source.info
    assert info.name
    assert info.size_wh == SIZE
    assert info.fps is not None
    assert float(info.fps) == pytest.approx(30)
    assert info.live or info.frame_count == COUNT


def test_seq_counts_up_and_time_goes_on(source: Source) -> None:
    begin_ns = time.monotonic_ns() - 1_000_000_000
    frames = take(source, 8)
    assert [frame.seq for frame in frames] == list(range(8))
    times = [frame.captured_ns for frame in frames]
    assert times == sorted(times)
    assert begin_ns < times[0] <= times[-1] <= time.monotonic_ns()


def test_frames_are_read_only_contiguous_bgr_of_the_size_that_was_said(source: Source) -> None:
    for frame in take(source, 3):
        assert frame.size_wh == source.info.size_wh
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.shape[2] == 3
        assert frame.pixels.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            frame.pixels[0, 0, 0] = 1


def test_frames_that_were_taken_stay_as_they_are(source: Source) -> None:
    frames = take(source, 5)
    copies = [frame.pixels.copy() for frame in frames]
    take(source, 3)
    assert all(np.array_equal(frame.pixels, copy) for frame, copy in zip(frames, copies, strict=True))
    assert not np.array_equal(copies[0], copies[4])


def test_live_frames_have_no_file_time_and_those_of_a_clip_do(source: Source) -> None:
    frames = take(source, 5)
    if source.info.live:
        assert all(frame.pts is None and frame.time_base is None for frame in frames)
    else:
        assert [frame.time_s for frame in frames] == pytest.approx([index / 30 for index in range(5)])


def test_the_end_is_the_end_of_the_iteration_and_of_a_stream_an_error(source: Source) -> None:
    if isinstance(source, StreamSource):
        with pytest.raises(CaptureError, match=source.info.name):
            take(source, 10_000)
    elif source.info.frame_count is None:
        pytest.skip("it has no end")
    else:
        assert len(take(source, 10_000)) == COUNT


def test_it_wakes_within_100_ms_of_stop(source: Source) -> None:
    late_s = []
    for _ in range(3):  # the best of three: the machine that runs the tests may be busy
        stop, stopped = threading.Event(), []
        frames = source.frames(stop)
        next(frames)

        def set_stop(stop: threading.Event = stop, stopped: list[float] = stopped) -> None:
            stopped.append(time.monotonic())
            stop.set()

        threading.Timer(0.15, set_stop).start()
        for _ in frames:
            time.sleep(0.001)
        end = time.monotonic()
        stop.wait(2)
        late_s.append(end - stopped[0])
    assert min(late_s) < 0.1


def test_a_stop_that_is_already_set_lets_nothing_through(source: Source) -> None:
    stop = threading.Event()
    stop.set()
    assert list(source.frames(stop)) == []


def test_it_can_be_read_again(source: Source) -> None:
    take(source, 3)
    assert [frame.seq for frame in take(source, 3)] == [0, 1, 2]


def test_close_may_come_at_any_time_and_twice(source: Source) -> None:
    with source as entered:
        assert entered is source
        frames = source.frames(NEVER)
        next(frames)
        source.close()
        source.close()
    source.close()


def test_leaving_with_an_error_releases_it(source: Source) -> None:
    with pytest.raises(ZeroDivisionError), source:
        take(source, 1)
        raise ZeroDivisionError
    assert FakeCapture.open_cameras == 0


def test_it_has_no_fault_before_and_while_it_is_read(source: Source) -> None:
    assert source.fault is None
    take(source, 2)
    assert source.fault is None


def test_released_between_two_calls_it_lets_a_device_go_and_is_read_again(source: Source) -> None:
    take(source, 2)
    source.release()
    if isinstance(source, Reopening):
        assert FakeCapture.open_cameras == 0
    assert source.fault is None
    assert [frame.seq for frame in take(source, 3)] == [0, 1, 2]
    source.release()
    source.release()
