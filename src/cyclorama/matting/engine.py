"""Frame in, matte out: the network, when it runs, and everything that happens to its alpha."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import cv2
import numpy as np

from cyclorama.errors import ModelError
from cyclorama.frames import F32, Frame, Matte
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.settings import MattingSettings

Timer = Callable[[str], AbstractContextManager[None]]


def no_timer(stage: str) -> AbstractContextManager[None]:
    """Times nothing."""
    return nullcontext()


class MattingEngine:
    """A model with its schedule, temporal smoothing and edges. Used by one thread."""

    def __init__(
        self,
        model: MattingModel,
        settings: MattingSettings,
        *,
        target_fps: float | None = None,
        timer: Timer = no_timer,
    ) -> None:
        """``target_fps``: the rate to hold in a live session; None for files, where every frame is worth the network.

        The model stays the caller's to close. ``timer``: times the stages ``network``, ``temporal``, ``upsample``.
        """
        self._model = model
        self._settings = settings
        self._timer = timer

    @property
    def info(self) -> ModelInfo:
        """What runs."""
        return self._model.info

    def matte(self, frame: Frame) -> Matte:
        """The alpha of ``frame``, of its full size. Raises ModelError when the network fails or returns nonsense."""
        with self._timer("network"):
            alpha = checked(self._model.predict(frame).alpha)
        with self._timer("upsample"):
            full = cv2.resize(alpha, frame.size_wh, interpolation=cv2.INTER_LINEAR)
        return Matte(np.asarray(full, np.float32), frame.seq)

    def reset(self) -> None:
        """Forget everything about earlier frames."""
        self._model.reset()

    def close(self) -> None:
        """Forget; a second call does nothing."""
        self.reset()


def checked(alpha: F32) -> F32:
    """``alpha`` as it is, or ModelError where a network returned what is no alpha."""
    if not isinstance(alpha, np.ndarray) or alpha.dtype != np.float32 or alpha.ndim != 2 or alpha.size == 0:
        shape = f"{getattr(alpha, 'dtype', type(alpha).__name__)} {getattr(alpha, 'shape', '')}"
        raise ModelError(f"the network returned {shape} and not a float32 (h, w) alpha: try another --model")
    low, high = float(alpha.min()), float(alpha.max())
    if not (low >= 0 and high <= 1):  # also false for NaN
        raise ModelError(
            f"the network returned values from {low} to {high}, outside 0 to 1: try another --model or provider"
        )
    return alpha
