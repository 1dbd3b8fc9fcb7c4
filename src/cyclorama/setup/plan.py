"""Plan and apply changes of setup files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from cyclorama.core.errors import SinkError, reason
from cyclorama.setup.files import SetupFile


class Action(Enum):
    """The action for a file."""

    WRITE = "write"
    REPLACE = "replace"
    KEEP = "keep"
    """Up to date."""
    REMOVE = "remove"
    LEAVE = "leave"
    """Nothing to remove, or not written by setup."""


@dataclass(frozen=True, slots=True)
class Change:
    """One file and its action."""

    file: SetupFile
    action: Action

    @property
    def pending(self) -> bool:
        """Whether there is anything to do."""
        return self.action not in (Action.KEEP, Action.LEAVE)

    def permitted(self) -> bool:
        """Whether this user may do it."""
        folder = self.file.path.parent
        while not folder.is_dir() and folder != folder.parent:
            folder = folder.parent
        return os.access(folder, os.W_OK | os.X_OK)


def plan_setup(files: Iterable[SetupFile], *, overwrite: bool) -> list[Change]:
    """The changes that install ``files``. Raises SinkError for others' files, unless ``overwrite``."""
    changes = []
    for file in files:
        if file.there() and not file.ours() and not overwrite:
            raise SinkError(f"{file.path} is there and was not written by cyclorama: look at it, or give --overwrite")
        if file.path.is_dir() and not file.path.is_symlink():
            raise SinkError(f"{file.path} is a folder: move it away")
        action = Action.KEEP if file.right() else Action.REPLACE if file.there() else Action.WRITE
        changes.append(Change(file, action))
    return changes


def plan_removal(files: Iterable[SetupFile]) -> list[Change]:
    """The changes that remove ``files``, in reverse order; files that setup did not write stay."""
    return [Change(file, Action.REMOVE if file.ours() else Action.LEAVE) for file in reversed(list(files))]


def carry_out(change: Change) -> None:
    """Apply a change, atomically. Raises SinkError."""
    try:
        if change.action is Action.REMOVE:
            change.file.path.unlink()
            _drop_empty_folders(change.file)
        elif change.pending:
            _write(change.file)
    except OSError as error:
        raise SinkError(
            f"cannot {change.action.value} {change.file.path}: {reason(error)}; check its folder's rights and disk"
        ) from error


def _write(file: SetupFile) -> None:
    """Write to a temporary file beside the target, then rename."""
    file.path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".cyclorama-", dir=file.path.parent) as folder:
        part = Path(folder) / file.path.name
        file.create(part)
        part.replace(file.path)


def _drop_empty_folders(file: SetupFile) -> None:
    """Remove empty parent folders of ``file`` below its root: setup may have created them."""
    folder = file.path.parent
    with suppress(OSError):
        while folder != file.root:
            folder.rmdir()
            folder = folder.parent
