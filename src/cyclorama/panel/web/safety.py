"""The first middleware: who asks, from where, with which token; and the headers of every answer."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cyclorama.panel.errors import problem
from cyclorama.panel.web.access import Access
from cyclorama.panel.web.body import has_body

API = "/api"
AT_ONCE = 64
"""Requests that are answered at a time; further ones get 503."""
POLICY_VIOLATION = 1008
"""Close code of WebSockets (RFC 6455)."""
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
BUSY = "the panel answers as many requests as it can at a time: ask again in a moment"


class Guard:
    """Pure ASGI middleware. Nothing reaches the application before host, origin and token are checked."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access
        self._at_once = 0
        self._csp = content_security_policy(access.port)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The token comes in the first message: browsers cannot send it with the handshake, except in the URL."""
        if self._stranger(Headers(scope=scope)) is not None or not is_api(scope["path"]):
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        with_headers = self._with_headers(scope, send)
        refusal = self._refusal(scope)
        if refusal is not None:
            if has_body(Headers(scope=scope)):  # which nobody reads
                refusal.headers["Connection"] = "close"
            await refusal(scope, receive, with_headers)
            return
        self._at_once += 1
        try:
            await self._app(scope, receive, with_headers)
        finally:
            self._at_once -= 1

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        stranger = self._stranger(headers)
        if stranger is not None:
            return stranger
        authorization = headers.get("authorization", "").encode("latin-1")
        if is_api(scope["path"]) and not self._access.is_authorized(authorization):
            text = "the token is missing or wrong: send Authorization: Bearer TOKEN, with the one that was printed"
            return problem(401, text, headers={"WWW-Authenticate": "Bearer"})
        if self._at_once >= AT_ONCE:
            return problem(503, BUSY, headers={"Retry-After": "1"})
        return None

    def _stranger(self, headers: Headers) -> Response | None:
        """The answer to a request that another site has sent, or that was sent to another name; None if neither."""
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or hosts[0].lower().encode("latin-1") not in self._access.hosts:
            return PlainTextResponse("", 421)
        if any(origin.encode("latin-1") not in self._access.origins for origin in origins):
            return problem(403, "another site may not use this panel")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return problem(403, "another site may not use this panel")
        return None

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers["Content-Security-Policy"] = self._csp
                if is_api(scope["path"]):
                    headers["Cache-Control"] = "no-store"
                else:
                    headers.setdefault("Cache-Control", "no-cache")
            await send(message)
            await asyncio.sleep(0)  # a send to a client that is gone returns at once, and would let nobody else run

        return send_with_headers


def is_api(path: str) -> bool:
    """Whether ``path`` needs the token."""
    return path == API or path.startswith(API + "/")


def content_security_policy(port: int) -> str:
    """Nothing from anywhere but this server; no inline script or style, no form, no frame."""
    sockets = " ".join(f"ws://{name}:{port}" for name in ("127.0.0.1", "localhost"))
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "media-src": "'self' blob:",
        "connect-src": f"'self' {sockets}",
        "manifest-src": "'self'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
