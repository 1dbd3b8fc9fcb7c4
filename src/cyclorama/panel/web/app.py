"""The application: rooms of the interface, the page, the documentation, and the middleware before them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from cyclorama import __version__
from cyclorama.files.assets import asset_path
from cyclorama.panel.errors import Problem, add_handlers
from cyclorama.panel.web.access import Access
from cyclorama.panel.web.body import BodyLimits, Patience
from cyclorama.panel.web.docs import docs_router
from cyclorama.panel.web.safety import Guard, is_api
from cyclorama.panel.web.sweeping import sweeping

SECURITY = {"token": {"type": "http", "scheme": "bearer", "description": "The token that `cyclorama panel` prints."}}
ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request cannot be used: the sentence says what to change."},
    401: {"model": Problem, "description": "The token is missing or wrong."},
    403: {"model": Problem, "description": "Another site asks."},
    408: {"model": Problem, "description": "The body arrived too slowly."},
    413: {"model": Problem, "description": "The body is too large."},
    503: {"model": Problem, "description": "Busy, or this machine cannot do it: the sentence says what to do."},
}
"""What every address of the interface may answer."""
ABOUT = """The interface of the panel, on this machine alone.

Every address below `/api` needs the header `Authorization: Bearer TOKEN`. A failure is `{"error": "one sentence"}`.
"""


@dataclass(frozen=True, slots=True)
class Room:
    """A part of the interface. ``body_limits``: bytes of a request's body, by path; others may have 1 MiB.
    ``sweep``: called about once a minute, in a thread; deletes what is old."""

    router: APIRouter
    body_limits: Mapping[str, int] = field(default_factory=dict)
    sweep: Callable[[], None] | None = None


def make_app(access: Access, rooms: Sequence[Room], *, patience: Patience | None = None) -> ASGIApp:
    """The application for a server with this ``access``, which a WebSocket finds in ``app.state.access``."""
    api = make_api(rooms)
    api.state.access = access
    return Guard(BodyLimits(api, _limits(rooms), patience), access)


def make_api(rooms: Sequence[Room]) -> FastAPI:
    """The application behind the middleware, for tests and for the description."""
    app = FastAPI(
        title="cyclorama",
        version=__version__,
        description=ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=_lifespan(rooms),
        redirect_slashes=False,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    add_handlers(app)
    for room in rooms:
        app.include_router(room.router, responses=ERRORS)
    app.include_router(docs_router())
    app.add_route("/icon.svg", _icon)
    app.router.default = _Page(directory=static_folder(), html=True)
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]
    return app


def static_folder() -> Path:
    """The folder of the page's files."""
    return Path(str(resources.files("cyclorama.panel"))) / "static"


async def _icon(request: Request) -> FileResponse:
    return FileResponse(asset_path("icon.svg"))


class _Page(StaticFiles):
    """The files of the page; nothing below /api."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        if is_api(scope["path"]):
            raise HTTPException(404)
        await super().__call__(scope, receive, send)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file at ``path``. Raises HTTPException."""
        try:
            return await super().get_response(path, scope)
        except (ValueError, OSError) as error:  # a NUL, or a name that is too long
            raise HTTPException(404) from error


def _limits(rooms: Sequence[Room]) -> dict[str, int]:
    return {path: limit for room in rooms for path, limit in room.body_limits.items()}


def _lifespan(rooms: Sequence[Room]) -> Callable[[FastAPI], Any]:
    sweeps = [room.sweep for room in rooms if room.sweep is not None]

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with sweeping(sweeps):
            yield

    return lifespan


def _description(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description: every address below /api needs the token, and errors of validation are 400."""
    if app.openapi_schema is None:
        described = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes)
        components = described.setdefault("components", {})
        components["securitySchemes"] = SECURITY
        for name in ("HTTPValidationError", "ValidationError"):
            components.get("schemas", {}).pop(name, None)
        described["security"] = [{"token": []}]
        for operations in described.get("paths", {}).values():
            for operation in operations.values():
                operation["responses"].pop("422", None)
        app.openapi_schema = described
    return app.openapi_schema
