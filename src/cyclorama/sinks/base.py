"""Port of a sink: a virtual camera, clip or window that takes composites."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Set
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Self

from typing_extensions import override

from cyclorama.core.closing import Closing
from cyclorama.core.frames import Composite, Layout, SizeWH
from cyclorama.core.sound import SoundSource
from cyclorama.settings.values import WHOLE, EncodingSettings, Trim
from cyclorama.sinks.timeline import Timeline


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """Format of a sink, fixed while it is open: width and height in pixels, nominal frame rate, pixel layout.

    ``time_base``: time base of the composites' ``pts`` if a file keeps its own times; None = constant rate ``fps``.
    """

    size_wh: SizeWH
    fps: Fraction
    layout: Layout = Layout.BGR
    time_base: Fraction | None = None


class Sink(Closing):
    """A virtual camera, a clip or a window. ``open``, ``write`` and ``close`` are called by one thread."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name for the user; after ``open`` the device or file in use."""

    @property
    @abstractmethod
    def layouts(self) -> Set[Layout]:
        """The pixel layouts that it supports."""

    @abstractmethod
    def open(self, output: OutputFormat) -> None:
        """Open the device or create the file. Raises SinkError."""

    @abstractmethod
    def write(self, composite: Composite) -> None:
        """Write one composite of the opened size and layout, without waiting for its time. Raises SinkError."""

    @property
    def max_fps(self) -> Fraction | None:
        """The highest frame rate that it supports; None: any."""
        return None

    @property
    def wants_each(self) -> bool:
        """Whether it gets each composite once, when it is made, instead of one on every tick.

        While no composite is made, it gets the current one, which may be older, at intervals.
        """
        return False

    @property
    def exact_rate(self) -> bool:
        """Whether its ticks must keep the nominal rate to the end.

        Those of others follow a source that is slightly faster or slower, so that composites do not wait for a tick.
        """
        return False

    @property
    def main_thread(self) -> bool:
        """Whether it must be called in the process's main thread, as a window must."""
        return False

    @property
    def closed(self) -> bool:
        """Whether the user closed it; it then takes no more composites."""
        return False

    def conclude(self, now_ns: int) -> None:
        """The session ends ``now_ns``, on the monotonic clock, and so does a recording. Called before ``close``, by
        the same thread."""

    def take_keys(self) -> str:
        """The keys pressed in its window since the last call, but not those that close it."""
        return ""

    @property
    def encoder(self) -> str:
        """The encoder once it is open, as ``libx264 (software)``; empty if it does not encode."""
        return ""

    @property
    def knows_viewers(self) -> str | None:
        """How ``watched`` detects viewers, for people to read; None if it cannot."""
        return None

    def watched(self) -> bool | None:
        """Whether anybody watches it now; None if it cannot tell. For any thread."""
        return None


PLAIN = EncodingSettings()


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How a file is written.

    ``overwrite``: replace an existing file. ``audio_from``: a clip whose sound is copied; ``trim``: the part of that
    clip that the composites show. ``timeline``: make the file a recording of the times when that runs, with the sound
    from ``listen``, which is called only if the format can have sound.
    """

    overwrite: bool = False
    audio_from: Path | None = None
    trim: Trim = WHOLE
    encoding: EncodingSettings = PLAIN
    timeline: Timeline | None = None
    listen: Callable[[], SoundSource | None] = lambda: None


class FileSink(Sink):
    """A sink that writes one or several files, completely or not at all."""

    @property
    @override
    def exact_rate(self) -> bool:
        """Always: a file is played at its nominal rate, whatever it was written at."""
        return True

    @classmethod
    @abstractmethod
    def endings(cls) -> tuple[str, ...]:
        """The file name endings that it accepts, for messages."""

    @classmethod
    @abstractmethod
    def takes(cls, path: Path) -> bool:
        """Whether it can write ``path``, judged by its name."""

    @classmethod
    @abstractmethod
    def to(cls, path: Path, options: FileOptions) -> Self:
        """Create the sink for ``path`` without opening it. Raises SettingsError, and what ``options.listen`` raises."""

    @property
    @abstractmethod
    def is_made(self) -> bool:
        """Whether the finished file exists. An unfinished file never has its name."""

    @abstractmethod
    def check(self) -> None:
        """Raise the SinkError that ``open`` would, without creating anything."""

    @abstractmethod
    def abort(self) -> None:
        """Stop writing and delete the unfinished file."""

    @abstractmethod
    def leave(self) -> Path | None:
        """Stop after a failed ``write`` and keep the unfinished file beside the target. Returns its path, or
        None."""
