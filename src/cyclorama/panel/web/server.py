"""The HTTP server in a thread of its own, on the loopback addresses alone."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Any

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from cyclorama.core.closing import Closing
from cyclorama.core.errors import SettingsError, SinkError, reason
from cyclorama.panel.web.access import Access
from cyclorama.panel.web.peer import is_anothers

CONNECTIONS = 512
"""Open connections; further ones are closed at once."""
HEADERS_S = 10.0
"""How long a client may take for the headers of a request."""
KEEP_ALIVE_S = 15
UNREAD_S = 30.0
"""How long a client may leave an answer unread."""
CLOSE_S = 2
START_S = 30.0
BACKLOG = CONNECTIONS
"""Connections that wait to be taken: where many come at once while the machine is busy, each still gets its answer."""
NEARBY_PORTS = 20
"""Free ports that are tried until one is free on IPv6 too."""

logging.getLogger("uvicorn").addHandler(logging.NullHandler())  # without one, Python prints its warnings


class PanelServer(Closing):
    """Serves an application until it is closed. ``make_app`` is called with the access that the server chose."""

    def __init__(self, make_app: Callable[[Access], ASGIApp], *, port: int = 0, token: str | None = None) -> None:
        """Bind the port, 0 for a free one, and start to serve. Raises SettingsError, SinkError."""
        with ExitStack() as opened:
            sockets = bind_loopback(port, opened)
            number = sockets[0].getsockname()[1]
            self.access = Access(number) if token is None else Access(number, token)
            self._server = uvicorn.Server(_config(make_app(self.access)))
            self._thread = threading.Thread(
                target=self._server.run, args=(sockets,), name="cyclorama-panel-http", daemon=True
            )
            self._thread.start()
            self._wait_until_started()
            self._opened = opened.pop_all()

    @property
    def address(self) -> str:
        """The address to open, without the token."""
        return self.access.address

    def close(self) -> None:
        """Stop serving; a request that is being answered may take ``CLOSE_S`` longer. A second call does nothing."""
        self._server.should_exit = True
        self._thread.join()
        self._opened.close()

    def _wait_until_started(self) -> None:
        deadline = time.monotonic() + START_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self._server.should_exit = True
                raise SinkError("the panel's server does not start: run again with --debug")
            time.sleep(0.005)


class BoundedProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn has it, with a limit on connections and on the time that a client takes: for the headers of a
    request, and to read an answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or close it where there are too many, or it is another user's."""
        super().connection_made(transport)
        self.access_log = False  # the configuration's own switch depends on who else has set up logging
        self._unread: asyncio.TimerHandle | None = None
        self._headers: asyncio.TimerHandle | None = self.loop.call_later(HEADERS_S, self._late)
        ends = transport.get_extra_info("sockname"), transport.get_extra_info("peername")
        if len(self.connections) > CONNECTIONS or is_anothers(*ends):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._cancel_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; the clock of the headers runs while they are incomplete."""
        super().data_received(data)
        waiting = self.conn.their_state is h11.IDLE and not self.transport.is_closing()
        if not waiting and self._headers is not None:
            self._headers.cancel()
            self._headers = None
        elif waiting and self._headers is None and self.conn.trailing_data[0]:
            self._headers = self.loop.call_later(HEADERS_S, self._late)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the connection over; the WebSocket protocol has its own limits."""
        self._cancel_timers()
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Refuse nonsense; also in the middle of an answer, where nothing more can be said."""
        try:
            super().send_400_response(msg)
        except h11.LocalProtocolError:
            self.transport.abort()

    def pause_writing(self) -> None:
        """The client does not read: give it a while."""
        super().pause_writing()
        self._unread = self.loop.call_later(UNREAD_S, self.transport.abort)

    def resume_writing(self) -> None:
        """The client reads again."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _late(self) -> None:
        self.transport.abort()

    def _cancel_timers(self) -> None:
        for timer in (self._headers, self._unread):
            if timer is not None:
                timer.cancel()
        self._headers = self._unread = None


def bind_loopback(port: int, opened: ExitStack) -> list[socket.socket]:
    """Bind ``port`` on 127.0.0.1, and on [::1] where that exists; ``opened`` closes both.

    For port 0 one is chosen that is free on both. Raises SettingsError where the port is taken.
    """
    for _ in range(NEARBY_PORTS):
        with ExitStack() as attempt:
            try:
                first = _bound(socket.AF_INET, "127.0.0.1", port, attempt)
            except (OSError, OverflowError) as error:
                raise SettingsError(f"--port {port} cannot be used: {reason(error)}; choose another, or 0") from error
            sockets = [first]
            try:
                if has_ipv6():
                    sockets.append(_bound(socket.AF_INET6, "::1", first.getsockname()[1], attempt))
            except OSError as error:
                if port == 0:
                    continue
                raise SettingsError(f"--port {port} is taken on [::1]: {reason(error)}; choose another") from error
            opened.push(attempt.pop_all())
            return sockets
    raise SinkError("no port is free on both 127.0.0.1 and [::1]: close some programs")


def has_ipv6() -> bool:
    """Whether this machine has the address ::1."""
    if not socket.has_ipv6:
        return False
    with suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


def _bound(family: socket.AddressFamily, host: str, port: int, opened: ExitStack) -> socket.socket:
    # with its protocol: asyncio sets TCP_NODELAY on no other, and each answer would take 40 ms
    bound = opened.enter_context(socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP))
    if sys.platform == "win32":  # where another program could take the same port
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


def _config(app: ASGIApp) -> uvicorn.Config:
    options: dict[str, Any] = {"server_header": False, "proxy_headers": False, "access_log": False}
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="websockets-sansio",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=CLOSE_S,
        ws_max_size=1 << 16,
        ws_per_message_deflate=False,  # pictures are JPEG: it would cost more than it saves
        ws_max_queue=4,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        **options,
    )
