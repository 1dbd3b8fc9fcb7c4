"""A sink that looks at nothing, for benchmarks and dry runs."""

from __future__ import annotations

from collections.abc import Set

from typing_extensions import override

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import Composite, Layout
from cyclorama.sinks.base import OutputFormat, Sink
from cyclorama.sinks.pixels import check_composite


class NullSink(Sink):
    """Counts composites and drops them."""

    def __init__(self) -> None:
        self.count = 0
        self._output: OutputFormat | None = None

    @property
    @override
    def name(self) -> str:
        """What the user would call it."""
        return "null"

    @property
    @override
    def layouts(self) -> Set[Layout]:
        """Every layout."""
        return frozenset(Layout)

    @override
    def open(self, output: OutputFormat) -> None:
        """Take composites of this format from now on."""
        self._output = output

    @override
    def write(self, composite: Composite) -> None:
        """Count. Raises SinkError for another size or layout than the opened one, and when not open."""
        if self._output is None:
            raise SinkError(f"the {self.name} sink is not open: call open() before write()")
        check_composite(composite, self._output, self.name)
        self.count += 1

    @override
    def close(self) -> None:
        """Take no more."""
        self._output = None
