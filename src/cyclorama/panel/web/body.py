"""Middleware that bounds the body of a request: its bytes as they arrive, and the time that its sender takes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyclorama.panel.errors import problem

JSON_BYTES = 1 << 20
"""The limit of addresses that have none of their own: settings, and the strokes of a brush."""
CLOSE = {"Connection": "close"}


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a sender may take: ``grace_s``, and a second for every ``bytes_a_second``. Only the time in which
    nothing was there to be read counts. ``linger_s``, ``linger_bytes``: what is still read and thrown away after a
    refusal, because a browser that is cut off while it sends shows no answer."""

    grace_s: float = 15.0
    bytes_a_second: float = 65536.0
    linger_s: float = 2.0
    linger_bytes: int = 256 << 20


class _RefusedBodyError(Exception):
    """The body is refused; the middleware answers."""


class BodyLimits:
    """Pure ASGI middleware. ``limits``: bytes of a body by path; others may have ``JSON_BYTES``.

    ``Content-Length`` can only lower the limit: a larger one is refused before anything is read.
    """

    def __init__(self, app: ASGIApp, limits: Mapping[str, int], patience: Patience | None = None) -> None:
        self._app, self._limits, self._patience = app, dict(limits), patience or Patience()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._limits.get(scope["path"].rstrip("/"), JSON_BYTES)
        await _Exchange(self._app, limit, self._patience, receive, send).run(scope)


def has_body(headers: Headers) -> bool:
    """Whether a request with these headers has a body."""
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


class _Exchange:
    """One request and its answer."""

    def __init__(self, app: ASGIApp, limit: int, patience: Patience, receive: Receive, send: Send) -> None:
        self._app, self._limit, self._patience = app, limit, patience
        self._receive, self._send = receive, send
        self._read, self._waited_s = 0, 0.0
        self._whole = self._started = False
        self._refusal: tuple[int, str] | None = None

    async def run(self, scope: Scope) -> None:
        headers = Headers(scope=scope)
        self._whole = not has_body(headers)
        declared = headers.get("content-length", "0")
        if declared.isdigit() and int(declared) > self._limit:
            self._refuse(413, _too_large(self._limit))
        else:
            try:
                await self._app(scope, self._receive_bounded, self._send_unless_refused)
            except BaseException:
                if self._refusal is None:
                    raise
        if self._refusal is not None and not self._started:
            await self._answer(*self._refusal)

    def _refuse(self, status: int, text: str) -> None:
        self._refusal = status, text

    async def _receive_bounded(self) -> Message:
        if self._whole:  # now it is the wait for a client that goes away
            return await self._receive()
        if self._refusal is not None:
            raise _RefusedBodyError
        begin = time.monotonic()
        allowed_s = self._patience.grace_s + self._read / self._patience.bytes_a_second - self._waited_s
        try:
            message = await asyncio.wait_for(self._receive(), allowed_s)
        except TimeoutError:
            self._refuse(408, "the request's body arrived too slowly: send it again")
            raise _RefusedBodyError from None
        self._waited_s += time.monotonic() - begin
        self._read += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._read > self._limit:
            self._refuse(413, _too_large(self._limit))
            raise _RefusedBodyError
        return message

    async def _send_unless_refused(self, message: Message) -> None:
        """Pass an answer on. One that comes before the whole body was read closes the connection."""
        if self._refusal is not None and not self._started:
            return
        if message["type"] == "http.response.start":
            self._started = True
            if not self._whole:
                MutableHeaders(scope=message)["Connection"] = "close"
            await self._send(message)
        elif self._whole or message.get("more_body", False):
            await self._send(message)
        else:
            await self._send_last(message.get("body", b""))

    async def _answer(self, status: int, text: str) -> None:
        response = problem(status, text, headers=CLOSE)
        start: dict[str, Any] = {"type": "http.response.start", "status": status, "headers": response.raw_headers}
        await self._send(start)
        await self._send_last(bytes(response.body))

    async def _send_last(self, body: bytes) -> None:
        """Send the end of an answer, then read on for a while, so that the sender gets to see it."""
        await self._send({"type": "http.response.body", "body": body, "more_body": True})
        with suppress(TimeoutError):
            await asyncio.wait_for(self._linger(), self._patience.linger_s)
        await self._send({"type": "http.response.body", "body": b""})

    async def _linger(self) -> None:
        left = self._patience.linger_bytes
        while left > 0 and not self._whole:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return
            left -= len(message.get("body", b""))
            self._whole = not message.get("more_body", False)


def _too_large(limit: int) -> str:
    size = f"{limit >> 30} GiB" if limit >= 1 << 30 else f"{limit >> 20} MiB"
    return f"the request is too large: at most {size} are taken here"
