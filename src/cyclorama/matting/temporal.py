"""Smoothing of the soft alpha over time, along the motion of the picture.

A first-order recursive filter with time constants in seconds, so that 15 and 60 frames a second look the same. What
was known is moved along with the picture first; it counts for much where the picture stands still, for less where it
moves, and for nothing where the moved old picture does not look like the new one.
"""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.frames import F32
from cyclorama.matting.motion import Motion

STILL_S = 0.4
"""Time constant in still parts of the picture, for smooth = 1."""
MOVING_S = 0.15
"""The same in moving parts."""
MOVING_SPEED = 0.1
"""Picture heights a second at which a part counts as moving."""


class TemporalFilter:
    """Holds the alpha of the frame before, float32 (h, w)."""

    def __init__(self, smooth: float) -> None:
        """``smooth``: 0 (off) to 1 (calmest)."""
        self._still_s, self._moving_s = STILL_S * smooth, MOVING_S * smooth
        self._state: F32 | None = None
        self._trust: F32 | None = None
        """In what is held, of the size of a motion, since the network ran; None: it was not moved since."""
        self._since_s = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to carry along."""
        return self._state is None

    def lost(self, motion: Motion) -> float:
        """The share of what is held that ``motion`` cannot move along: see :meth:`Motion.lost`; 0 of nothing."""
        return 0.0 if self._state is None else motion.lost(self._state)

    def carry(self, elapsed_s: float, motion: Motion | None) -> F32:
        """The alpha of the frame before moved to this one, where the network did not run for it.

        ``motion`` None: the picture stands still. Raises ValueError where there is nothing to carry.
        """
        if self._state is None:
            raise ValueError("there is no alpha to carry along")
        self._since_s += elapsed_s
        if motion is not None:
            self._state = motion.carry(self._state)
            self._trust = self._trusted(motion)
        return self._state

    def update(self, alpha: F32, elapsed_s: float, motion: Motion | None) -> F32:
        """Take in what the network says of this frame, ``elapsed_s`` after the frame before; the smoothed alpha."""
        since_s, self._since_s = self._since_s + elapsed_s, 0.0
        trust = None if motion is None else self._trusted(motion)
        self._trust = None
        if self._state is None or motion is None or trust is None or self._still_s <= 0:
            self._state = alpha
            return alpha
        moving = np.minimum(motion.speed * np.float32(1 / (MOVING_SPEED * max(elapsed_s, 1e-3))), np.float32(1))
        # Rates, not time constants, are mixed: then the result does not depend on the number of steps.
        rate = np.float32(1 / self._still_s) + moving * np.float32(1 / self._moving_s - 1 / self._still_s)
        keep = trust * cv2.exp(rate * np.float32(-since_s))
        before = motion.carry(self._state)
        if before.shape != alpha.shape:  # the network looks finer or coarser from this frame on
            before = np.asarray(cv2.resize(before, alpha.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        before -= alpha
        before *= cv2.resize(keep, before.shape[::-1], interpolation=cv2.INTER_LINEAR)
        before += alpha
        self._state = before
        return before

    def _trusted(self, motion: Motion) -> F32:
        """The trust in what is held once it was moved along with ``motion`` as well."""
        return motion.trust if self._trust is None else motion.carry(self._trust) * motion.trust

    def reset(self) -> None:
        """Forget the earlier frames."""
        self._state = self._trust = None
        self._since_s = 0.0
