"""A sink that keeps what it is given, for tests and for programs that use the engine."""

from __future__ import annotations

from collections import deque
from collections.abc import Set
from dataclasses import replace

from typing_extensions import override

from cyclorama.core.errors import SinkError
from cyclorama.core.frames import Composite, Layout
from cyclorama.sinks.base import OutputFormat, Sink
from cyclorama.sinks.pixels import check_composite


class MemorySink(Sink):
    """Keeps copies of the newest ``limit`` composites in ``composites``, oldest first; ``count`` counts all of them."""

    def __init__(self, limit: int = 1000) -> None:
        self.composites: deque[Composite] = deque(maxlen=limit)
        self.count = 0
        self.output: OutputFormat | None = None

    @property
    @override
    def name(self) -> str:
        """What the user would call it."""
        return "memory"

    @property
    @override
    def layouts(self) -> Set[Layout]:
        """Every layout."""
        return frozenset(Layout)

    @override
    def open(self, output: OutputFormat) -> None:
        """Take composites of this format from now on."""
        self.output = output

    @override
    def write(self, composite: Composite) -> None:
        """Keep a copy. Raises SinkError for another size or layout than the opened one, and when not open."""
        if self.output is None:
            raise SinkError("the memory sink is not open: call open() before write()")
        check_composite(composite, self.output, self.name)
        self.composites.append(replace(composite, pixels=composite.pixels.copy()))
        self.count += 1

    @override
    def close(self) -> None:
        """Take no more; what was kept stays."""
        self.output = None
