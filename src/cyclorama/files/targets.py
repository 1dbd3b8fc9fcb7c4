"""Whether a file may be written where the user wants it, and what to say where it cannot be."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from cyclorama.core.errors import CycloramaError, SettingsError, SinkError, reason
from cyclorama.files.names import user_path

ADVICE = {
    errno.ENOSPC: "free some space, or choose another disk",
    errno.EDQUOT: "your quota is used up: free some space, or choose another disk",
    errno.EFBIG: "files may not grow larger here: choose another disk",
    errno.EACCES: "choose a folder you may write to",
    errno.EPERM: "choose a folder you may write to",
    errno.EROFS: "this disk is read-only: choose another folder",
    errno.ENAMETOOLONG: "give a shorter name",
}


def check_target(path: Path, *, overwrite: bool, folders: bool = False) -> None:
    """Raise SinkError where ``path`` cannot be created: it exists, it is a folder, its folder is missing or closed.

    ``folders``: missing folders will be made by :func:`make_folder`.
    """
    try:
        _check_target(path, overwrite=overwrite, folders=folders)
    except CycloramaError:
        raise
    except OSError as error:  # a name that no file can have
        raise write_failure(path, error) from error


def _check_target(path: Path, *, overwrite: bool, folders: bool) -> None:
    if path.is_dir():
        raise SinkError(f"{path} is a folder: give the name of a file in it")
    if folders and not path.parent.exists():
        there = next((folder for folder in path.parent.parents if folder.exists()), Path("/"))
        if not there.is_dir() or not os.access(there, os.W_OK):
            raise SinkError(f"cannot make the folder {path.parent}: {there} is no folder that may be written to")
        return
    if not path.parent.is_dir():
        raise SinkError(f"cannot write {path}: there is no folder {path.parent}; create it, or choose another")
    check_free(path, overwrite=overwrite)
    if not os.access(path.parent, os.W_OK):
        raise SinkError(f"cannot write {path}: no permission in {path.parent}; {ADVICE[errno.EACCES]}")


def check_free(path: Path, *, overwrite: bool) -> None:
    """Raise SinkError where ``path`` exists and may not be replaced."""
    if path.exists() and not overwrite:
        raise SinkError(f"{path} exists: give --overwrite to replace it, or another name")


def make_folder(folder: Path) -> None:
    """Make a folder for output, with those above it, where it is missing. Raises SinkError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {folder}: {reason(error)}; choose another --output") from error


def check_new(path: Path) -> None:
    """The same for a file that is never replaced, because nobody can say that it may be."""
    if path.exists() and not path.is_dir():
        raise SinkError(f"{path} exists: give another name")
    check_target(path, overwrite=False)


def check_not_input(path: Path, *inputs: str | Path) -> None:
    """Raise SettingsError where ``path`` is one of the files that are read: no ``--overwrite`` is meant for those.

    ``inputs`` may hold what is no file at all, as ``demo`` or ``blur``.
    """
    for name in inputs:
        try:
            same = path.samefile(user_path(name))
        except (OSError, RuntimeError, ValueError):  # one of them is not there, or cannot be a file
            continue
        if same:
            raise SettingsError(f"{path} is both input and output: give the output another name")


def write_failure(path: Path, error: OSError) -> SinkError:
    """The error to raise where writing ``path`` failed with ``error``."""
    advice = ADVICE.get(error.errno or 0, "choose another place")
    return SinkError(f"cannot write {path}: {reason(error)}; {advice}")
