"""Read a multipart form as it arrives: its one file goes to disk, its fields to memory, both bounded."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from cyclorama.panel.errors import RequestError
from cyclorama.panel.web.uploads import IncomingFile, Uploads, clean_label

logging.getLogger("python_multipart").addHandler(logging.NullHandler())  # without one, Python prints its warnings

BLOCK = 1 << 20
"""Bytes that are written at a time, by a thread: a slow disk must not stop the other requests."""
HEADER_BYTES, FIELD_BYTES, FIELDS = 4096, 4096, 64
OVERHEAD = 1 << 16
"""What a form adds to its file, in bytes."""
FILE = "file"
"""The name of the field that holds the file."""


@dataclass(slots=True)
class Form:
    """A form: the path of its file, what that was called, and the other fields as text."""

    path: Path
    label: str
    fields: dict[str, str] = field(default_factory=dict)


async def read_form(request: Request, uploads: Uploads, *, options: bool = True) -> Form:
    """Read the form of ``request``; its file is kept in ``uploads``. Raises RequestError, OSError, ClientDisconnect.

    ``options``: it may have other fields too. Nothing is kept of a form that cannot be read, or whose sender goes away.
    """
    kind, parameters = parse_options_header(request.headers.get("content-type", ""))
    boundary = parameters.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise RequestError(400, "the request is no form with a file: send it as multipart/form-data")
    with ExitStack() as opened:
        parts = _Parts(uploads, opened)
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
        try:
            await _feed(request, parser)
        except FormParserError as error:
            raise RequestError(400, "the form is damaged: send it again") from error
        return parts.form(options=options)


async def _feed(request: Request, parser: MultipartParser) -> None:
    block = bytearray()
    async for chunk in request.stream():
        block += chunk
        if len(block) >= BLOCK:
            await run_in_threadpool(parser.write, bytes(block))
            block.clear()
    await run_in_threadpool(parser.write, bytes(block))
    parser.finalize()


class _Parts:
    """What the parser calls; collects the parts of a form."""

    def __init__(self, uploads: Uploads, opened: ExitStack) -> None:
        self._uploads, self._opened = uploads, opened
        self._fields: dict[str, str] = {}
        self._file: IncomingFile | None = None
        self._label = ""
        self._whole = False
        self._begin()

    def callbacks(self) -> dict[str, Any]:
        """The functions by the parser's names for them."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._on_header_name,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers,
            "on_part_data": self._on_data,
            "on_part_end": self._on_end,
            "on_end": self._on_form_end,
        }

    def form(self, *, options: bool) -> Form:
        """The whole form. Raises RequestError where it ends too soon or has no file."""
        if not self._whole:
            raise RequestError(400, "the form ends too soon: send it again")
        if self._file is None:
            raise RequestError(400, f"the form has no file: send one in the field {FILE}")
        if self._fields and not options:
            raise RequestError(400, f"the form has more than the field {FILE}: leave the others out")
        return Form(self._file.keep(), self._label, self._fields)

    def _begin(self) -> None:
        self._header_name, self._header_value = bytearray(), bytearray()
        self._disposition = b""
        self._header_bytes = 0
        self._name = ""
        self._value = bytearray()
        self._into: IncomingFile | None = None

    def _on_header_name(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._header_value += data[start:end]

    def _count_header(self, count: int) -> None:
        self._header_bytes += count
        if self._header_bytes > HEADER_BYTES:
            raise RequestError(400, "a part of the form has headers that are too long: send it as a browser does")

    def _on_header_end(self) -> None:
        if bytes(self._header_name).lower() == b"content-disposition":
            self._disposition = bytes(self._header_value)
        self._header_name, self._header_value = bytearray(), bytearray()

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if len(self._fields) >= FIELDS:
            raise RequestError(400, f"the form has more than {FIELDS} fields: leave some out")
        if b"filename" not in options:
            return
        if self._name != FILE or self._file is not None:
            raise RequestError(400, f"the form has more than one file: send one, in the field {FILE}")
        self._label = clean_label(options[b"filename"].decode("utf-8", "replace"))
        self._into = self._opened.enter_context(self._uploads.incoming(Path(self._label).suffix))
        self._file = self._into

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._into is not None:
            self._into.write(data[start:end])
            return
        self._value += data[start:end]
        if len(self._value) > FIELD_BYTES:
            raise RequestError(400, f"the field {clean_label(self._name)} is too long: at most {FIELD_BYTES} bytes")

    def _on_end(self) -> None:
        if self._into is None:
            self._fields[self._name] = bytes(self._value).decode("utf-8", "replace")

    def _on_form_end(self) -> None:
        self._whole = True
