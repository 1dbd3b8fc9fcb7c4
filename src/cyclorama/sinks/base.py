"""Port: where composites go."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Set
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

from cyclorama.core.closing import Closing
from cyclorama.core.frames import Composite, Layout, SizeWH
from cyclorama.core.sound import SoundSource
from cyclorama.settings.values import WHOLE, EncodingSettings, Trim
from cyclorama.sinks.timeline import Timeline


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """Fixed for the life of a sink: size, nominal frames a second, layout of the pixels.

    ``time_base``: of the composites' ``pts`` where a file's own times are kept; None = one composite each 1/fps.
    """

    size_wh: SizeWH
    fps: Fraction
    layout: Layout = Layout.BGR
    time_base: Fraction | None = None


class Sink(Closing):
    """A virtual camera, a clip, a window. ``open``, ``write`` and ``close`` are called by one thread."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the user would call it; after ``open`` the device or file that was taken."""

    @property
    @abstractmethod
    def layouts(self) -> Set[Layout]:
        """The layouts it can carry."""

    @abstractmethod
    def open(self, output: OutputFormat) -> None:
        """Take the device or create the file. Raises SinkError."""

    @abstractmethod
    def write(self, composite: Composite) -> None:
        """Publish one composite of the opened size and layout. Does not pace. Raises SinkError."""

    @property
    def max_fps(self) -> Fraction | None:
        """The highest rate that it can carry; None: any."""
        return None

    @property
    def wants_each(self) -> bool:
        """Whether it is given each composite once, when it is made, instead of one on every beat.

        Now and then it is given one that may be older.
        """
        return False

    @property
    def main_thread(self) -> bool:
        """Whether its calls have to come from the process's main thread, as those of a window."""
        return False

    @property
    def closed(self) -> bool:
        """Whether its user closed it: it takes no more."""
        return False

    @property
    def encoder(self) -> str:
        """What encodes, as ``libx264 (software)``, once it is open; empty where nothing does."""
        return ""

    @property
    def knows_viewers(self) -> str | None:
        """How ``watched`` knows, for people to read; None where it does not."""
        return None

    def watched(self) -> bool | None:
        """Whether somebody looks at what it is given now; None = cannot be known. Called from any thread."""
        return None


PLAIN = EncodingSettings()


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How a file is written.

    ``overwrite``: replace one of that name. ``audio_from``: a clip whose sound it gets; ``trim``: the part of that clip
    that the composites show. ``timeline``: make it a recording of what happens while that runs, with the sound that
    ``listen`` gives, which is asked only where there can be sound.
    """

    overwrite: bool = False
    audio_from: Path | None = None
    trim: Trim = WHOLE
    encoding: EncodingSettings = PLAIN
    timeline: Timeline | None = None
    listen: Callable[[], SoundSource | None] = lambda: None


class FileSink(Sink):
    """A sink that makes a file, or files: whole, or not at all."""

    @classmethod
    @abstractmethod
    def endings(cls) -> tuple[str, ...]:
        """What the names that it takes may end in, for messages."""

    @classmethod
    @abstractmethod
    def takes(cls, path: Path) -> bool:
        """Whether composites can be written to ``path``, going by its name."""

    @classmethod
    @abstractmethod
    def to(cls, path: Path, options: FileOptions) -> Self:
        """The sink for ``path``, not opened yet. Raises SettingsError, and what ``options.listen`` raises."""

    @property
    @abstractmethod
    def is_made(self) -> bool:
        """Whether the file is there already. Nothing that was cut short has its name."""

    @abstractmethod
    def check(self) -> None:
        """Raise the SinkError that ``open`` would, without creating anything."""

    @abstractmethod
    def abort(self) -> None:
        """Give up: nothing is left."""

    @abstractmethod
    def leave(self) -> Path | None:
        """Give up after a failed ``write``; what there is stays beside the target. Returns where; None = nowhere."""
