"""The page without a session: the panel's answers are made up, and what the page asks for is noted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route, WebSocketRoute

TOKEN = "made-up"
PNG = cv2.imencode(".png", np.full((8, 8, 3), 99, np.uint8))[1].tobytes()
"""A grey picture: the answer where one is asked for."""
PICTURES = ("/thumbnail", "/result", "/original")
Asked = tuple[str, str, Any]
"""Method, path below /api, and body of a request."""


MICROPHONES = [{"id": "3", "name": "Desk", "problem": ""}]
CAMERAS = [{"id": "/dev/video5", "name": "Cam", "problem": ""}, {"id": "demo", "name": "Demo picture", "problem": ""}]
OUTPUTS = [{"id": "camera:/dev/video9", "name": "Loop", "problem": ""}, {"id": "null", "name": "None", "problem": ""}]
MODEL = {
    "name": "rvm",
    "title": "RVM",
    "licence": "GPL-3.0",
    "licence_summary": "share alike",
    "permissive": False,
    "size_bytes": 15_000_000,
    "good_for": ["live"],
    "installed": False,
}


def photo(id: str, state: str = "ready", **more: object) -> dict[str, Any]:
    return {
        "id": id, "name": f"{id}.png", "size_wh": [8, 8], "state": state, "error": None, "made": {"make": "cutout"},
        "result_size_wh": [8, 8], "version": 1, "report": [], "notes": [], **more,
    }  # fmt: skip


class PageAlone:
    """A page whose files are the panel's own. ``answers``: of requests, by method and path; a function gets the body
    and answers with a status and a value. ``state``: what the page is told of the session. ``said``: in its console."""

    def __init__(self, page: Page, address: str, state: dict[str, Any], answers: dict[str, Any]) -> None:
        self.page = page
        self.asked: list[Asked] = []
        self.questions: list[dict[str, Any]] = []
        self.said: list[str] = []
        self.connections = 0
        self._first = state, answers
        self.state, self.answers = dict(state), dict(answers)
        self._sockets: list[WebSocketRoute] = []
        page.on("console", lambda message: self.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.route("**/api/**", self._answer)
        page.route_web_socket("**/api/live", self._connect)
        page.goto(f"{address}/#token={TOKEN}")

    def begin_anew(self) -> None:
        """Go back to the part Live, with the state and the answers of the beginning, and forget what was asked."""
        self.state, self.answers = ({**each} for each in self._first)
        self.run("document.querySelector('dialog[open]')?.close(); location.hash = '#live';")
        self.run("document.getElementById('toasts').replaceChildren();")
        self.tell()
        self.page.locator("#view-live .status-line strong").filter(has_not_text="Off").wait_for()
        self.asked.clear()
        self.said.clear()

    def changes(self) -> list[dict[str, Any]]:
        """The settings that the page has sent."""
        return [body for method, path, body in self.asked if (method, path) == ("PATCH", "/session")]

    def tell(self, **state: object) -> None:
        """Tell the page another state."""
        self.state |= state
        self._sockets[-1].send(json.dumps({"state": self.state}))

    def hang_up(self, code: int = 1001) -> None:
        """Close the connection."""
        self._sockets[-1].close(code=code)

    def run(self, script: str, argument: object = None) -> Any:
        """What an asynchronous function of this body gives; ``given`` is the argument."""
        return self.page.evaluate("async (given) => {" + script + "}", argument)

    def until(self, wanted: Callable[[], object]) -> None:
        """Let the page go on until something is so."""
        for _ in range(400):
            if wanted():
                return
            self.page.wait_for_timeout(10)
        raise AssertionError(f"it does not become so; asked was {self.asked}")

    def _connect(self, socket: WebSocketRoute) -> None:
        self.connections += 1
        self._sockets.append(socket)
        socket.on_message(lambda text: self._hear(socket, json.loads(text)))

    def _hear(self, socket: WebSocketRoute, heard: dict[str, Any]) -> None:
        if "token" in heard:
            assert heard == {"token": TOKEN}
            socket.send(json.dumps({"state": self.state}))
        else:
            self.questions.append(heard)
            socket.send(bytes([("after", "before", "matte").index(heard["view"])]))

    def _answer(self, route: Route) -> None:
        request = route.request
        path = request.url.partition("/api")[2]
        assert request.headers["authorization"] == f"Bearer {TOKEN}"
        sent = request.post_data if "json" in request.headers.get("content-type", "") else None
        body = json.loads(sent) if sent else None
        self.asked.append((request.method, path, body))
        place = path.partition("?")[0]
        otherwise = PNG if place.endswith(PICTURES) else (404, {"error": "made up"})
        answer = self.answers.get(f"{request.method} {place}", otherwise)
        status, value = answer(body) if callable(answer) else (200, answer) if not isinstance(answer, tuple) else answer
        if isinstance(value, bytes):
            route.fulfill(status=status, body=value, content_type="image/png")
        else:
            route.fulfill(status=status, json=value)


def give(alone: PageAlone, view: str, kind: str) -> None:
    """Drop a picture on a part of the page, or paste it."""
    alone.run(
        """
        const files = new DataTransfer();
        files.items.add(new File(["x"], "wall.png", { type: "image/png" }));
        const options = { bubbles: true, cancelable: true };
        const event = given.kind === "drop" ? new DragEvent("drop", { ...options, dataTransfer: files })
            : new ClipboardEvent("paste", { ...options, clipboardData: files });
        document.getElementById(given.view).dispatchEvent(event);
        """,
        {"view": view, "kind": kind},
    )
