"""Of many frames the one that makes the best headshot.

Each frame that is looked at gets a score, the product of seven shares from 0 to 1, so that one bad property cannot be
made good by the others:

- sharp: detail in the middle of the face, from eyes to mouth, at a fixed size: the variance of its Laplacian
  (Pech-Pacheco et al. 2000), over the variance of its brightness, so that light and make-up do not count. Only its
  order matters: the share is x / (x + HALF_SHARP).
- open: the less open eye (see ``FaceGeometry.openness``): nothing when it is shut, all when it is as open as most are.
- calm: the mouth shut, or open as far as a smile opens it: the lips' gap over the mouth's width.
- frontal: squared cosine of the turn to the side, times that of the tilt.
- ahead: the irises in the middle of the eyes, from side to side; where they cannot be told, UNKNOWN.
- large: root of the face's width as a share of the picture, up to what is enough for a sharp headshot.
- whole: less, the more of the head lies beyond the picture's border.

A network looks at no more than LOOKS frames of a clip: of each stretch at the one that is sharpest where the face was
last seen, which is quick to say.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.capture.base import Source
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8, Frame
from cyclorama.stills.portrait.face import LEFT_EYE, RIGHT_EYE, FaceFinder, FaceGeometry
from cyclorama.stills.portrait.pupils import find_pupils
from cyclorama.stills.portrait.rotated_square import RotatedSquare

log = logging.getLogger(__name__)

LOOKS = 120
BURST_S = 2.0
"""How long a camera is looked at after the countdown."""
SIDE = 128
"""Pixels of the face's region in which its detail is measured."""
REGION, LOWER = 0.75, 0.3
"""Its side in widths of the face, so that nothing of the background's edges is in it; its middle below the eyes, in
distances from them to the chin."""
HALF_SHARP = 0.02
SHUT, OPEN = 0.12, 0.22
SMILE, GAPE, GAPING = 0.25, 0.6, 0.2
"""Of the lips' gap: up to which it is a smile, from which it is the worst, and what that counts."""
LIPS, CORNERS = (13, 14), (61, 291)
"""Of the mouth: the lips' inner edges in its middle, and its corners, among the 468 points."""
AHEAD, ASIDE = 0.08, 0.25
"""How far the irises lie off the eyes' middles, in widths of an eye: all is well up to this, and it is the worst from
there."""
LOOKS_ASIDE, UNKNOWN = 0.3, 0.6
"""What the worst counts, and irises that cannot be told."""
LARGE = 0.25
"""Of the picture's shorter side."""
ABOVE = 1.1
"""How far above the eyes a head goes on, in distances from the eyes to the chin."""
CUT = 0.3
"""The least share of a head that is not whole."""

Wait = Callable[[int], None]
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Score:
    """Shares from 0 to 1; see above."""

    sharp: float
    open: float
    calm: float
    frontal: float
    ahead: float
    large: float
    whole: float

    @property
    def value(self) -> float:
        """All of them at once."""
        return self.sharp * self.open * self.calm * self.frontal * self.ahead * self.large * self.whole


@dataclass(frozen=True, slots=True, eq=False)
class BestFrame:
    """``pixels``: BGR uint8 (H, W, 3). ``time_s``: in the clip, or since the camera's first frame."""

    pixels: U8
    time_s: float
    face: FaceGeometry
    score: Score


def score_frame(pixels: U8, face: FaceGeometry) -> Score:
    """How good a headshot of ``face`` in ``pixels``, BGR uint8 (H, W, 3), would be."""
    height, width = pixels.shape[:2]
    unit = face.eyes_to_chin
    ends = [face.at(across * face.width / 2, down * unit) for across in (-1, 1) for down in (-ABOVE, 1)]
    beyond = max(max(-x, x - width, -y, y - height) for x, y in ends) / unit
    gap, mouth = (math.dist(*face.points[list(pair), :2]) for pair in (LIPS, CORNERS))
    sharp = _detail(_region(face).crop(pixels, SIDE))
    return Score(
        sharp=sharp / (sharp + HALF_SHARP),
        open=float(np.clip((min(face.openness) - SHUT) / (OPEN - SHUT), 0, 1)),
        calm=float(np.interp(gap / mouth, (SMILE, GAPE), (1, GAPING))),
        frontal=math.cos(math.radians(face.yaw_deg)) ** 2 * math.cos(math.radians(face.roll_deg)) ** 2,
        ahead=_ahead(pixels, face),
        large=math.sqrt(min(1.0, face.width / (LARGE * min(height, width)))),
        whole=float(np.clip(1 - beyond, CUT, 1)),
    )


def best_of_clip(source: Source, finder: FaceFinder, stop: threading.Event, on_progress: Progress) -> BestFrame | None:
    """The best moment of a clip that is read as a file; None where ``stop`` was set before its end.

    Raises CaptureError: it cannot be read, or shows no face.
    """
    count = source.info.frame_count
    stretch = max(1, math.ceil((count or 1) / LOOKS))
    choice = _BestSoFar(finder)
    sharpest: tuple[float, Frame] | None = None
    try:
        for frame in source.frames(stop):
            detail = choice.detail(frame)
            if sharpest is None or detail > sharpest[0]:
                sharpest = detail, frame
            if (frame.seq + 1) % stretch == 0:
                choice.look(sharpest[1])
                sharpest = None
            on_progress(frame.seq + 1, count)
    except CaptureError as error:  # it breaks off
        if choice.best is None:
            raise
        log.warning("%s; the best of what can be read is taken", error)
    if stop.is_set():
        return None
    if sharpest is not None:
        choice.look(sharpest[1])
    if choice.best is None:
        raise CaptureError(f"no face was found in {source.info.name}: choose a clip that shows one")
    return choice.best


def best_of_burst(
    source: Source, finder: FaceFinder, stop: threading.Event, *, countdown_s: float, on_wait: Wait
) -> BestFrame | None:
    """The best moment of the seconds after a countdown; None where ``stop`` was set before.

    ``on_wait``: gets the seconds that are left, each once, and 0 when it begins. A camera sets its exposure meanwhile.
    Raises CaptureError: the camera fails, or nobody looks into it.
    """
    choice = _BestSoFar(finder)
    told: int | None = None
    for frame in source.frames(stop):
        time_s = choice.time_s(frame)
        left = max(0, math.ceil(countdown_s - time_s))
        if left != told:
            on_wait(left)
            told = left
        if left == 0:
            choice.look(frame)
        if time_s >= countdown_s + BURST_S:
            break
    if stop.is_set():
        return None
    if choice.best is None:
        raise CaptureError(f"no face was found before {source.info.name}: look into the camera, and try again")
    return choice.best


class _BestSoFar:
    """The best frame so far."""

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._begin_s: float | None = None
        self.best: BestFrame | None = None

    def time_s(self, frame: Frame) -> float:
        """Since the first frame that was asked about."""
        if self._begin_s is None:
            self._begin_s = frame.time_s
        return frame.time_s - self._begin_s

    def detail(self, frame: Frame) -> float:
        """How sharp a frame is, where the face was in the best one so far; quick."""
        self.time_s(frame)
        return _detail(frame.pixels if self.best is None else _region(self.best.face).crop(frame.pixels, SIDE))

    def look(self, frame: Frame) -> None:
        """Find the faces of a frame, and keep it where its largest one is better."""
        faces = self._finder.find(frame.pixels)
        if not faces:
            return
        score = score_frame(frame.pixels, faces[0])
        if self.best is None or score.value > self.best.score.value:
            self.best = BestFrame(frame.pixels, self.time_s(frame), faces[0], score)


def _region(face: FaceGeometry) -> RotatedSquare:
    x, y = face.at(0, LOWER * face.eyes_to_chin)
    return RotatedSquare(x, y, REGION * face.width, face.roll_deg)


def _ahead(pixels: U8, face: FaceGeometry) -> float:
    irises = find_pupils(pixels, face)
    if irises is None:
        return UNKNOWN
    widths = [math.dist(*face.points[list(eye), :2]) for eye in (RIGHT_EYE, LEFT_EYE)]
    middles = np.array([face.right_eye, face.left_eye])
    aside = (np.array(irises) - middles) @ np.asarray(face.across) / widths
    return float(np.interp(abs(aside.mean()), (AHEAD, ASIDE), (1, LOOKS_ASIDE)))


def _detail(pixels: U8) -> float:
    """Variance of the Laplacian over that of the brightness, of a small picture."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), (0, 0), 0.8).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / (grey.var() + 25))
