"""A file that is written beside its target and takes the target's name when it is finished."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

from cyclorama.core.errors import SettingsError, SinkError, reason

ADVICE = {
    errno.ENOSPC: "free some space, or choose another disk",
    errno.EDQUOT: "your quota is used up: free some space, or choose another disk",
    errno.EFBIG: "files may not grow larger here: choose another disk",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.EROFS: "this disk is read-only: choose another folder",
}


def check_target(path: Path, *, overwrite: bool) -> None:
    """Raise SinkError where ``path`` cannot be created: it exists, it is a folder, its folder is missing or closed."""
    if path.is_dir():
        raise SinkError(f"{path} is a folder: give the name of a file in it")
    if not path.parent.is_dir():
        raise SinkError(f"cannot write {path}: there is no folder {path.parent}; create it, or choose another")
    if path.exists() and not overwrite:
        raise SinkError(f"{path} exists: give --overwrite to replace it, or another name")
    if not os.access(path.parent, os.W_OK):
        raise SinkError(f"cannot write {path}: no permission in {path.parent}; {ADVICE[errno.EACCES]}")


def check_not_input(path: Path, *inputs: str | Path) -> None:
    """Raise SettingsError where ``path`` is one of the files that are read: no ``--overwrite`` is meant for those.

    ``inputs`` may hold what is no file at all, as ``demo`` or ``blur``.
    """
    for name in inputs:
        try:
            same = path.samefile(Path(name).expanduser())
        except (OSError, RuntimeError, ValueError):  # one of them is not there, or cannot be a file
            continue
        if same:
            raise SettingsError(f"{path} is both input and output: give the output another name")


def to_disk(path: Path) -> None:
    """Wait until a file's bytes are on the disk: without that, a new name may get there before them. Raises OSError."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


class PartFile:
    """The ``NAME.part.EXT`` beside a target, as the file object that a muxer writes to.

    The first write that fails seals the file: it is cut back to the last ``mark``, and what a muxer still wants to
    write or to patch then is dropped, so that what was whole before stays as it was, and playable.
    """

    def __init__(self, target: Path, *, overwrite: bool) -> None:
        """Create the file. Raises SinkError."""
        check_target(target, overwrite=overwrite)
        self._target = target
        self._overwrite = overwrite
        self.error: OSError | None = None
        """What the first failed write said."""
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
        """Move, also beyond what a full disk let in."""
        if self.error is None:
            self._position = self._file.seek(offset, whence)
        elif whence != os.SEEK_END:
            self._position = offset + (self._position if whence == os.SEEK_CUR else 0)
        return self._position

    def tell(self) -> int:
        """The position in bytes."""
        return self._position

    def mark(self) -> None:
        """All that was written so far belongs together."""
        self._whole = self._position

    def seal(self, error: OSError) -> None:
        """Drop all that is written from now on; ``error`` says why."""
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
        """Close and let it lie where it is; None, and no file, where nothing whole was written."""
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
        advice = ADVICE.get(error.errno or 0, "choose another place")
        return SinkError(f"cannot write {self._target}: {reason(error)}; {advice}")


def _create(target: Path) -> tuple[Path, FileIO]:
    """A new file beside ``target``: one that an earlier, cut-short run left is somebody's recording, and stays."""
    number = 1
    while True:
        path = target.with_name(f"{target.stem}.part{number if number > 1 else ''}{target.suffix}")
        try:
            return path, path.open("xb", buffering=0)
        except FileExistsError:
            number += 1
