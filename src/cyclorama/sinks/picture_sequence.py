"""Composites to numbered PNG files, for editors and compositing programs."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Set
from pathlib import Path
from typing import Self

from typing_extensions import override

from cyclorama.core.errors import SettingsError, SinkError, reason
from cyclorama.core.frames import Composite, Layout
from cyclorama.files.names import create_first, numbered
from cyclorama.files.part_file import to_disk
from cyclorama.files.targets import check_target, write_failure
from cyclorama.pictures.encode import save_picture
from cyclorama.sinks.base import FileOptions, FileSink, OutputFormat
from cyclorama.sinks.pixels import check_composite

log = logging.getLogger(__name__)

PATTERN = re.compile(r"%0?(\d*)d")
FIRST = 1
"""The first picture's number, as in ffmpeg."""


def is_sequence(path: Path) -> bool:
    """Whether ``path`` names a sequence: a PNG with a place for the number, as in ``frames/%05d.png``."""
    return path.suffix.lower() == ".png" and len(PATTERN.findall(path.name)) == 1


class PictureSequenceSink(FileSink):
    """``%05d.png``: pictures 00001.png, 00002.png, ... one for each composite, lossless, with straight alpha.

    They grow in a folder of their own beside the target, ``NAME.part``, and are put in their place by ``close``. The
    folder that they belong in is created where its parent exists.
    Frame times are not kept.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        """Prepare to write ``path``. ``overwrite``: replace a sequence of that name. Raises SettingsError."""
        if not is_sequence(path):
            raise SettingsError(f"{path} names no sequence of pictures: write one %05d for the number, as in %05d.png")
        self._path = path
        self._overwrite = overwrite
        self._output: OutputFormat | None = None
        self._part = path
        self._count = 0

    @classmethod
    @override
    def endings(cls) -> tuple[str, ...]:
        """A sequence."""
        return ("a sequence as %05d.png",)

    @classmethod
    @override
    def takes(cls, path: Path) -> bool:
        """Whether ``path`` names a sequence."""
        return is_sequence(path)

    @classmethod
    @override
    def to(cls, path: Path, options: FileOptions) -> Self:
        """Pictures have no sound and no codec to choose. Raises SettingsError."""
        if options.encoding.codec != "auto" or options.encoding.crf is not None:
            raise SettingsError(f"{path} holds lossless pictures: leave --codec and --crf out")
        return cls(path, overwrite=options.overwrite)

    @property
    @override
    def name(self) -> str:
        """The files, with the place for the number."""
        return str(self._path)

    @property
    @override
    def layouts(self) -> Set[Layout]:
        """Every layout."""
        return frozenset(Layout)

    @property
    @override
    def encoder(self) -> str:
        """Always the same."""
        return "png (software)"

    @property
    @override
    def is_made(self) -> bool:
        """Whether a sequence of that name is there."""
        return self._numbered(FIRST).exists()

    @override
    def check(self) -> None:
        """Raise the SinkError that ``open`` would, without creating anything."""
        if self._path.parent.exists():
            check_target(self._numbered(FIRST), overwrite=self._overwrite)
        else:
            check_target(self._path.parent, overwrite=False)

    @override
    def open(self, output: OutputFormat) -> None:
        """Create the folders. Raises SinkError."""
        self.check()
        try:
            self._path.parent.mkdir(exist_ok=True)
            self._part = _create(self._path)
        except OSError as error:
            raise write_failure(self._path, error) from error
        self._output, self._count = output, 0

    @override
    def write(self, composite: Composite) -> None:
        """Write one picture. Raises SinkError."""
        if self._output is None:
            raise SinkError(f"{self._path} is not open: call open() before write()")
        check_composite(composite, self._output, self.name)
        picture = self._part / self._numbered(FIRST + self._count).name
        save_picture(picture, composite.pixels, overwrite=True, durable=False)  # close() waits for all of them
        self._count += 1

    @override
    def close(self) -> None:
        """Put the pictures in their place. Raises SinkError; those that are not yet there stay where they are."""
        if self._output is None:
            return
        self._output = None
        try:
            for number in range(FIRST, FIRST + self._count):
                target = self._numbered(number)
                if target.exists() and not self._overwrite:
                    raise FileExistsError(None, f"{target.name} was created meanwhile")
                to_disk(self._part / target.name)
                (self._part / target.name).replace(target)
            if self._count:
                self._remove_rest()
        except OSError as error:
            raise SinkError(f"cannot name {self._path}: {reason(error)}; pictures are in {self._part}") from error
        self._discard()

    @override
    def abort(self) -> None:
        """Give up: no picture is left."""
        if self._output is not None:
            self._output = None
            self._discard()

    @override
    def leave(self) -> Path | None:
        """Give up after a failed ``write``: returns the folder beside the target with the pictures that there are; None
        where there are none."""
        if self._output is None or self._count == 0:
            self.abort()
            return None
        self._output = None
        return self._part

    def _remove_rest(self) -> None:
        """Delete the end of a longer sequence that this one replaces: it would look like a part of this one."""
        number = FIRST + self._count
        while (rest := self._numbered(number)).exists():
            rest.unlink()
            number += 1

    def _discard(self) -> None:
        shutil.rmtree(self._part, ignore_errors=True)
        if not any(self._path.parent.iterdir()):
            self._path.parent.rmdir()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(PATTERN.sub(lambda place: f"{number:0{place[1] or 1}d}", self._path.name))


def _create(target: Path) -> Path:
    """A new folder beside ``target``; one that an interrupted run left stays: it may be all that somebody has."""
    return create_first(numbered(target.parent, f"{target.name}.part", ""), Path.mkdir)[0]
