"""A client of the panel: http.client for what is polite, a bare socket for what is not."""

from __future__ import annotations

import http.client
import io
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from cyclorama.panel.web.access import Access

BOUNDARY = "boundary-of-the-form"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json()["error"])


@dataclass(frozen=True)
class PanelClient:
    """Sends requests with the token."""

    access: Access

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Send one request on a connection of its own; a header that is empty is left out."""
        every = {
            "Authorization": f"Bearer {self.access.token}",
            **{key.replace("_", "-"): v for key, v in headers.items()},
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.access.port, timeout=240)
        try:
            connection.request(method, path, body=body, headers={key: value for key, value in every.items() if value})
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.headers.items()}, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def send_json(self, method: str, path: str, value: object) -> Answer:
        return self.ask(method, path, json.dumps(value).encode(), Content_Type="application/json")

    def upload(self, path: str, data: bytes, name: str = "me.png", **fields: str) -> Answer:
        return self.ask("POST", path, form(data, name, **fields), Content_Type=form_type())

    def wait(self, path: str, *states: str) -> Any:
        """Ask for a photo or clip until it is in one of these states."""
        deadline = time.monotonic() + 60
        while (state := self.get(path).json())["state"] not in states:
            assert time.monotonic() < deadline, state
            time.sleep(0.02)
        return state

    def bare(self) -> socket.socket:
        """A connection that nothing was sent on."""
        return socket.create_connection(("127.0.0.1", self.access.port), timeout=240)

    def head(self, method: str, path: str, *lines: str) -> bytes:
        """The head of a request with the token, for a bare connection."""
        every = (f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.access.port}", *self._token(), *lines)
        return "\r\n".join([*every, "", ""]).encode()

    def _token(self) -> tuple[str, ...]:
        return (f"Authorization: Bearer {self.access.token}",)


def form(data: bytes, name: str = "me.png", **fields: str) -> bytes:
    """The body of a form with a file."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    return b"".join(parts) + form_begin(name) + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def form_begin(name: str) -> bytes:
    """What stands before the bytes of the file."""
    line = f'Content-Disposition: form-data; name="file"; filename="{name}"'
    return f"--{BOUNDARY}\r\n{line}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()


def form_type() -> str:
    return f"multipart/form-data; boundary={BOUNDARY}"


def read_answer(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    parts = []
    try:
        while part := connection.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def clip_of(frames: int) -> bytes:
    """An MP4 of noise, 64x48, ten frames a second."""
    noise, out = np.random.default_rng(0), io.BytesIO()
    with av.open(out, "w", "mp4") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(frames):
            frame = av.VideoFrame.from_ndarray(noise.integers(0, 255, (48, 64, 3), np.uint8), "bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return out.getvalue()
