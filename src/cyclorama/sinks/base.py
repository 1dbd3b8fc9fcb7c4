"""Port: where composites go."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Protocol, Self

from cyclorama.core.frames import Composite, Layout, SizeWH


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """Fixed for the life of a sink: size, nominal frames a second, layout of the pixels.

    ``time_base``: of the composites' ``pts`` where a file's own times are kept; None = one composite each 1/fps.
    """

    size_wh: SizeWH
    fps: Fraction
    layout: Layout = Layout.BGR
    time_base: Fraction | None = None


class Sink(Protocol):
    """A virtual camera, a clip, a window. ``open``, ``write`` and ``close`` are called by one thread.

    A sink may also have ``watched() -> bool | None``, for any thread: whether somebody looks at what it is given now
    (None = cannot be known), and ``knows_viewers``, how it knows. One that has not is always watched. ``max_fps``: the
    highest rate that it can carry, where it has one. ``wants_each``: it is given each composite once, when it is made,
    and now and then one that may be older, instead of one on every beat.
    """

    @property
    def name(self) -> str:
        """What the user would call it; after ``open`` the device or file that was taken."""

    @property
    def layouts(self) -> Set[Layout]:
        """The layouts it can carry."""

    def open(self, output: OutputFormat) -> None:
        """Take the device or create the file. Raises SinkError."""

    def write(self, composite: Composite) -> None:
        """Publish one composite of the opened size and layout. Does not pace. Raises SinkError."""

    def close(self) -> None:
        """Finish and release; a second call does nothing. Raises SinkError where the output cannot be finished."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
