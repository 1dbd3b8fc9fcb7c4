"""Backgrounds as small pictures. Each file is decoded once, until it changes."""

from __future__ import annotations

from functools import lru_cache

from cyclorama.background.gallery import GalleryEntry
from cyclorama.background.opening import first_picture
from cyclorama.panel.errors import RequestError
from cyclorama.panel.session.frames import live_jpeg

SIZE_WH = (320, 180)
MOST_KEPT = 256
"""A full gallery; some 20 kB each."""


def thumbnail(entry: GalleryEntry) -> bytes:
    """A JPEG of a picture, or of the beginning of a clip; empty for an effect. Raises RequestError, SettingsError,
    CaptureError."""
    if entry.file is None:
        return b""
    try:
        known = entry.file.stat()
    except OSError as error:
        raise RequestError(404, f"{entry.name} is gone: choose another background") from error
    return _made(entry.spec, known.st_mtime_ns, known.st_size)


@lru_cache(MOST_KEPT)
def _made(spec: str, mtime_ns: int, size: int) -> bytes:
    """The thumbnail of the file behind ``spec``. ``mtime_ns`` and ``size`` say which version of the file it shows."""
    picture = first_picture(spec, SIZE_WH)
    return b"" if picture is None else live_jpeg(picture, SIZE_WH[0])
