"""How files are sent: media types, the header that makes a browser save one, files that are sent once."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from cyclorama.panel.errors import GONE, RequestError
from cyclorama.panel.web.uploads import Uploads

MEDIA = {
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".tiff": "image/tiff",
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".gif": "image/gif",
}
"""By extension: everything that the panel makes."""
BINARY: dict[str, Any] = {MEDIA[suffix]: {} for suffix in (".png", ".jpg", ".webp", ".tiff")}
"""The contents of an answer that is a picture, for OpenAPI."""


def as_download(name: str) -> dict[str, str]:
    """The header that makes a browser save an answer under ``name`` (RFC 6266)."""
    plain = "".join(sign if sign.isascii() and sign not in '"\\' else "_" for sign in name)
    return {"Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"}


class StoredFile(FileResponse):
    """A file that may have been deleted since the request began."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, or the part that a Range header asks for. Raises RequestError."""
        try:
            await super().__call__(scope, receive, send)
        except RuntimeError as error:
            if Path(self.path).exists():
                raise
            raise RequestError(404, GONE) from error


class FileOnce(StoredFile):
    """A file that is deleted when it was sent, or could not be."""

    def __init__(self, uploads: Uploads, path: Path, *, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(path, media_type=media_type, headers=headers)
        self._uploads, self._path = uploads, path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file, then delete it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._uploads.delete(self._path)
