"""Choose the reader of a file by what it holds, and tell what moves from what does not."""

from __future__ import annotations

from pathlib import Path

from cyclorama.clips.base import FrameReader
from cyclorama.clips.reader import ClipReader, Threads
from cyclorama.clips.webp import AnimatedWebp, is_animated_webp

HEAD_BYTES = 4096
"""Of a PNG: the chunk that makes it an animation stands before its first picture."""


def open_clip(path: Path, *, threads: Threads = "FRAME") -> FrameReader:
    """Open a file for reading; ``threads``: of the decoder. Raises CaptureError."""
    return AnimatedWebp(path) if is_animated_webp(_head(path)) else ClipReader(path, threads=threads)


def is_animation(path: Path) -> bool:
    """Whether ``path`` is of a picture format and moves, or may: GIF, and animated WebP, PNG and AVIF."""
    head = _head(path)
    if head.startswith(b"GIF8") or head[4:12] == b"ftypavis":
        return True
    return (head.startswith(b"\x89PNG") and b"acTL" in head.partition(b"IDAT")[0]) or is_animated_webp(head)


def _head(path: Path) -> bytes:
    """How a file begins; nothing of what is no file or cannot be read, as whoever opens it reports."""
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""
