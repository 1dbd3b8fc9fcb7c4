"""Motion-compensated temporal smoothing of the soft alpha.

A first-order recursive filter with time constants in seconds, so that 15 and 60 fps look the same. The previous alpha
is warped along the optical flow first; its weight is high where the picture is still, lower where it moves, and zero
where the picture no longer matches.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.carry import EXPLAINED, Carried, Track
from cyclorama.matting.engine.motion import Motion

STILL_S = 0.4
"""Time constant where the picture is still, for smooth = 1."""
MOVING_S = 0.15
"""Time constant where it moves."""
MOVING_SPEED = 0.1
"""Speed in frame heights a second from which on a place counts as moving."""
TRUST_LEVELS = 4.0
"""Levels of difference (:mod:`cyclorama.matting.engine.carry`) at which the previous alpha's weight falls to 1/e."""
TRUST = np.exp(-np.square(np.arange(256, dtype=np.float32) / TRUST_LEVELS))
"""Weight for each level of difference."""
TRUST[EXPLAINED + 1 :] = 0
DOUBT_WEIGHT = 0.5
"""Extra weight of the previous alpha where the new alpha is one half, if one half means doubt."""


class TemporalFilter:
    """Holds the smoothed alpha of the newest run, float32 (h, w), and carries it to later frames."""

    def __init__(self, smooth: float, *, doubt: bool = True) -> None:
        """``smooth``: see ``smooth_by``. ``doubt``: one half means doubt, not glass or hair."""
        self._doubt = doubt
        self.smooth_by(smooth)
        self._alpha: F32 | None = None
        self._track: Track | None = None
        """The track of ``_alpha``'s frame."""
        self._carried: Carried | None = None
        """``_alpha`` carried to the newest frame."""
        self._since_s = self._elapsed_s = 0.0

    def smooth_by(self, smooth: float) -> None:
        """Smooth this much from the next frame on: 0 (off) to 1 (calmest)."""
        self._still_s, self._moving_s = STILL_S * smooth, MOVING_S * smooth

    @property
    def is_empty(self) -> bool:
        """Whether there is no alpha yet."""
        return self._carried is None

    @property
    def lost(self) -> float:
        """The share of the alpha, 0 to 1, that the newest frame does not explain."""
        return 0.0 if self._carried is None else self._carried.lost

    @property
    def doubtful(self) -> float:
        """The share of the alpha, 0 to 1, that the newest frame may not explain."""
        return 0.0 if self._carried is None else self._carried.doubtful

    def follow(self, motion: Motion | None, now: U8, elapsed_s: float) -> None:
        """Take in a newer frame, ``now``, YCrCb on the flow grid, ``elapsed_s`` after the frame before.

        ``motion`` None: the picture is still.
        """
        self._since_s += elapsed_s
        self._elapsed_s = elapsed_s
        if motion is not None and self._alpha is not None and self._track is not None:
            self._track.follow(motion.flow)
            self._carried = self._track.carry(self._alpha, now)

    def carry(self) -> F32:
        """The alpha of the newest frame, carried from an earlier one. Raises ValueError where there is none."""
        if self._carried is None:
            raise ValueError("there is no alpha to carry along")
        return self._carried.alpha

    def update(self, new: Carried, seen: U8, motion: Motion | None) -> F32:
        """Take in a new alpha from the network, carried to the newest frame; returns the smoothed alpha.

        ``seen``: the frame that the network saw, carried likewise, YCrCb on the flow grid. ``motion``: of the newest
        frame.
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
        """Where the newest frame does not explain ``new``, but does explain the previous alpha; None: nowhere."""
        if new.unexplained is None:
            return None
        older = new.unexplained & (difference <= EXPLAINED)
        return older if older.any() else None

    def _mixed(
        self, new: Carried, before: Carried, difference: U8, older: NDArray[np.bool_] | None, motion: Motion
    ) -> F32:
        """``new`` mixed with the previous alpha."""
        trust = cv2.LUT(difference, TRUST)
        keep = trust * self._memory(motion)
        if older is not None:
            keep[older] = 1
        mixed = before.alpha
        if mixed.shape != new.alpha.shape:  # the network's quality changed
            mixed = np.asarray(cv2.resize(mixed, new.alpha.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        kept = np.asarray(cv2.resize(keep, mixed.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)
        if self._doubt and self._still_s > 0:
            kept += (1 - kept) * self._doubted(new.alpha, np.asarray(trust, np.float32))
        mixed = mixed - new.alpha
        mixed *= kept
        mixed += new.alpha
        return mixed

    @staticmethod
    def _doubted(alpha: F32, trust: F32) -> F32:
        """Extra weight of the previous alpha, 0 to 1, where the new one is in doubt."""
        doubt = 1 - np.abs(2 * alpha - 1)
        doubt *= cv2.resize(trust * np.float32(DOUBT_WEIGHT), alpha.shape[::-1], interpolation=cv2.INTER_LINEAR)
        return doubt

    def _memory(self, motion: Motion) -> F32 | float:
        """Weight of the previous alpha, 0 to 1, by elapsed time and motion, where the picture matches."""
        if self._still_s <= 0:
            return 0.0
        step_s = max(self._elapsed_s, 1e-3)
        moving = np.minimum(motion.speed * np.float32(1 / (MOVING_SPEED * step_s)), np.float32(1))
        # Interpolate rates, not time constants: then the result does not depend on the number of steps.
        rate = np.float32(1 / self._still_s) + moving * np.float32(1 / self._moving_s - 1 / self._still_s)
        return np.asarray(cv2.exp(rate * np.float32(-self._since_s)), np.float32)

    def reset(self) -> None:
        """Forget the earlier frames."""
        self._alpha = self._track = self._carried = None
        self._since_s = self._elapsed_s = 0.0
