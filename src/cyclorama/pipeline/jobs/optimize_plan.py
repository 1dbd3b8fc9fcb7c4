"""What ``models optimize`` is about to do: told before it starts, and counted while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import psutil

from cyclorama.core.frames import Frame
from cyclorama.matting.networks.onnx.convert import Precision
from cyclorama.models.store import InstalledModel

T = TypeVar("T")
Progress = Callable[[int, int | None], None]
"""Takes the steps done, and all steps; a step takes about as long as one run of the network."""

RUNS_PER_PICTURE = 2
"""A recurrent network behaves differently from the second frame on."""
CALIBRATION_STEPS, CONVERSION_STEPS, TIMING_STEPS = 8, 5, 20
"""Steps of the calibration with one picture, of the conversion, and of the measurement of times."""
BASE_BYTES, BYTES_PER_WEIGHT_BYTE, BYTES_PER_PIXEL = 600_000_000, 6, 1300
"""Memory beside the network, and for each byte of its float32 weights and each pixel of its input. Measured with the
bundled portrait: RVM 1.0 GB (by this 1.0), ISNet 2.8 GB (by this 3.0)."""


@dataclass(frozen=True, slots=True)
class OptimizePlan:
    """``own_precision``: of the weights, ``float32`` or ``int8``. ``memory_bytes``: about what it takes at most."""

    name: str
    own_precision: str
    precision: Precision
    pictures: int
    memory_bytes: int

    @property
    def steps(self) -> int:
        """The number of steps."""
        runs = 2 * RUNS_PER_PICTURE * self.pictures
        calibration = (RUNS_PER_PICTURE + CALIBRATION_STEPS) * self.pictures if self.precision == "int8" else 0
        return calibration + CONVERSION_STEPS + runs + TIMING_STEPS

    def in_words(self, free_bytes: int | None = None) -> list[str]:
        """Sentences for the user. ``free_bytes``: memory that is free; None asks the system."""
        free = psutil.virtual_memory().available if free_bytes is None else free_bytes
        told = []
        if self.own_precision == "int8":
            new = "computes in eight bits too" if self.precision == "int8" else "has sixteen"
            told.append(f"{self.name} is eight bits already, as a file, and computes in 32: the new one {new}")
        enough = "" if free >= self.memory_bytes else "; that is too little: close other programs first"
        told.append(
            f"this needs about {self.memory_bytes / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are free{enough}"
        )
        return told


class Steps:
    """Counts the steps that are done, and tells."""

    def __init__(self, total: int, on_progress: Progress) -> None:
        self._total, self._on_progress = total, on_progress
        self._done = 0
        on_progress(0, total)

    def done(self, steps: int = 1) -> None:
        """So many more are done."""
        self._done = min(self._total, self._done + steps)
        self._on_progress(self._done, self._total)

    def counted(self, items: Iterable[T], steps: int) -> Iterator[T]:
        """``items``, each of which is ``steps`` steps for whoever takes it."""
        for item in items:
            yield item
            self.done(steps)


def plan_for(
    original: InstalledModel, own_precision: str, precision: Precision, frames: Sequence[Frame]
) -> OptimizePlan:
    """The plan for making a variant of ``original`` with ``frames``."""
    size_wh = original.entry.input.size_wh
    pixels = size_wh[0] * size_wh[1] if size_wh else max(frame.size_wh[0] * frame.size_wh[1] for frame in frames)
    weights = original.path.stat().st_size * (4 if own_precision == "int8" else 1)
    memory = BASE_BYTES + BYTES_PER_WEIGHT_BYTE * weights + BYTES_PER_PIXEL * pixels
    return OptimizePlan(original.entry.name, own_precision, precision, len(frames), memory)
