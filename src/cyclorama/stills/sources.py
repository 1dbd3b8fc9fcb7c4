"""From what the user named to the photos that are meant: files, folders, patterns, standard input."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cyclorama.errors import CaptureError

STANDARD = Path("-")
"""Standard input as a source, standard output as a target."""
PHOTO_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff"),
    *(".heic", ".heif", ".hif", ".avif", ".bmp"),
)
"""What is a photo in a folder or behind a pattern; a file that is named may have any extension."""
PATTERN = "*?["


@dataclass(frozen=True, slots=True)
class Found:
    """A photo, and the folder that it was found in, below the one that was named: its place in an output folder."""

    path: Path
    below: Path = Path()


@dataclass(frozen=True, slots=True)
class Search:
    """``found``: each photo once. ``problems``: what of the user's names led to none, and why."""

    found: list[Found] = field(default_factory=list)
    problems: list[tuple[Path, CaptureError]] = field(default_factory=list)


def find_photos(sources: Sequence[Path], *, recursive: bool = False, outside: Path | None = None) -> Search:
    """Look up every one of ``sources``, in their order; what is in a folder is sorted by name.

    ``recursive``: folders with the folders in them. ``outside``: nothing in this folder is looked at, since what is
    made is put there.
    """
    search, seen = Search(), set()
    for source in sources:
        try:
            for found in _look_up(source, recursive, outside):
                key = STANDARD if found.path == STANDARD else found.path.resolve()
                if key not in seen:
                    seen.add(key)
                    search.found.append(found)
        except CaptureError as error:
            search.problems.append((source, error))
    return search


def photos_in(folder: Path, *, recursive: bool = False, outside: Path | None = None) -> Iterator[Found]:
    """The photos in a folder, by name; hidden files, which programs have under way, are none. Raises OSError."""
    folders = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            folders.append(entry)
        elif entry.suffix.lower() in PHOTO_SUFFIXES:
            yield Found(entry)
    for inner in folders if recursive else ():
        if not inner.is_symlink() and (outside is None or inner.resolve() != outside.resolve()):
            for found in photos_in(inner, recursive=True, outside=outside):
                yield Found(found.path, inner.name / found.below)


def _look_up(source: Path, recursive: bool, outside: Path | None) -> list[Found]:
    if source == STANDARD:
        return [Found(source)]
    try:
        if source.is_dir():
            advice = "name another" if recursive else "give --recursive to look in the folders in it"
            return _some(photos_in(source, recursive=recursive, outside=outside), f"folder {source}", advice)
        if any(sign in str(source) for sign in PATTERN) and not source.exists():
            # that the shell leaves patterns as they are is the rule on Windows, and in quotes
            paths = (Path(name) for name in sorted(glob.glob(str(source), recursive=True)))  # noqa: PTH207
            photos = (Found(path) for path in paths if path.is_file() and path.suffix.lower() in PHOTO_SUFFIXES)
            return _some(photos, f"pattern {source}", "check its spelling")
    except OSError as error:
        raise CaptureError(f"folder {source} cannot be read: {error.strerror}; choose another") from error
    return [Found(source)]


def _some(photos: Iterable[Found], what: str, advice: str) -> list[Found]:
    found = list(photos)
    if not found:
        raise CaptureError(f"{what}: there is no photo; {advice}")
    return found
