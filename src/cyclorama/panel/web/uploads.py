"""The temporary files of the panel: uploads and results, in one folder that only its user may open."""

from __future__ import annotations

import io
import os
import re
import secrets
import shutil
import sys
import tempfile
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from typing_extensions import Buffer

from cyclorama.core.closing import Closing
from cyclorama.panel.errors import RequestError

PREFIX = "cyclorama-panel-"
TOTAL_BYTES = 16 << 30
"""Uploads and results together."""
LABEL_LETTERS = 120
SUFFIX = re.compile(r"\.[a-z0-9]{1,5}")
FULL_TEXT = "the panel holds as many files as it may: delete photos or clips that you have downloaded"


class Uploads(Closing):
    """A folder of mode 0700 for one process, deleted by ``close``. Files have random names. Safe to call from several
    threads."""

    def __init__(self, *, total_bytes: int = TOTAL_BYTES) -> None:
        """Create the folder, and delete those of processes that were killed. Raises OSError."""
        _delete_orphans()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._total, self._lock = total_bytes, threading.Lock()
        self._sizes: dict[Path, int] = {}

    @property
    def used_bytes(self) -> int:
        """The size of all files."""
        with self._lock:
            return sum(self._sizes.values())

    def new_path(self, suffix: str = "") -> Path:
        """A path for a new file, which ``count`` or ``delete`` has to follow. ``suffix``: only a harmless one is
        kept."""
        suffix = suffix.lower()
        return self.folder / (new_id() + (suffix if SUFFIX.fullmatch(suffix) else ""))

    def incoming(self, suffix: str = "") -> IncomingFile:
        """A new file for an upload."""
        return IncomingFile(self.new_path(suffix), self)

    def store(self, data: bytes, suffix: str) -> Path:
        """Write a result. Raises RequestError, OSError."""
        with self.incoming(suffix) as file:
            file.write(data)
            return file.keep()

    def count(self, path: Path) -> None:
        """Count a file that something else has written."""
        with self._lock:
            self._sizes[path] = path.stat().st_size

    def grow(self, path: Path, by: int) -> None:
        """Count bytes that are about to be written. Raises RequestError where they are too many in all."""
        with self._lock:
            if sum(self._sizes.values()) + by > self._total:
                raise RequestError(429, FULL_TEXT, retry_after_s=60)
            self._sizes[path] = self._sizes.get(path, 0) + by

    def delete(self, path: Path | None) -> None:
        """Delete a file, if there is one."""
        if path is not None:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            with self._lock:
                self._sizes.pop(path, None)

    def close(self) -> None:
        """Delete the folder; a second call does nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with self._lock:
            self._sizes.clear()


class IncomingFile(io.FileIO):
    """A file that is being written, and is deleted when it is closed, unless it was kept."""

    def __init__(self, path: Path, uploads: Uploads) -> None:
        super().__init__(path, "x")
        self.path, self._uploads, self._kept = path, uploads, False

    def write(self, data: Buffer) -> int:
        """Write all of ``data``, if the folder has room for it. Raises RequestError, OSError."""
        left = memoryview(data).cast("B")
        self._uploads.grow(self.path, len(left))
        written = len(left)
        while left:
            left = left[super().write(left) :]
        return written

    def keep(self) -> Path:
        """Close the file and keep it; returns its path."""
        self._kept = True
        self.close()
        return self.path

    def close(self) -> None:
        """Close the file; delete it if it is not kept."""
        if not self.closed:
            super().close()
            if not self._kept:
                self._uploads.delete(self.path)


def new_id() -> str:
    """A random name, which nobody guesses."""
    return secrets.token_urlsafe(12)


def clean_label(name: str) -> str:
    """A file name from outside as a label for people and downloads: its last part, without control characters."""
    last = re.split(r"[/\\]", name)[-1]
    printable = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    printable = re.sub(r'[<>:"|?*]', "_", printable).strip(" .")
    if len(printable) > LABEL_LETTERS:
        suffix = Path(printable).suffix[:10]
        printable = printable[: LABEL_LETTERS - len(suffix)] + suffix
    return printable or "unnamed"


@contextmanager
def without_paths(label: str, *paths: Path | None) -> Iterator[None]:
    """Replace temporary ``paths`` in the message of an error of the engine by ``label``."""
    try:
        yield
    except Exception as error:
        if error.args and isinstance(error.args[0], str):
            text = error.args[0]
            for path in paths:
                text = text if path is None else text.replace(str(path), label)
            error.args = (text, *error.args[1:])
        raise


def _delete_orphans() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        with suppress(OSError, OverflowError):
            if _is_mine(folder) and pid.isdigit() and not psutil.pid_exists(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)


def _is_mine(folder: Path) -> bool:
    if folder.is_symlink():
        return False
    return sys.platform == "win32" or folder.stat().st_uid == os.getuid()
