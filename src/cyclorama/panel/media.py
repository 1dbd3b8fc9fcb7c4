"""Media types of what is sent, and the header that makes a browser save it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

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
