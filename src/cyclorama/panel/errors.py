"""Every error as one sentence of JSON: what failed, where, and what to do next."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from cyclorama.core.errors import (
    CaptureError,
    CycloramaError,
    ModelError,
    NothingFoundError,
    SettingsError,
    SinkError,
    reason,
)

T = TypeVar("T")
log = logging.getLogger(__name__)

STATUS: dict[type[CycloramaError], int] = {
    SettingsError: 400,
    CaptureError: 400,
    NothingFoundError: 400,
    ModelError: 503,
    SinkError: 503,
}
"""By class; the first that fits counts."""
OPTION = re.compile(r"(?<!\S)--([a-z][a-z-]+)")
"""An option of the command line, in a message of the engine; here it is a field."""
FULL = (errno.ENOSPC, errno.EDQUOT)
GONE = "the file is gone: ask what there is"
OUTER = ("body", "query", "path", "cutout", "headshot", "id-photo", "product")
"""Parts of an error's place that say nothing to people: where it was sent, and the kind of an order."""
HTTP_SENTENCES = {
    404: "there is nothing at this address: see /docs for what there is",
    405: "this address takes another method: see /docs",
    400: "the request's body cannot be read: send it as /docs says",
}


class RequestError(CycloramaError):
    """A request that is refused. ``status``: of the answer. ``retry_after_s``: when it may work."""

    def __init__(self, status: int, text: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(text)
        self.status, self.retry_after_s = status, retry_after_s


class GoneError(Exception):
    """Nobody waits for the answer any more."""


class Fix(BaseModel):
    """What mends a problem."""

    label: str = Field(description="The text of a button.")
    action: str = Field(description="The name for POST /api/fixes/{action}.")


class Problem(BaseModel):
    """Why a request failed."""

    error: str = Field(description="One sentence: what, where, next step.")
    fix: Fix | None = Field(default=None, description="What mends it, where that is known.")


def problem(status: int, text: str, *, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to a request that failed."""
    return JSONResponse(Problem(error=for_page(text)).model_dump(exclude_none=True), status, headers)


def for_page(text: object) -> str:
    """A message of the engine in one line; an option of the command line is a field there."""
    return sayable(OPTION.sub(_without_dashes, " ".join(str(text).split())))


def why_failed(error: Exception) -> str:
    """Why work of the panel failed, in one sentence for the page."""
    if isinstance(error, CycloramaError):
        return for_page(error)
    if isinstance(error, OSError):
        return f"the result cannot be kept: {reason(error)}"
    log.debug("work of the panel failed", exc_info=error)
    return f"unexpected {type(error).__name__}: please report it"


def sayable(value: T) -> T:
    """``value`` with its texts as JSON can have them: a file's name may hold bytes that are no characters."""
    said: Any = value
    if isinstance(value, str):
        said = value.encode("utf-8", "replace").decode()
    elif isinstance(value, dict):
        said = {key: sayable(each) for key, each in value.items()}
    elif isinstance(value, list | tuple):
        said = [sayable(each) for each in value]
    return cast(T, said)


def _without_dashes(option: re.Match[str]) -> str:
    return option[1].replace("-", "_")


def add_handlers(app: FastAPI) -> None:
    """Map all errors that an endpoint of ``app`` raises."""
    app.add_exception_handler(CycloramaError, _engine_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    for nobody in (ClientDisconnect, GoneError):
        app.add_exception_handler(nobody, _gone)
    app.add_exception_handler(OSError, _system_error)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: CycloramaError) -> int:
    """The status for an error of the engine: 400 where the request has to change, 503 where this machine has to."""
    if isinstance(error, RequestError):
        return error.status
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 503)


async def _engine_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CycloramaError)
    retry_after_s = error.retry_after_s if isinstance(error, RequestError) else None
    headers = None if retry_after_s is None else {"Retry-After": str(retry_after_s)}
    return problem(status_of(error), str(error), headers=headers)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return problem(400, sentence_of(error.errors()))


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return problem(error.status_code, HTTP_SENTENCES.get(error.status_code, str(error.detail)), headers=error.headers)


async def _system_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OSError)
    if error.errno in FULL:
        return problem(503, "the disk for temporary files is full: free some space, or delete photos and clips here")
    if isinstance(error, FileNotFoundError):
        return problem(404, GONE)
    return await _unexpected(request, error)


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # which nobody reads


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.debug("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, f"unexpected {type(error).__name__} in the panel: please report it, with how to repeat it")


def sentence_of(errors: Sequence[Mapping[str, Any]]) -> str:
    """The first of pydantic's errors as a sentence: ``background: it is empty``."""
    first = errors[0]
    place = [str(part) for part in first["loc"] if part not in OUTER]
    if first["type"] == "extra_forbidden":
        return f"there is no option {place[-1][:80]!r} here: see /docs for what there is"
    text = str(first["msg"]).removeprefix("Value error, ")
    return f"{'.'.join(place)}: {text}" if place else f"the request cannot be used: {text}"
