"""``--model auto``: the best installed network that holds the frame rate on this machine."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Literal

import numpy as np

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import Frame
from cyclorama.matting.base import MattingModel, Pace
from cyclorama.matting.networks.registry import open_bundled
from cyclorama.matting.quality import LEVELS
from cyclorama.models.store import InstalledModel, find, list_installed
from cyclorama.settings.values import Quality

log = logging.getLogger(__name__)

BETTER = ("rvm", "modnet")
"""Kinds with better mattes of people than the bundled networks, best for video first."""
TRIAL_WH = 1280, 720
RUNS = 3
SLOW_S = Pace().slow_s
"""A longer run allows fewer than about ten a second."""
HOPELESS = 4
"""No second trial run where the first is this many times too slow."""


Open = Callable[[InstalledModel], MattingModel]


def choose(
    open_installed: Open, quality: Literal["auto"] | Quality, *, live: bool, needs_provider: bool
) -> MattingModel:
    """Open the best model; its ``info.name`` says which and why.

    For files that is the best one installed. In a ``live`` session it must hold the frame rate, which trial runs of
    less than a second measure, at a lower quality where ``quality`` is ``auto``. A model that cannot be opened is
    skipped with a warning, unless the user named a provider (``needs_provider``), which the bundled networks do not
    support. Raises ModelError where nothing can be opened.
    """
    candidates = [model for model in list_installed() if model.entry.kind in BETTER and "live" in model.entry.good_for]
    candidates.sort(key=lambda model: BETTER.index(model.entry.kind))
    too_slow = ""
    for candidate in candidates:
        name = candidate.entry.name
        try:
            model = open_installed(find(name))
        except ModelError as error:
            if needs_provider:
                raise
            log.warning("--model auto passes over %s: %s", name, error)
            continue
        if not live:
            model.rename(f"{name} (auto: the best installed)")
            return model
        cost_s = held_cost(model, coarser=quality == "auto")
        if cost_s <= SLOW_S:
            model.rename(f"{name} (auto: {1e3 * cost_s:.0f} ms a run here)")
            return model
        model.close()
        too_slow = too_slow or f"{name} takes {1e3 * cost_s:.0f} ms a run here"
    if needs_provider:
        raise ModelError(
            f"--model auto finds none for this --provider ({too_slow or 'none is installed that could use it'}): "
            "leave --provider out, or name a --model"
        )
    selfie = open_bundled("selfie", quality, live=live)
    if too_slow:
        selfie.rename(f"{selfie.info.name} (auto: {too_slow})")
    return selfie


def held_cost(model: MattingModel, *, coarser: bool) -> float:
    """Seconds of a run, the shortest of a few; with ``coarser``, at the highest quality that keeps up, if one does.

    The model keeps that quality, and is reset after the trial. Raises ModelError when the network fails.
    """
    cost_s = _shortest(model)
    while cost_s > SLOW_S and coarser and model.costs and model.quality != LEVELS[0]:
        model.look_at(LEVELS[LEVELS.index(model.quality) - 1])
        cost_s = _shortest(model)
    return cost_s


def _shortest(model: MattingModel) -> float:
    frame = Frame(np.full((TRIAL_WH[1], TRIAL_WH[0], 3), 128, np.uint8), 0, 0)
    costs = []
    for _ in range(1 + RUNS):  # the first run also allocates
        begin = time.perf_counter()
        model.predict(frame)
        costs.append(time.perf_counter() - begin)
        if costs[0] > HOPELESS * SLOW_S:
            break
    model.reset()
    return min(costs)
