"""A matter without a network, for tests and for measuring everything but the network."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from typing_extensions import override

from cyclorama.core.frames import F32, Frame
from cyclorama.matting.base import MattingModel, ModelInfo, Prediction

ROWS = 36
"""Of a constant alpha; the first one is room, since there is no picture without."""


class NullModel(MattingModel):
    """Says what it was told to say: a constant below a strip of room, or what ``alpha`` gives for a frame."""

    def __init__(self, alpha: float | Callable[[Frame], F32] = 1.0) -> None:
        """``alpha``: in [0, 1], or a function of the frame that returns float32 (h, w)."""
        self._alpha = alpha
        self._name = "null"

    @property
    @override
    def info(self) -> ModelInfo:
        """What it claims to be."""
        return ModelInfo(self._name, "none", "float32", "any")

    @override
    def rename(self, name: str) -> None:
        """Be called ``name`` in ``info``."""
        self._name = name

    @override
    def predict(self, frame: Frame) -> Prediction:
        """The given alpha, not checked: a wrong one is how tests inject faults."""
        if callable(self._alpha):
            return Prediction(self._alpha(frame))
        width, height = frame.size_wh
        alpha = np.full((ROWS, max(1, round(ROWS * width / height))), self._alpha, np.float32)
        alpha[0] = 0
        return Prediction(alpha)

    @override
    def reset(self) -> None:
        """Nothing is remembered."""

    @override
    def close(self) -> None:
        """Nothing to release."""
