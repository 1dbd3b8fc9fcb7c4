"""How long the rest of a conversion will take, and how long it would take at a lower quality."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from cyclorama.matting.base import MattingModel
from cyclorama.pipeline.runtime.metrics import Metrics
from cyclorama.settings.values import Quality

MEASURED_S = 10.0
"""Seconds of work before the estimate."""
CHEAPER: Quality = "balanced"


@dataclass(frozen=True, slots=True)
class Estimate:
    """``left_s``: seconds that the rest takes at ``quality``; ``cheaper_s``: at CHEAPER."""

    quality: Quality
    left_s: float
    cheaper_s: float


class Estimator:
    """Makes one estimate, after MEASURED_S of frames. Used by one thread."""

    def __init__(
        self,
        model: MattingModel | None,
        metrics: Metrics,
        on_estimate: Callable[[Estimate], None],
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """``on_estimate`` is called at most once, and never for a ``model`` that offers nothing cheaper."""
        self._model = model if model is not None and _is_dear(model) else None
        self._metrics, self._on_estimate, self._clock = metrics, on_estimate, clock
        self._first_s: float | None = None

    def frame(self, done: int, total: int | None) -> None:
        """Take in that ``done`` of ``total`` frames (None: nobody knows) are done."""
        if self._model is None or total is None:
            return
        now_s = self._clock()
        if self._first_s is None:
            self._first_s = now_s
        elif now_s - self._first_s >= MEASURED_S:
            model, self._model = self._model, None
            self._on_estimate(self._estimate(model, (now_s - self._first_s) / (done - 1), total - done))

    def _estimate(self, model: MattingModel, frame_s: float, left: int) -> Estimate:
        network = self._metrics.stages().get("network")
        network_s = min(frame_s, network.p50_ms / 1e3) if network is not None else 0.0
        costs = model.costs
        cheaper_s = frame_s - network_s * (1 - costs[CHEAPER] / costs[model.quality])
        return Estimate(model.quality, left * frame_s, left * cheaper_s)


def _is_dear(model: MattingModel) -> bool:
    return bool(model.costs) and model.costs[model.quality] > model.costs[CHEAPER]
