"""How fine a network looks in a live session: as fine as still lets it keep up with the picture."""

from __future__ import annotations

import logging
from collections import deque
from statistics import median
from typing import get_args

from cyclorama.matting.base import MattingModel
from cyclorama.settings.values import Quality

log = logging.getLogger(__name__)

SLOW_S = 0.055
"""A run that takes longer than this comes less than ten times a second: look less finely."""
QUICK_S = 0.036
"""A finer look is worth trying where it should take no longer than this."""
RUNS = 12
"""Runs that are looked at together, a second or more: one busy moment of the machine changes nothing."""
CALM_RUNS = 150
"""Runs after a change before a finer look is tried; twice as many after each time that it proved too much."""
MOST_CALM_RUNS = 10_000
LEVELS: tuple[Quality, ...] = get_args(Quality)
"""From the coarsest to the finest."""


class QualityControl:
    """Follows the time that runs take, with changes that are rare: every one of them shows a little.

    A change needs RUNS runs that agree. A finer look is tried only if it should be well within what a coarser one is
    given up for, and ever more seldom if it was given up before, so that two qualities do not take turns.
    """

    def __init__(self, model: MattingModel) -> None:
        """``model``: one that can choose how fine it looks (it has ``costs``)."""
        self._model = model
        self._recent: deque[float] = deque(maxlen=RUNS)
        self._since, self._calm = 0, CALM_RUNS

    def took(self, cost_s: float) -> None:
        """A run took ``cost_s`` seconds; called between two runs."""
        self._recent.append(cost_s)
        self._since += 1
        if len(self._recent) < RUNS:
            return
        usual_s, at = median(self._recent), LEVELS.index(self._model.quality)
        if usual_s > SLOW_S and at > 0:
            self._calm = min(2 * self._calm, MOST_CALM_RUNS)
            self._change(LEVELS[at - 1], usual_s)
        elif self._since >= self._calm and at + 1 < len(LEVELS):
            finer = LEVELS[at + 1]
            if usual_s * self._model.costs[finer] / self._model.costs[self._model.quality] <= QUICK_S:
                self._change(finer, usual_s)

    def _change(self, quality: Quality, usual_s: float) -> None:
        log.info("quality %s instead of %s: a run took %.0f ms", quality, self._model.quality, 1e3 * usual_s)
        self._model.look_at(quality)
        self._recent.clear()
        self._since = 0
