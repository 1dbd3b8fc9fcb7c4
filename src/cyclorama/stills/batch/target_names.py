"""Choose the file name of every output: unique, never that of a photo, and the same in every run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cyclorama.core.errors import SettingsError
from cyclorama.files.names import file_key, numbered
from cyclorama.files.targets import check_not_input
from cyclorama.pictures.encode import OPAQUE, SUFFIXES
from cyclorama.stills.batch.mark import Mark, read_mark
from cyclorama.stills.batch.sources import STANDARD, FoundPhoto

ADDED = "-cutout"
"""Appended to the name of the photo where the output lies beside it."""
FROM_STANDARD = Path("stdin")
"""The name of a photo from standard input in an output folder."""


class TargetNames:
    """Assigns a target to every photo of a batch."""

    def __init__(self, output: Path | None, suffix: str | None, *, transparent: bool, added: str = ADDED) -> None:
        """Take ``--output`` and ``--format``.

        ``output``: a file with a picture's extension, or standard output, for one photo; otherwise a folder; None
        writes beside each photo, with ``added`` after its name. ``suffix``: the extension in a folder or for standard
        output; None is ``.png``. ``transparent``: the format must have an alpha channel. Raises SettingsError.
        """
        self.single = output is not None and (output == STANDARD or _is_file_name(output))
        if self.single and output != STANDARD:
            assert output is not None
            if suffix not in (None, output.suffix.lower()):
                raise SettingsError(f"--output {output} and --format {str(suffix)[1:]} differ: leave --format out")
            suffix = output.suffix.lower()
        elif not self.single and output is not None and (output.suffix or output.is_file()) and not output.is_dir():
            raise SettingsError(f"--output {output}: write a folder, or a file ending in {', '.join(SUFFIXES)}")
        self.suffix = suffix or ".png"
        if transparent and self.suffix in OPAQUE:
            raise SettingsError(
                f"{'--format' if output is None else f'--output {output}'}: JPEG has no transparency; "
                "write PNG or WebP, or give a --background"
            )
        self._output = output
        self._added = added
        self._taken: set[str] = set()
        self._read: list[Path] = []
        self._given: dict[Path, Path] = {}

    @property
    def folder(self) -> Path | None:
        """The folder of all outputs; None where there is no single folder."""
        return None if self.single else self._output

    def reserve(self, photos: Sequence[FoundPhoto], *others: Path) -> None:
        """Exclude the names of these photos, and of ``others`` that are read, from the targets.

        Raises SettingsError where ``--output`` is one file for several photos.
        """
        if self.single and len(photos) > 1:
            raise SettingsError(f"--output {self._output} is one file for {len(photos)} photos: give a folder")
        self._read += [*(photo.path for photo in photos), *others]
        self._taken |= {file_key(path) for path in (*(photo.path for photo in photos), *others)}

    def target(self, photo: FoundPhoto, mark: Mark | None) -> Path:
        """The target of a photo; a repeated call gives the same one.

        The name gets a number where a photo, another target, or an earlier output of another photo has it. Raises
        SettingsError where ``--output`` is one file that is also read.
        """
        if self.single or (self._output is None and photo.path == STANDARD):
            target = self._output or STANDARD
            if target != STANDARD and file_key(target) in {file_key(photo.path), *self._taken}:
                raise SettingsError(f"{target} is both input and output: give the output another name")
            check_not_input(target, photo.path, *self._read)
            return target
        if photo.path in self._given:
            return self._given[photo.path]
        source = FROM_STANDARD if photo.path == STANDARD else photo.path
        if self._output is None:
            folder, stem = source.parent, source.stem + self._added
        else:
            folder, stem = self._output / photo.subfolder, source.stem
        names = numbered(folder, stem, self.suffix, separator="-")
        target = next(name for name in names if not self._is_taken(name, mark))
        self._taken.add(file_key(target))
        self._given[photo.path] = target
        return target

    def _is_taken(self, target: Path, mark: Mark | None) -> bool:
        if file_key(target) in self._taken:
            return True
        there = read_mark(target)
        return there is not None and mark is not None and there.photo != mark.photo


def without_outputs(photos: Sequence[FoundPhoto], added: str = ADDED) -> list[FoundPhoto]:
    """Drop photos that are outputs of an earlier run beside their own source: they are not cut out again."""
    stems = {(photo.path.parent, photo.path.stem) for photo in photos}
    return [
        photo
        for photo in photos
        if not (added in photo.path.stem and (photo.path.parent, photo.path.stem.rpartition(added)[0]) in stems)
    ]


def _is_file_name(output: Path) -> bool:
    return output.suffix.lower() in SUFFIXES and not output.is_dir()
