"""What this process and its children have taken of the processor."""

from __future__ import annotations

from contextlib import suppress

import psutil


def processor_s() -> tuple[float, float]:
    """Processor seconds until now: of this process, and of its children that still run."""
    process = psutil.Process()
    others = 0.0
    for child in process.children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            others += sum(child.cpu_times()[:2])
    return sum(process.cpu_times()[:2]), others
