"""When the network runs: every frame, every Nth, or as often as it pays and the target rate leaves time for."""

from __future__ import annotations

import math

MAX_AGE_S = 0.5
"""No matte is carried along for longer than this, whatever the other rules say."""
LEAST_FRAMES = 15
"""What MAX_AGE_S is in frames at the least, live: cameras may give more of them than they said."""
SETTLE_S = 0.4
"""After the picture came to rest the network runs on for this long, so that the smoothing settles on it."""
SHARE = 0.5
"""Of a live session's time that the network may take; the rest is for everything else."""
ENOUGH_HZ = 15
"""In a live session the network runs no more often than this: on mattes moved along with the picture in between, error
grows by a hundredth and flicker by a twentieth (measured at 30 frames a second), for half of the network's time."""
AHEAD = 2.0
"""Of its time, a network that works beside a live picture begins earlier than its answer has to be there."""
NEVER_S = -1e9


class Schedule:
    """Decides frame by frame. ``every`` > 0: every Nth frame. ``every`` = 0: adaptive, if there is a rate to hold.

    Adaptive means two things. While the picture stands still the network rests, but for a refresh each ``MAX_AGE_S``.
    While it moves, the network earns time with every frame and spends it when it runs, ``ENOUGH_HZ`` at most.
    """

    def __init__(self, every: int, target_fps: float | None) -> None:
        """``target_fps``: of a live session; None for files, where every frame is worth the network."""
        self._every = every
        self._adaptive = every == 0 and target_fps is not None
        self._allowance_s = SHARE / target_fps if target_fps else 0.0
        self._ahead = AHEAD if target_fps else 0.0
        self._stride = max(1, round(target_fps / ENOUGH_HZ)) if target_fps else 1
        self._enough_s = (self._stride - 0.5) / target_fps if target_fps else 0.0
        """For a camera that gives fewer frames than the session's rate, as many do in poor light."""
        self._most_frames = max(LEAST_FRAMES, MAX_AGE_S * target_fps) if target_fps else math.inf
        self._time_s = self._began_s = 0.0
        self._ran_s: float | None = None
        self._moved_s = NEVER_S
        self._frame = self._began = self._used = 0
        self._credit_s = 0.0
        self._cost_s = 0.0

    def is_due(self, time_s: float, *, still: bool) -> bool:
        """Whether the network has to run for the frame of ``time_s``; asked once for each frame.

        ``still``: the picture is the same as when the network last ran, but for noise.
        """
        if not still:
            self._moved_s = time_s
        elapsed_s = time_s - self._time_s if self._frame else 0.0
        earned_s = max(self._allowance_s, SHARE * elapsed_s)  # a slow camera's frames leave more time each
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
        """The network began to look at the frame that was last asked about."""
        self._began, self._began_s = self._frame, self._time_s
        self._credit_s -= self._cost_s  # now and not at its end: the frames that pass meanwhile earn as well

    def ran(self, time_s: float, cost_s: float) -> None:
        """The run that last began is over: it was for the frame of ``time_s`` and took ``cost_s``."""
        self._ran_s = time_s
        self._used = self._began
        self._credit_s -= cost_s - self._cost_s
        self._cost_s = cost_s

    @property
    def age(self) -> int:
        """Frames since the one that the matte in use was made for."""
        return self._frame - self._used

    def reset(self) -> None:
        """Run for the next frame."""
        self._ran_s = None
        self._moved_s = NEVER_S
        self._frame = self._began = self._used = 0
        self._credit_s = 0.0
