"""Write a file beside its target and rename it when it is finished."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from cyclorama.core.errors import SinkError, reason
from cyclorama.files.names import create_first, numbered
from cyclorama.files.targets import check_target, write_failure


def to_disk(path: Path) -> None:
    """Flush a file's bytes to the disk: otherwise a rename may reach it before them. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


class PartFile:
    """The ``NAME.part.EXT`` beside a target, as the file object that a muxer writes to.

    The first write that fails seals the file: it is truncated to the last ``mark``, and what a muxer still writes or
    patches afterwards is dropped, so that the part before the mark stays intact and playable.
    """

    def __init__(self, target: Path, *, overwrite: bool) -> None:
        """Create the file. Raises SinkError."""
        check_target(target, overwrite=overwrite)
        self._target = target
        self._overwrite = overwrite
        self.error: OSError | None = None
        """The error of the first failed write."""
        try:
            self.path, self._file = _create(target)
        except OSError as error:
            raise self.failure(error) from error
        self._position = 0
        self._whole = 0

    def write(self, data: bytes) -> int:
        """Write all of ``data``; dropped, as if written, after a write that failed."""
        if self.error is None:
            try:
                view = memoryview(data)
                while view:
                    view = view[self._file.write(view) :]
            except OSError as error:
                # Without its traceback, which would keep the muxer and the encoder's threads alive.
                self.seal(OSError(error.errno, error.strerror))
                raise
        self._position += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position, also beyond the end of a file that a full disk truncated."""
        if self.error is None:
            self._position = self._file.seek(offset, whence)
        elif whence != os.SEEK_END:
            self._position = offset + (self._position if whence == os.SEEK_CUR else 0)
        return self._position

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def mark(self) -> None:
        """Declare what was written so far complete: it is what a failure keeps."""
        self._whole = self._position

    def seal(self, error: OSError) -> None:
        """Truncate to the last mark and drop all later writes; ``error`` is the reason."""
        self.error = error
        with suppress(OSError):
            self._file.truncate(self._whole)

    def keep(self) -> None:
        """Close and give the file the target's name, once its bytes are on the disk; delete it where nothing whole was
        written.

        Raises SinkError; the file then stays where it is.
        """
        if not self._whole:
            self.discard()
            return
        try:
            with self._file as file:
                os.fsync(file.fileno())
            if self._target.exists() and not self._overwrite:
                raise FileExistsError(errno.EEXIST, "it was created meanwhile")
            self.path.replace(self._target)
        except OSError as error:
            raise SinkError(f"cannot name {self._target}: {reason(error)}; the clip is in {self.path}") from error

    def leave(self) -> Path | None:
        """Close the file and leave it under its part name; None, and no file, where nothing was marked."""
        if not self._whole:
            self.discard()
            return None
        self._file.close()
        return self.path

    def discard(self) -> None:
        """Close and delete."""
        self._file.close()
        self.path.unlink(missing_ok=True)

    def failure(self, error: OSError) -> SinkError:
        """``error`` as this file's user should read it."""
        return write_failure(self._target, error)


def write_whole(path: Path, data: bytes, *, overwrite: bool) -> None:
    """Write ``data`` to ``path``, whole or not at all. Raises SinkError."""
    part = PartFile(path, overwrite=overwrite)
    try:
        part.write(data)
    except BaseException as error:
        part.discard()
        if isinstance(error, OSError):
            raise part.failure(error) from error
        raise
    part.mark()
    part.keep()


def _create(target: Path) -> tuple[Path, FileIO]:
    """A new file beside ``target``; one that an interrupted run left is somebody's recording, and stays."""
    names = numbered(target.parent, f"{target.stem}.part", target.suffix)
    return create_first(names, lambda path: path.open("xb", buffering=0))
