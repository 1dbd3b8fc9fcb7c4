"""Asynchronous inference: later frames need not wait while the network runs on one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from cyclorama.core.frames import F32, Frame
from cyclorama.matting.base import MattingModel

CLOSE_S = 1.0
"""How long ``close`` waits for a run in progress; a thread that hangs is abandoned."""


Timer = Callable[[str], AbstractContextManager[None]]
"""Times a block as one sample of a stage; used from any thread."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A finished run: the time of its frame, its result (``alpha`` or ``error``), its duration."""

    time_s: float
    alpha: F32 | None
    error: Exception | None
    cost_s: float


class Runner:
    """Runs a model on one frame at a time. Used by one thread, which may not use the model itself meanwhile."""

    def __init__(self, model: MattingModel, timer: Timer, *, beside: bool) -> None:
        """``beside``: asynchronous, each run in its own thread; else ``start`` blocks."""
        self._model, self._timer, self._beside = model, timer, beside
        self._thread: threading.Thread | None = None
        self._run: Run | None = None
        self._forget = False

    @property
    def busy(self) -> bool:
        """Whether a run is in progress, or finished and not yet taken."""
        return self._thread is not None or self._run is not None

    def start(self, frame: Frame) -> None:
        """Start a run on ``frame``. Raises RuntimeError while another one is in progress."""
        if self.busy:
            raise RuntimeError("the network is at work on another frame")
        if not self._beside:
            self._work(frame)
            return
        self._thread = threading.Thread(target=self._work, args=(frame,), name="cyclorama-network", daemon=True)
        self._thread.start()

    def take(self, patience_s: float | None) -> Run | None:
        """Take the finished run, after waiting at most ``patience_s`` seconds (None: until it finishes).

        Each run is returned once; None where none has finished, or where it was discarded by ``reset``.
        """
        if self._thread is not None:
            self._thread.join(patience_s)
            if self._thread.is_alive():
                return None
            self._thread = None
        run, self._run = self._run, None
        if self._forget:
            self._forget = False
            self._model.reset()
            return None
        return run

    def reset(self) -> None:
        """Reset the model, at once or after the run in progress, whose result is discarded."""
        self._forget = True
        if self._thread is None:
            self.take(0)

    def close(self) -> None:
        """Wait a little for the run in progress; a second call does nothing."""
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def _work(self, frame: Frame) -> None:
        begin, alpha, failure = time.perf_counter(), None, None
        try:
            with self._timer("network"):
                alpha = self._model.predict(frame).alpha
        except Exception as error:  # re-raised by whoever takes the run
            failure = error
        self._run = Run(frame.time_s, alpha, failure, time.perf_counter() - begin)
