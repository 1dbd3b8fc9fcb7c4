"""Streams from a real server on the loopback interface, over HTTP."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cyclorama.capture import reader
from cyclorama.capture.open import open_source
from cyclorama.capture.stream import StreamSource
from cyclorama.clips import address
from cyclorama.clips.address import public_name
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame
from cyclorama.settings.values import CaptureSettings

NEVER = threading.Event()
SECRET = "hunter2"
PAGE = b"<html>no video</html>"


class Server(ThreadingHTTPServer):
    """Sends ``body`` in 64 pieces over ``duration_s``; then it hangs up, or falls silent until the test ends."""

    daemon_threads = True

    def __init__(self, body: bytes, *, length: int | None = None, duration_s: float = 0, silent: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.body, self.length, self.duration_s, self.silent = body, length, duration_s, silent
        self.over = threading.Event()
        self.requests = 0
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://user:{SECRET}@127.0.0.1:{self.server_port}/path?token={SECRET}"

    def __exit__(self, *unused: object) -> None:
        self.over.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no error."""


class Answer(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        server.requests += 1
        if not server.body:
            self.send_error(404)
            return
        self.send_response(200)
        if server.length is not None:
            self.send_header("Content-Length", str(server.length))
        self.end_headers()
        piece = -(-len(server.body) // 64)
        for begin in range(0, len(server.body), piece):
            self.wfile.write(server.body[begin : begin + piece])
            self.wfile.flush()
            if server.over.wait(server.duration_s / 64):
                return
        if server.silent:
            server.over.wait(10)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


def take(source: StreamSource, count: int) -> list[Frame]:
    return list(itertools.islice(source.frames(NEVER), count))


@pytest.fixture
def live_body(make_clip: Callable[..., Path]) -> bytes:
    return make_clip("live.ts", 90).read_bytes()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "READ_S", 0.4)
    monkeypatch.setattr(address, "OPEN_S", 0.6)


@pytest.fixture(autouse=True)
def no_secrets(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    assert SECRET not in caplog.text


def test_a_live_stream_comes_as_it_comes(live_body: bytes) -> None:
    with Server(live_body, duration_s=2) as server, StreamSource(server.url) as source:
        assert source.info.name == f"http://127.0.0.1:{server.server_port}"
        assert source.info.mode == "h264 64x48 at 30 fps"
        assert source.info.live
        frames = take(source, 10)
        assert [frame.seq for frame in frames] == list(range(10))
        assert frames[0].size_wh == source.info.size_wh == (64, 48)
        levels = [int(frame.pixels[20, 20, 0]) for frame in frames]
        assert levels == sorted(levels)
        assert len(set(levels)) == 10


def test_only_the_newest_picture_is_kept(live_body: bytes) -> None:
    with Server(live_body, silent=True) as server, StreamSource(server.url) as source:
        time.sleep(0.3)
        (frame,) = take(source, 1)
        assert frame.pixels[20, 20, 0] > 180, "the last of a burst"


def test_a_file_on_a_server_is_played_at_its_own_rate(make_clip: Callable[..., Path]) -> None:
    body = make_clip("clip.mp4", 60, options={"movflags": "faststart"}).read_bytes()
    with Server(body, length=len(body)) as server, StreamSource(server.url) as source:
        frames = take(source, 20)
        between_s = (frames[-1].captured_ns - frames[0].captured_ns) / 1e9
        assert between_s == pytest.approx(19 / 30, abs=0.2)


def test_the_end_is_an_error_so_that_it_is_opened_again(live_body: bytes) -> None:
    with (
        Server(live_body, length=len(live_body)) as server,
        StreamSource(server.url) as source,
        pytest.raises(CaptureError, match="has ended"),
    ):
        take(source, 1000)


def test_an_answer_that_breaks_off_is_an_error(live_body: bytes) -> None:
    with (
        Server(live_body[: len(live_body) // 2], length=len(live_body), duration_s=0.5) as server,
        StreamSource(server.url) as source,
        pytest.raises(CaptureError, match=r"has ended|the connection broke off") as caught,
    ):
        take(source, 1000)
    assert SECRET not in str(caught.value)


@pytest.mark.usefixtures("quick")
def test_silence_is_an_error(live_body: bytes) -> None:
    with Server(live_body, silent=True) as server, StreamSource(server.url) as source:
        begin = time.monotonic()
        with pytest.raises(CaptureError, match="it does not answer"):
            take(source, 1000)
        assert time.monotonic() - begin < 1.5


@pytest.mark.usefixtures("quick")
def test_stop_ends_a_wait_in_silence(live_body: bytes) -> None:
    stop = threading.Event()
    with Server(live_body, silent=True) as server, StreamSource(server.url) as source:
        threading.Timer(0.2, stop.set).start()
        begin = time.monotonic()
        list(source.frames(stop))
        assert time.monotonic() - begin < 0.4


@pytest.mark.usefixtures("quick")
def test_what_does_not_answer_or_is_no_video_is_said_without_secrets() -> None:
    with Server(b"") as missing, Server(PAGE, length=len(PAGE)) as page, Server(b" ", silent=True) as silent:
        for server, reason in ((missing, "404"), (page, "Invalid data"), (silent, "does not answer|no picture")):
            with pytest.raises(CaptureError, match=reason) as caught:
                StreamSource(server.url)
            assert SECRET not in str(caught.value)
            assert caught.value.__cause__ is None
            assert caught.value.__suppress_context__ or caught.value.__context__ is None
        url = missing.url
    with pytest.raises(CaptureError, match=r"^http://127.0.0.1:\d+ cannot be read: Connection refused$"):
        StreamSource(url)


def test_a_stream_with_sound_alone(tmp_path: Path) -> None:
    import wave

    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(16000))
    with (
        Server((tmp_path / "sound.wav").read_bytes()) as server,
        pytest.raises(CaptureError, match="is sound only"),
    ):
        StreamSource(server.url)


def test_it_is_opened_again_by_the_watchdog(live_body: bytes) -> None:
    with Server(live_body, duration_s=0.5) as server, open_source(server.url, CaptureSettings(), live=True) as source:
        seqs = []
        for frame in source.frames(NEVER):
            seqs.append(frame.seq)
            if server.requests == 2 and len(seqs) > 20:
                break
        assert seqs == list(range(len(seqs)))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (f"rtsp://admin:{SECRET}@cam.lan:554/stream1", "rtsp://cam.lan:554"),
        (f"rtsp://cam.lan/user=admin_password={SECRET}_channel=1", "rtsp://cam.lan"),
        (f"https://[::1]:8080/live?token={SECRET}", "https://[::1]:8080"),
    ],
)
def test_what_is_shown_of_an_address(url: str, name: str) -> None:
    assert public_name(url) == name


@pytest.mark.parametrize("url", [f"rtsp://:{SECRET}@/x", "http://", f"http://user:{SECRET}@host:port/", "http://[x"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(CaptureError, match="give rtsp://") as caught:
        public_name(url)
    assert SECRET not in str(caught.value)


def test_limits_fit_together() -> None:
    assert address.READ_S < reader.STALL_S
