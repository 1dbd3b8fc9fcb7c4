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
    return AnimatedWebp(path) if _animated_webp(path) else ClipReader(path, threads=threads)


def is_animation(path: Path) -> bool:
    """Whether ``path`` is of a picture format and moves, or may: GIF, and animated WebP, PNG and AVIF."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError:  # reported by who opens it
        return False
    if head.startswith(b"GIF8") or head[4:12] == b"ftypavis":
        return True
    return (head.startswith(b"\x89PNG") and b"acTL" in head.partition(b"IDAT")[0]) or _animated_webp(path)


def _animated_webp(path: Path) -> bool:
    try:
        return path.is_file() and is_animated_webp(path)
    except OSError:
        return False
