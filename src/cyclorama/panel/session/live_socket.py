"""The WebSocket of the page: the state twice a second, and a live picture for each question.

The first message is ``{"token": ...}``. Each later one, ``{"view": "after", "width": 640}``, is answered by one binary
message: the number of the view, then a JPEG; empty after the number where there is nothing to show. One question at a
time: a page that is hidden asks nothing, and costs nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import ExitStack, suppress

from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect

from cyclorama.control.controls import Controls, View
from cyclorama.panel.session.desk import Desk
from cyclorama.panel.session.frames import live_jpeg
from cyclorama.panel.web.access import Access
from cyclorama.panel.web.app import Room

log = logging.getLogger(__name__)

PATH = "/api/live"
VIEWS: dict[View, int] = {"after": 0, "before": 1, "matte": 2}
WIDTHS = (160, 1280)
MOST = 8
"""Pages at a time."""
TOKEN_S = 3.0
SEND_S = 5.0
"""A page that does not read for this long is left."""
STATE_S = 0.5
PICTURES_A_SECOND = 30
BUSY_PICTURES_A_SECOND = 5
"""Where the processor is too busy for the session: a browser takes it from there. Five cost a tenth of the rate."""
BUSY_S = 10.0
"""How long pictures come seldom once it was seen busy, lest they themselves make it so again."""
LOOKING_S = 2.0
"""How long the camera stays on after the last question."""
REFUSED, TOO_MANY, ENDED = 1008, 1013, 1001


class Question(BaseModel):
    """What a page asks for."""

    model_config = ConfigDict(extra="forbid")

    view: View
    width: int = Field(640, ge=WIDTHS[0], le=WIDTHS[1])


def live_socket_room(desk: Desk, access: Access) -> Room:
    """The room of the WebSocket."""
    router = APIRouter()
    pages = 0

    @router.websocket(PATH)
    async def live(socket: WebSocket) -> None:
        nonlocal pages
        await socket.accept()
        served = False
        try:
            if not await _knows_token(socket, access):
                await socket.close(REFUSED)
            elif pages >= MOST:
                await socket.close(TOO_MANY)
            else:
                pages, served = pages + 1, True
                await _Page(socket, desk).serve()
        except (WebSocketDisconnect, TimeoutError, RuntimeError, asyncio.CancelledError):
            log.debug("a page left")
        finally:
            pages -= served
            with suppress(RuntimeError, WebSocketDisconnect):  # it is closed already
                await socket.close(ENDED)

    return Room(router)


async def _knows_token(socket: WebSocket, access: Access) -> bool:
    async with asyncio.timeout(TOKEN_S):
        text = await _text_of(socket)
    try:
        token = json.loads(text)["token"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(token, str) and access.is_token(token.encode(errors="replace"))


async def _text_of(socket: WebSocket) -> str:
    """The next message. One of bytes is none that means anything. Raises WebSocketDisconnect."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", ENDED))
    return message.get("text") or ""


class _Page:
    """One page that is connected."""

    def __init__(self, socket: WebSocket, desk: Desk) -> None:
        self._socket, self._desk = socket, desk
        self._sending = asyncio.Lock()
        self._looking = ExitStack()
        self._looked_at: Controls | None = None
        self._asked_s = 0.0
        self._busy_s = -BUSY_S

    async def serve(self) -> None:
        """Tell and answer until one of both ends. Raises what ends it."""
        tasks = [asyncio.create_task(work) for work in (self.tell_states(), self.answer_questions())]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.look_away()

    async def tell_states(self) -> None:
        """Send the state when it changes, at most twice a second."""
        last = ""
        while True:
            now = await run_in_threadpool(self._desk.state)
            if now.busy:
                self._busy_s = time.monotonic()
            state = now.model_dump_json()
            if state != last:
                last = state
                async with asyncio.timeout(SEND_S), self._sending:
                    await self._socket.send_text(f'{{"state":{state}}}')
            await asyncio.sleep(STATE_S)
            if time.monotonic() - self._asked_s > LOOKING_S:
                self.look_away()

    async def answer_questions(self) -> None:
        """Answer each question with a picture, at most ``PICTURES_A_SECOND`` or, while the processor is busy,
        ``BUSY_PICTURES_A_SECOND``. Returns for a wrong one."""
        while True:
            try:
                question = Question.model_validate_json(await _text_of(self._socket))
            except ValidationError:
                await self._socket.close(REFUSED)
                return
            begin_s = time.monotonic()
            self._asked_s = begin_s
            answer = await run_in_threadpool(self._picture, question)
            async with asyncio.timeout(SEND_S), self._sending:
                await self._socket.send_bytes(answer)
            await asyncio.sleep(max(0.0, begin_s + self._interval_s() - time.monotonic()))

    def _interval_s(self) -> float:
        """Between two pictures, at least."""
        busy = time.monotonic() - self._busy_s < BUSY_S
        return 1 / (BUSY_PICTURES_A_SECOND if busy else PICTURES_A_SECOND)

    def look_away(self) -> None:
        """Let the camera rest, unless others look."""
        self._looked_at = None
        self._looking.close()

    def _picture(self, question: Question) -> bytes:
        controls = self._desk.holder.controls
        if controls is not None and controls is not self._looked_at:
            self.look_away()
            self._looking.enter_context(controls.looking())
            self._looked_at = controls
        pixels = controls.view(question.view) if controls is not None else None
        number = bytes([VIEWS[question.view]])
        return number if pixels is None else number + live_jpeg(pixels, question.width)
