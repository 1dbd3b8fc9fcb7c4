"""When the network runs: for every frame, every Nth, or adaptively within a time budget."""

from __future__ import annotations

import math

MAX_AGE_S = 0.5
"""A matte is carried for no longer than this, whatever the other rules say."""
LEAST_FRAMES = 15
"""Live, MAX_AGE_S is at least this many frames: cameras may deliver more than they announce."""
SETTLE_S = 0.4
"""The network runs on for this long after the picture became still, until the smoothing has converged."""
SHARE = 0.5
"""Share of a live session's time that the network may take."""
ENOUGH_HZ = 15
"""Live, the network runs no more often than this. With carried mattes in between, error grows by a hundredth and
flicker by a twentieth (measured at 30 fps), for half of the network's time."""
AHEAD = 2.0
"""Start an asynchronous run this many run times before its result is due."""
NEVER_S = -1e9


class Schedule:
    """Decides frame by frame. ``every`` > 0: every Nth frame. ``every`` = 0: adaptive in a live session.

    Adaptive: while the picture is still, the network runs once each ``MAX_AGE_S``. While it moves, every frame adds to
    a time credit and every run spends it, at ``ENOUGH_HZ`` at most.
    """

    def __init__(self, every: int, target_fps: float | None) -> None:
        """``target_fps``: of a live session; None for files, where the network runs for every frame."""
        self._every = every
        self._adaptive = every == 0 and target_fps is not None
        self._allowance_s = SHARE / target_fps if target_fps else 0.0
        self._ahead = AHEAD if target_fps else 0.0
        self._stride = max(1, round(target_fps / ENOUGH_HZ)) if target_fps else 1
        self._enough_s = (self._stride - 0.5) / target_fps if target_fps else 0.0
        """For a camera that delivers fewer frames than the session's rate, as many do in poor light."""
        self._most_frames = max(LEAST_FRAMES, MAX_AGE_S * target_fps) if target_fps else math.inf
        self._time_s = self._began_s = 0.0
        self._ran_s: float | None = None
        self._moved_s = NEVER_S
        self._frame = self._began = self._used = 0
        self._credit_s = 0.0
        self._cost_s = 0.0

    def is_due(self, time_s: float, *, still: bool) -> bool:
        """Whether the network is due for the frame of ``time_s``; called once for each frame.

        ``still``: the picture is the same as when the network last ran, up to noise.
        """
        if not still:
            self._moved_s = time_s
        elapsed_s = time_s - self._time_s if self._frame else 0.0
        earned_s = max(self._allowance_s, SHARE * elapsed_s)  # at a lower frame rate each frame leaves more time
        self._credit_s = min(self._credit_s + earned_s, earned_s)
        self._time_s = time_s
        self._frame += 1
        skipped = self._frame - self._began
        if self.is_late(time_s + self._ahead * self._cost_s):
            return True
        if not self._adaptive:
            return skipped >= self._every
        if time_s - self._moved_s > SETTLE_S:
            return False
        rested = skipped >= self._stride or time_s - self._began_s >= self._enough_s
        return rested and self._credit_s > 0

    @property
    def always(self) -> bool:
        """Whether the network runs for every frame, whatever the picture does."""
        return not self._adaptive and self._every <= 1

    def is_late(self, time_s: float) -> bool:
        """Whether the matte in use is too old for the frame of ``time_s``, or there is none."""
        return self._ran_s is None or time_s - self._ran_s >= MAX_AGE_S or self.age >= self._most_frames

    def began(self) -> None:
        """A run started on the frame of the last ``is_due``."""
        self._began, self._began_s = self._frame, self._time_s
        self._credit_s -= self._cost_s  # charged at the start: frames that pass during the run add credit too

    def ran(self, time_s: float, cost_s: float) -> None:
        """The run in progress finished: it was for the frame of ``time_s`` and took ``cost_s``."""
        self._ran_s = time_s
        self._used = self._began
        self._credit_s -= cost_s - self._cost_s
        self._cost_s = cost_s

    @property
    def age(self) -> int:
        """Frames since the one that the matte in use was made for."""
        return self._frame - self._used

    def reset(self) -> None:
        """Forget the earlier frames: the network is due for the next one."""
        self._ran_s = None
        self._moved_s = NEVER_S
        self._frame = self._began = self._used = 0
        self._credit_s = 0.0
