"""Where cut-outs go: names that never meet each other, nor one of the photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclorama.errors import SettingsError
from cyclorama.sinks.still import OPAQUE, SUFFIXES

ADDED = "-cutout"
"""To a photo's name where the cut-out lies beside it."""
SUFFIX = ".png"


@dataclass(frozen=True, slots=True)
class Job:
    """One photo and the file that is to be made of it."""

    source: Path
    target: Path


def plan(sources: Sequence[Path], output: Path | None, *, transparent: bool) -> list[Job]:
    """A target for every source.

    ``output``: a file with a picture's extension, for one source; otherwise a folder; None: beside each source, with
    ``ADDED`` to its name. A name that is taken, by another target or by a source, gets a number. ``transparent``: the
    format has to carry it. Raises SettingsError.
    """
    if output is not None and output.suffix.lower() in SUFFIXES and not output.is_dir():
        return [_single(sources, output, transparent=transparent)]
    if output is not None and (output.suffix or output.is_file()) and not output.is_dir():
        raise SettingsError(f"--output {output}: write a folder, or a file ending in {', '.join(SUFFIXES)}")
    taken = {_key(source) for source in sources}
    jobs = []
    for source in sources:
        folder, stem = (source.parent, source.stem + ADDED) if output is None else (output, source.stem)
        number = 1
        while _key(target := folder / f"{stem}{f'-{number}' if number > 1 else ''}{SUFFIX}") in taken:
            number += 1
        taken.add(_key(target))
        jobs.append(Job(source, target))
    return jobs


def _single(sources: Sequence[Path], output: Path, *, transparent: bool) -> Job:
    if len(sources) > 1:
        raise SettingsError(f"--output {output} is one file for {len(sources)} photos: give a folder")
    if transparent and output.suffix.lower() in OPAQUE:
        raise SettingsError(f"--output {output}: JPEG has no transparency; write .png or .webp, or give a --background")
    if _key(output) == _key(sources[0]):
        raise SettingsError(f"{output} is both input and output: give the output another name")
    return Job(sources[0], output)


def _key(path: Path) -> str:
    """The same for all names of one file, also where the file system ignores case."""
    return str(path.resolve()).casefold()
