"""Adaptive quality in a live session: the highest input resolution at which the network keeps up."""

from __future__ import annotations

import logging
from collections import deque
from statistics import median
from typing import get_args

from cyclorama.matting.base import MattingModel
from cyclorama.settings.values import Quality

log = logging.getLogger(__name__)

RUNS = 12
"""Runs in the median, a second or more: one busy moment of the machine changes nothing."""
CALM_RUNS = 150
"""Runs after a change before a higher quality is tried; doubled each time that it proved too slow."""
MOST_CALM_RUNS = 10_000
LEVELS: tuple[Quality, ...] = get_args(Quality)
"""From lowest to highest."""


class QualityControl:
    """Adapts the quality to the measured run time. Changes are rare, because each one shows a little.

    A change needs the median of RUNS runs. Hysteresis: a higher quality is tried only if its expected time is well
    below the limit, and ever more seldom after it failed, so that the quality does not oscillate.
    """

    def __init__(self, model: MattingModel) -> None:
        """``model``: one that can choose how fine it looks (it has ``costs``)."""
        self._model, self._pace = model, model.pace
        self._recent: deque[float] = deque(maxlen=RUNS)
        self._since, self._calm = 0, CALM_RUNS

    def took(self, cost_s: float) -> None:
        """Take in the duration of a run, in seconds; called between two runs."""
        self._recent.append(cost_s)
        self._since += 1
        if len(self._recent) < RUNS:
            return
        usual_s, at = median(self._recent), LEVELS.index(self._model.quality)
        if usual_s > self._pace.slow_s and at > 0:
            self._calm = min(2 * self._calm, MOST_CALM_RUNS)
            self._change(LEVELS[at - 1], usual_s)
        elif self._since >= self._calm and at < LEVELS.index(self._pace.finest):
            finer = LEVELS[at + 1]
            if usual_s * self._model.costs[finer] / self._model.costs[self._model.quality] <= self._pace.quick_s:
                self._change(finer, usual_s)

    def _change(self, quality: Quality, usual_s: float) -> None:
        log.info("quality %s instead of %s: a run took %.0f ms", quality, self._model.quality, 1e3 * usual_s)
        self._model.look_at(quality)
        self._recent.clear()
        self._since = 0
