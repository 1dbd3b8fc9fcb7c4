"""A virtual camera operator: from face positions to a crop that moves seldom, smoothly and slowly.

Pure: no pictures and no clock, only faces, seconds and views.

The view stands still while the faces stay within a dead band around the place where they were framed. Once they leave
it, the view follows until they are framed again. It moves as a critically damped spring, the fastest motion without
overshoot: x'' = w^2 (goal - x) - 2 w x'. Each step uses the exact solution, so that the result does not depend on the
frame rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cyclorama.capture.view import View, widest
from cyclorama.core.frames import SizeWH
from cyclorama.faces.base import Face

ABOVE, BELOW, BESIDE = 1.5, 2.1, 1.3
"""Room around the middle of a face, in its sides: head and shoulders, eyes above the middle, the face 28 % of the
height of a wide picture."""
MAX_ZOOM = 3.0
MAX_ENLARGED = 2.0
"""Output pixels a camera pixel at most: beyond this the enlargement shows."""
DEAD_XY = 0.1
"""Dead band of the position, as a share of the view's height."""
DEAD_SIZE = 1.2
"""Dead band of the size, as a factor."""
SETTLED_XY, SETTLED_SIZE = 0.02, 1.03
"""The same for the end of following: hysteresis."""


@dataclass(frozen=True, slots=True)
class Pace:
    """``rate``: of the spring, w, per second; it has arrived to 90 % after 3.9 / w seconds. ``pan``, ``zoom``: the
    fastest that the view's centre and height change, in heights of the view a second."""

    rate: float
    pan: float
    zoom: float


FOLLOW = Pace(rate=2.2, pan=1.2, zoom=0.8)
LEAVE = Pace(rate=0.8, pan=0.25, zoom=0.2)
"""Back to the whole picture, when nobody is there."""
STEP_S = 1 / 120
"""Length of an integration step, at whose beginning the speed limit is applied."""
GAP_S = 1.0
"""A longer gap between two frames counts as this long."""


class Operator:
    """One view of a picture, kept on the faces in it. Used by one thread."""

    def __init__(self, picture_wh: SizeWH, output_wh: SizeWH) -> None:
        """``output_wh``: pixels that the view is shown with, and its shape."""
        self._picture_wh = picture_wh
        self._rest = widest(picture_wh, output_wh[0] / output_wh[1])
        closest = max(self._rest.height / MAX_ZOOM, output_wh[1] / MAX_ENLARGED)
        self._closest = min(self._rest.height, closest)
        self._goal = self._view = self._rest
        self._speed = (0.0, 0.0, 0.0)
        self._pace = LEAVE
        self._following = False

    @property
    def view(self) -> View:
        """What is to be shown now; inside the picture."""
        return self._view.inside(self._picture_wh)

    def see(self, faces: Sequence[Face]) -> None:
        """Update the goal from the current faces: a few times a second, or whenever they are known."""
        wanted = self._framed(faces) if faces else self._rest
        self._pace = FOLLOW if faces else LEAVE
        self._following = self._following or _apart(self._goal, wanted, DEAD_XY, DEAD_SIZE)
        if self._following:
            self._goal = wanted
            self._following = _apart(self._view, wanted, SETTLED_XY, SETTLED_SIZE)

    def move(self, elapsed_s: float) -> View:
        """Let ``elapsed_s`` seconds pass; returns ``view``."""
        elapsed_s = min(max(0.0, elapsed_s), GAP_S)
        steps = math.ceil(elapsed_s / STEP_S)
        for _ in range(steps):
            self._step(elapsed_s / steps)
        return self.view

    def _framed(self, faces: Sequence[Face]) -> View:
        """The view that shows all of ``faces`` well, as far as the picture allows."""
        left, right = min(f.x - BESIDE * f.side for f in faces), max(f.x + BESIDE * f.side for f in faces)
        top, bottom = min(f.y - ABOVE * f.side for f in faces), max(f.y + BELOW * f.side for f in faces)
        aspect = self._rest.aspect
        height = max(bottom - top, (right - left) / aspect, self._reach(faces), self._closest)
        height = min(height, self._rest.height)
        # spare height is divided above and below in the same proportion
        middle = top + (bottom - top) * ABOVE / (ABOVE + BELOW)
        y = middle + height * (0.5 - ABOVE / (ABOVE + BELOW))
        return View((left + right) / 2, y, height, aspect).inside(self._picture_wh)

    def _reach(self, faces: Sequence[Face]) -> float:
        """The height at which the current centre keeps every face in view; 0 where the current height does.

        Whoever moves faster than the view may move is not lost: the view widens, follows, and narrows again. (Between
        two views that both hold a face every interpolated view holds it too.)
        """
        view = self._view
        x = max(abs(f.x - view.x) + f.side for f in faces)
        y = max(abs(f.y - view.y) + f.side / 2 for f in faces)
        height = max(2 * x / view.aspect, 2 * y)
        return height if height > view.height else 0.0

    def _step(self, dt: float) -> None:
        """One exact step of the spring towards the goal, or towards a nearer point where the speed is limited.

        With a constant lead L the spring settles at the speed w L / 2, so a bound on the lead bounds the speed.
        """
        view, pace = self._view, self._pace
        lead = (self._goal.x - view.x, self._goal.y - view.y, self._goal.height - view.height)
        far = 2 / pace.rate * view.height
        pan = min(1.0, far * pace.pan / max(1e-9, math.hypot(lead[0], lead[1])))
        zoom = min(1.0, far * pace.zoom / max(1e-9, abs(lead[2])))
        decay = math.exp(-pace.rate * dt)
        moved, speed = [], []
        for distance, v in zip((lead[0] * pan, lead[1] * pan, lead[2] * zoom), self._speed, strict=True):
            slope = v - pace.rate * distance
            moved.append(distance + (slope * dt - distance) * decay)
            speed.append((v - pace.rate * slope * dt) * decay)
        self._view = View(view.x + moved[0], view.y + moved[1], view.height + moved[2], view.aspect)
        self._speed = (speed[0], speed[1], speed[2])


def _apart(one: View, other: View, share: float, factor: float) -> bool:
    """Whether two views differ by more than ``share`` of a height, or in size by more than ``factor``."""
    near = share * one.height
    ratio = one.height / other.height
    return abs(one.x - other.x) > near or abs(one.y - other.y) > near or not 1 / factor <= ratio <= factor
