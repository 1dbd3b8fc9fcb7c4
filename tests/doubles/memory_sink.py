"""A sink that keeps what it is given."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from typing_extensions import override

from cyclorama.core.frames import Composite
from cyclorama.sinks.null import NullSink


class MemorySink(NullSink):
    """Keeps copies of the newest ``limit`` composites in ``composites``, oldest first; ``count`` counts all of them."""

    def __init__(self, limit: int = 1000) -> None:
        super().__init__()
        self.composites: deque[Composite] = deque(maxlen=limit)

    @property
    @override
    def name(self) -> str:
        """What the user would call it."""
        return "memory"

    @override
    def write(self, composite: Composite) -> None:
        """Keep a copy. Raises SinkError for another size or layout than the opened one, and when not open."""
        super().write(composite)
        self.composites.append(replace(composite, pixels=composite.pixels.copy()))
