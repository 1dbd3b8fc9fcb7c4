"""Find the photos that the user named: files, folders, patterns, standard input."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cyclorama.core.errors import CaptureError, reason
from cyclorama.pictures.photo import check_photo

STANDARD = Path("-")
"""Standard input as a source, standard output as a target."""
PHOTO_SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".tif", ".tiff"),
    *(".heic", ".heif", ".hif", ".avif", ".bmp"),
)
"""Extensions of photos in folders and patterns; a file that is named itself may have any extension."""
PATTERN = "*?["
Problem = tuple[Path, CaptureError]
"""A source without a photo, and the reason."""


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """A photo. ``subfolder``: its folder relative to the folder that was named, which is kept in the output folder."""

    path: Path
    subfolder: Path = Path()


@dataclass(frozen=True, slots=True)
class Search:
    """``found``: each photo once. ``problems``: the sources without a photo, and why."""

    found: list[FoundPhoto] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def find_photos(sources: Sequence[Path], *, recursive: bool = False, outside: Path | None = None) -> Search:
    """Find the photos of all ``sources``, in their order; those of a folder are sorted by name.

    ``recursive``: include subfolders. ``outside``: a folder to leave out, since the outputs are written there.
    """
    search, seen = Search(), set()
    for source in sources:
        try:
            for found in _look_up(source, recursive, outside, search.problems):
                # realpath does not raise for links in a circle
                key = "-" if found.path == STANDARD else os.path.realpath(found.path)
                if key not in seen:
                    seen.add(key)
                    search.found.append(found)
        except CaptureError as error:
            search.problems.append((source, error))
    return search


def openable(photos: Sequence[FoundPhoto]) -> Search:
    """Split ``photos`` into those that can be opened and the names of no photo, before anything costly is done."""
    search = Search()
    for photo in photos:
        try:
            if photo.path != STANDARD:
                check_photo(photo.path)
            search.found.append(photo)
        except CaptureError as error:
            search.problems.append((photo.path, error))
    return search


def photos_in(
    folder: Path,
    *,
    recursive: bool = False,
    outside: Path | None = None,
    on_problem: Callable[[Path, OSError], None] = lambda folder, error: None,
) -> Iterator[FoundPhoto]:
    """The photos in a folder, by name, without hidden files, which programs use for unfinished ones.

    ``on_problem`` gets subfolders that cannot be read. Raises OSError where the folder itself cannot be read.
    """
    folders = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith("."):
            continue
        if entry.is_dir():
            folders.append(entry)
        elif entry.suffix.lower() in PHOTO_SUFFIXES:
            yield FoundPhoto(entry)
    for inner in folders if recursive else ():
        if inner.is_symlink() or (outside is not None and inner.resolve() == outside.resolve()):
            continue
        try:
            for found in photos_in(inner, recursive=True, outside=outside, on_problem=on_problem):
                yield FoundPhoto(found.path, inner.name / found.subfolder)
        except OSError as error:
            on_problem(inner, error)


def _look_up(source: Path, recursive: bool, outside: Path | None, problems: list[Problem]) -> list[FoundPhoto]:
    def on_problem(folder: Path, error: OSError) -> None:
        problems.append((folder, _unreadable(folder, error)))

    if source == STANDARD:
        return [FoundPhoto(source)]
    try:
        if source.is_dir():
            advice = "name another" if recursive else "give --recursive to look in the folders in it"
            inside = photos_in(source, recursive=recursive, outside=outside, on_problem=on_problem)
            return _require_any(inside, f"folder {source}", advice)
        if any(sign in str(source) for sign in PATTERN) and not source.exists():
            # shells leave patterns unexpanded on Windows and in quotes
            paths = (Path(name) for name in sorted(glob.glob(str(source), recursive=True)))  # noqa: PTH207
            photos = (FoundPhoto(path) for path in paths if path.is_file() and path.suffix.lower() in PHOTO_SUFFIXES)
            return _require_any(photos, f"pattern {source}", "check its spelling")
    except CaptureError:  # a subclass of OSError
        raise
    except OSError as error:
        raise _unreadable(source, error) from error
    return [FoundPhoto(source)]


def _unreadable(path: Path, error: OSError) -> CaptureError:
    return CaptureError(f"{path} cannot be read: {reason(error)}; check its name and rights")


def _require_any(photos: Iterable[FoundPhoto], what: str, advice: str) -> list[FoundPhoto]:
    found = list(photos)
    if not found:
        raise CaptureError(f"{what}: there is no photo; {advice}")
    return found
