"""Names of files: whether two are of one file, and names that are still free."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def user_path(text: str | os.PathLike[str]) -> Path:
    """``text`` as a path; ``~`` is the user's folder, and a ``~name`` that is nobody's stays as it is written."""
    path = Path(text)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def as_file(path: Path) -> str:
    """``path`` as a text that names a file and nothing else, whatever else its bare name means (``demo``, ``0``)."""
    return str(path) if path.is_absolute() or path.parent != Path() else os.path.join(os.curdir, path)  # noqa: PTH118


def file_key(path: Path) -> str:
    """The same text for all names of one file, also where the file system ignores case."""
    return os.path.realpath(path).casefold()


def numbered(folder: Path, stem: str, suffix: str, separator: str = "") -> Iterator[Path]:
    """Yield ``STEM.EXT``, ``STEM2.EXT``, ``STEM3.EXT`` and so on, in ``folder``, without end.

    ``separator`` stands before the number.
    """
    yield folder / f"{stem}{suffix}"
    for number in count(2):
        yield folder / f"{stem}{separator}{number}{suffix}"


def create_first(names: Iterator[Path], create: Callable[[Path], T]) -> tuple[Path, T]:
    """Create the first of ``names`` that is free; returns it and what ``create`` gave. Raises OSError.

    Only the creation itself can tell whether a name is free: ``create`` raises FileExistsError where it is not.
    """
    while True:
        path = next(names)
        try:
            return path, create(path)
        except FileExistsError:
            continue
