"""A network camera with a password: the smallest RTSP server (RFC 2326, interleaved: 10.12) that FFmpeg accepts."""

from __future__ import annotations

import base64
import itertools
import re
import socket
import threading
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import pytest

from cyclorama.capture.stream import StreamSource
from cyclorama.core.errors import CaptureError

SECRET = "hunter2"
SDP = (
    "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
    "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n"
)
LOGIN = "Basic " + base64.b64encode(f"admin:{SECRET}".encode()).decode()


class NetworkCamera:
    """Answers one client; after PLAY it sends ``seconds`` of H.264 and hangs up."""

    def __init__(self, seconds: float = 4) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.over = threading.Event()
        self._count = round(seconds * 30)
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        try:
            client, _ = self.listener.accept()
            with client:
                while self._answer(client):
                    pass
        except OSError:
            pass  # the test is over

    def _answer(self, client: socket.socket) -> bool:
        request = b""
        while b"\r\n\r\n" not in request:
            piece = client.recv(4096)
            if not piece:
                return False
            request += piece
        text = request.decode()
        method = text.partition(" ")[0]
        number = re.search(r"CSeq: (\d+)", text)
        assert number is not None
        head, body = {
            "OPTIONS": ("Public: OPTIONS, DESCRIBE, SETUP, PLAY", ""),
            "DESCRIBE": ("Content-Type: application/sdp", SDP),
            "SETUP": ("Transport: RTP/AVP/TCP;unicast;interleaved=0-1", ""),
        }.get(method, ("Range: npt=0.000-", ""))
        status = "200 OK"
        if method != "OPTIONS" and f"Authorization: {LOGIN}" not in text:
            status, head, body = "401 Unauthorized", 'WWW-Authenticate: Basic realm="camera"', ""
        client.sendall(
            f"RTSP/1.0 {status}\r\nCSeq: {number[1]}\r\nSession: 1\r\n{head}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        if method == "PLAY":
            self._play(client)
        return method != "PLAY"

    def _play(self, client: socket.socket) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as packets:
            packets.bind(("127.0.0.1", 0))
            packets.settimeout(0.02)
            url = f"rtp://127.0.0.1:{packets.getsockname()[1]}"
            options = {"g": "15", "bf": "0", "tune": "zerolatency"}
            with av.open(url, "w", format="rtp") as container:
                stream = container.add_stream("libx264", rate=30, options=options)
                stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
                for index in range(self._count):
                    frame = av.VideoFrame.from_ndarray(np.full((48, 64), 40 + index, np.uint8), format="gray")
                    frame.pts, frame.time_base = index, Fraction(1, 30)
                    container.mux(stream.encode(frame))
                    if self.over.wait(1 / 30):
                        return
                    while True:
                        try:
                            packet = packets.recv(2048)
                        except TimeoutError:
                            break
                        client.sendall(b"$\0" + len(packet).to_bytes(2, "big") + packet)


@pytest.fixture
def network_camera() -> Iterator[NetworkCamera]:
    server = NetworkCamera()
    yield server
    server.over.set()
    server.listener.close()
    server.thread.join(2)


def test_an_rtsp_camera_with_a_password(network_camera: NetworkCamera) -> None:
    url = f"rtsp://admin:{SECRET}@127.0.0.1:{network_camera.port}/stream1"
    with StreamSource(url) as source:
        assert source.info.name == f"rtsp://127.0.0.1:{network_camera.port}"
        assert source.info.mode.startswith("h264 64x48")
        frames = list(itertools.islice(source.frames(threading.Event()), 10))
    levels = [int(frame.pixels[20, 20, 0]) for frame in frames]
    assert levels == sorted(levels)
    assert len(set(levels)) >= 8


def test_a_wrong_password_is_said_and_not_shown(network_camera: NetworkCamera) -> None:
    with pytest.raises(CaptureError, match="401 Unauthorized") as caught:
        StreamSource(f"rtsp://admin:{SECRET}3@127.0.0.1:{network_camera.port}/stream1")
    assert SECRET not in str(caught.value)
