"""A sink that looks at nothing, for benchmarks and dry runs."""

from __future__ import annotations

from collections.abc import Set
from types import TracebackType
from typing import Self

from cyclorama.frames import Composite, Layout
from cyclorama.sinks.base import OutputFormat


class NullSink:
    """Counts composites and drops them."""

    def __init__(self) -> None:
        self.count = 0

    @property
    def name(self) -> str:
        """What the user would call it."""
        return "null"

    @property
    def layouts(self) -> Set[Layout]:
        """Every layout."""
        return frozenset(Layout)

    def open(self, output: OutputFormat) -> None:
        """Nothing to open."""

    def write(self, composite: Composite) -> None:
        """Count."""
        self.count += 1

    def close(self) -> None:
        """Nothing to release."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
