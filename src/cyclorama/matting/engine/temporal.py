"""Smoothing of the soft alpha over time, along the motion of the picture.

A first-order recursive filter with time constants in seconds, so that 15 and 60 frames a second look the same. What
was known is moved along with the picture first; it counts for much where the picture stands still, for less where it
moves, and for nothing where the picture is no more what was seen.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.carry import EXPLAINED, Carried, Track
from cyclorama.matting.engine.motion import Motion

STILL_S = 0.4
"""Time constant in still parts of the picture, for smooth = 1."""
MOVING_S = 0.15
"""The same in moving parts."""
MOVING_SPEED = 0.1
"""Picture heights a second at which a part counts as moving."""
TRUST_LEVELS = 4.0
"""Levels of difference (see :mod:`cyclorama.matting.engine.carry`) at which trust in what was known falls to 1/e."""
TRUST = np.exp(-np.square(np.arange(256, dtype=np.float32) / TRUST_LEVELS))
"""For each level of difference."""
TRUST[EXPLAINED + 1 :] = 0
DOUBT_WEIGHT = 0.5
"""Of a new value that is one half, as far as a half is doubt, the share that what was known stands for."""


class TemporalFilter:
    """Holds the newest alpha that was made with the network's help, float32 (h, w), and carries it along."""

    def __init__(self, smooth: float, *, doubt: bool = True) -> None:
        """``smooth``: see ``smooth_by``. ``doubt``: whether a half is a network in doubt, not glass or hair."""
        self._may_doubt = doubt
        self.smooth_by(smooth)
        self._alpha: F32 | None = None
        self._track: Track | None = None
        """Of ``_alpha``."""
        self._carried: Carried | None = None
        """``_alpha`` in the newest frame."""
        self._since_s = self._elapsed_s = 0.0

    def smooth_by(self, smooth: float) -> None:
        """Smooth this much from the next frame on: 0 (off) to 1 (calmest)."""
        self._still_s, self._moving_s = STILL_S * smooth, MOVING_S * smooth
        self._doubt = self._may_doubt and smooth > 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to carry along."""
        return self._carried is None

    @property
    def lost(self) -> float:
        """The share of what is held, 0 to 1, that the newest frame does not show."""
        return 0.0 if self._carried is None else self._carried.lost

    @property
    def doubtful(self) -> float:
        """The share of what is held, 0 to 1, that the newest frame may not show."""
        return 0.0 if self._carried is None else self._carried.doubtful

    def follow(self, motion: Motion | None, now: U8, elapsed_s: float) -> None:
        """Take in a newer frame, ``now``, YCrCb on the motion's grid, ``elapsed_s`` after the frame before.

        ``motion`` None: the picture stands still.
        """
        self._since_s += elapsed_s
        self._elapsed_s = elapsed_s
        if motion is not None and self._alpha is not None and self._track is not None:
            self._track.follow(motion.flow)
            self._carried = self._track.carry(self._alpha, now)

    def carry(self) -> F32:
        """The alpha of the newest frame, which the network did not see. Raises ValueError where there is none."""
        if self._carried is None:
            raise ValueError("there is no alpha to carry along")
        return self._carried.alpha

    def update(self, new: Carried, seen: U8, motion: Motion | None) -> F32:
        """Take in what the network says of the newest frame; returns the smoothed alpha.

        ``seen``: what the network saw of it, YCrCb on the motion's grid. ``motion``: of the newest frame.
        """
        alpha, before = new.alpha, self._carried
        if before is not None and before.difference is not None and motion is not None:
            older = self._known_before_alone(new, before.difference)
            alpha = self._mixed(new, before, before.difference, older, motion)
            if older is not None and self._track is not None:
                seen = np.where(older[..., None], self._track.seen_now(), seen)
        self._alpha, self._track, self._carried = alpha, Track(seen), Carried(alpha)
        self._since_s = 0.0
        return alpha

    @staticmethod
    def _known_before_alone(new: Carried, difference: U8) -> NDArray[np.bool_] | None:
        """Where ``new`` says nothing of the newest frame, and what was known before does; None: nowhere."""
        if new.unexplained is None:
            return None
        older = new.unexplained & (difference <= EXPLAINED)
        return older if older.any() else None

    def _mixed(
        self, new: Carried, before: Carried, difference: U8, older: NDArray[np.bool_] | None, motion: Motion
    ) -> F32:
        """``new`` mixed with what was known before."""
        trust = cv2.LUT(difference, TRUST)
        keep = trust * self._memory(motion)
        if older is not None:
            keep[older] = 1
        mixed = before.alpha
        if mixed.shape != new.alpha.shape:  # the network looks finer or coarser from this frame on
            mixed = np.asarray(cv2.resize(mixed, new.alpha.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        kept = np.asarray(cv2.resize(keep, mixed.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        if self._doubt:
            kept += (1 - kept) * self._doubted(new.alpha, np.asarray(trust, np.float32))
        mixed = mixed - new.alpha
        mixed *= kept
        mixed += new.alpha
        return mixed

    @staticmethod
    def _doubted(alpha: F32, trust: F32) -> F32:
        """How much less a new alpha counts for, 0 to 1, for being in doubt where what was known can be trusted."""
        doubt = 1 - np.abs(2 * alpha - 1)
        doubt *= cv2.resize(trust * np.float32(DOUBT_WEIGHT), alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return doubt

    def _memory(self, motion: Motion) -> F32 | float:
        """How much of what was known is remembered by now, 0 to 1, where the picture is what it was."""
        if self._still_s <= 0:
            return 0.0
        step_s = max(self._elapsed_s, 1e-3)
        moving = np.minimum(motion.speed * np.float32(1 / (MOVING_SPEED * step_s)), np.float32(1))
        # Rates, not time constants, are mixed: then the result does not depend on the number of steps.
        rate = np.float32(1 / self._still_s) + moving * np.float32(1 / self._moving_s - 1 / self._still_s)
        return np.asarray(cv2.exp(rate * np.float32(-self._since_s)), np.float32)

    def reset(self) -> None:
        """Forget the earlier frames."""
        self._alpha = self._track = self._carried = None
        self._since_s = self._elapsed_s = 0.0
