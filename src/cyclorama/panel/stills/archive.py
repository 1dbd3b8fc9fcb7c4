"""A zip file that is written while it is sent: stored, not deflated, because pictures are compressed already."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

BLOCK = 1 << 18


class _Out(io.RawIOBase):
    """What the archive writes to; not seekable."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: object) -> int:
        """Keep ``data`` until it is taken."""
        part = bytes(data)  # type: ignore[call-overload]
        self._parts.append(part)
        return len(part)

    def take(self) -> bytes:
        """What was written since the last call."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


def stream_zip(files: Iterable[tuple[Path, str]]) -> Iterator[bytes]:
    """Yield a zip file of ``files``, paths with the names for them. A file that is deleted meanwhile is left out."""
    out = _Out()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path, name in files:
            with suppress(FileNotFoundError):
                yield from _stream_file(archive, path, name, out)
    yield out.take()


def _stream_file(archive: zipfile.ZipFile, path: Path, name: str, out: _Out) -> Iterator[bytes]:
    with path.open("rb") as source, archive.open(zipfile.ZipInfo(name), "w", force_zip64=True) as target:
        while block := source.read(BLOCK):
            target.write(block)
            yield out.take()
