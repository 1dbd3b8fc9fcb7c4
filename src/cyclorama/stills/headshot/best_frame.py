"""Choose the frame of a clip or camera that makes the best headshot.

The score of a frame is the product of seven factors in [0, 1], so that no factor can compensate for a bad one:

- sharp: the variance of the Laplacian (Pech-Pacheco et al. 2000) of the face from eyes to mouth, scaled to a fixed
  size, divided by the variance of its brightness, so that lighting and make-up do not count. Only the order of these
  values x matters: the factor is x / (x + HALF_SHARP).
- open: the less open eye (see ``FaceGeometry.openness``): 0 when it is shut, 1 when it is as open as most eyes are.
- calm: 1 for a mouth that is shut or smiles, less for an open one: the gap between the lips over the mouth's width.
- frontal: cos^2 of the yaw times cos^2 of the roll.
- ahead: how near the irises are to the middle of the eyes, horizontally; UNKNOWN where no iris is found.
- large: square root of the face's width over the width that is enough for a sharp headshot.
- whole: less, the further the head with its hair reaches beyond the border of the picture.

A head that the border cuts is no headshot, however sharp it is: frames with a whole head and open eyes come before all
others, and the score decides among them.

The face network sees about LOOKS frames of a clip. The clip is divided into that many intervals; the network sees the
frame of each interval that is sharpest where the face was found last, since sharpness is cheap to compute. Where that
one has no whole head, it sees the sharpest frames of the interval's other parts too.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterable
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
"""Intervals of a clip in which faces are searched."""
PARTS = 3
"""Parts of an interval, whose sharpest frames are searched until one has a whole head."""
BURST_S = 2.0
"""Seconds of a camera's frames that are compared after the countdown."""
SIDE = 128
"""Side in pixels to which the region of the face is scaled before its sharpness is measured."""
REGION, LOWER = 0.75, 0.3
"""The region of the face: its side in face widths, small enough to exclude edges of the background; and how far its
centre lies below the eyes, in distances from the eyes to the chin."""
HALF_SHARP = 0.02
"""The sharpness that scores 0.5."""
SHUT, OPEN = 0.12, 0.22
"""The openness of an eye that scores 0, and the one that scores 1."""
SMILE, GAPE, GAPING = 0.25, 0.6, 0.2
"""The gap between the lips over the mouth's width: up to SMILE it scores 1, from GAPE on it scores GAPING."""
LIPS, CORNERS = (13, 14), (61, 291)
"""Indices among the 468 points: the inner edges of the lips in the middle, and the corners of the mouth."""
AHEAD, ASIDE = 0.08, 0.25
"""The distance of the irises from the middle of the eyes, in eye widths: up to AHEAD it scores 1, from ASIDE on it
scores LOOKS_ASIDE."""
LOOKS_ASIDE, UNKNOWN = 0.3, 0.6
"""The score of eyes that look aside, and of eyes in which no iris is found."""
LARGE = 0.25
"""The width of a face that scores 1, as a share of the picture's shorter side."""
ABOVE = 1.25
"""Height of the head with its hair above the eyes, in distances from the eyes to the chin."""
CUT = 0.3
"""The lowest score of a head that the border cuts off."""

Wait = Callable[[int], None]
Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True)
class Score:
    """The seven factors, each in [0, 1]; the docstring of the module defines them."""

    sharp: float
    open: float
    calm: float
    frontal: float
    ahead: float
    large: float
    whole: float

    @property
    def value(self) -> float:
        """Their product, in [0, 1]."""
        return self.sharp * self.open * self.calm * self.frontal * self.ahead * self.large * self.whole

    @property
    def has_whole_head(self) -> bool:
        """Whether the border cuts nothing off."""
        return self.whole == 1.0

    @property
    def rank(self) -> tuple[bool, float]:
        """What frames are compared by: the whole head before anything else, where the eyes are not shut."""
        return self.has_whole_head and self.open > 0, self.value


@dataclass(frozen=True, slots=True, eq=False)
class BestFrame:
    """A frame and its largest face. ``pixels``: BGR uint8 (H, W, 3). ``time_s``: since the start of the clip, or since
    the camera's first frame."""

    pixels: U8
    time_s: float
    face: FaceGeometry
    score: Score


def score_frame(pixels: U8, face: FaceGeometry) -> Score:
    """Score ``pixels``, BGR uint8 (H, W, 3), as a headshot of ``face``."""
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
    """Return the frame of a clip with the highest score; None where ``stop`` was set before the end of the clip.

    ``source`` is read as a file. Raises CaptureError where it cannot be read or shows no face.
    """
    count = source.info.frame_count
    stretch = max(1, math.ceil((count or 1) / LOOKS))
    choice = _BestSoFar(finder)
    interval = _Interval(stretch)
    try:
        for frame in source.frames(stop):
            interval.add(frame, choice.detail(frame))
            if (frame.seq + 1) % stretch == 0:
                choice.look_until_whole(interval.take())
            on_progress(frame.seq + 1, count)
    except CaptureError as error:  # a truncated file
        if choice.best is None:
            raise
        log.warning("%s; the best of what can be read is taken", error)
    if stop.is_set():
        return None
    choice.look_until_whole(interval.take())
    if choice.best is None:
        raise CaptureError(f"no face was found in {source.info.name}: choose a clip that shows one")
    return choice.best


def best_of_burst(
    source: Source, finder: FaceFinder, stop: threading.Event, *, countdown_s: float, on_wait: Wait
) -> BestFrame | None:
    """Return the best frame of the BURST_S seconds after a countdown; None where ``stop`` was set before their end.

    ``on_wait`` gets the remaining seconds, each number once, and 0 when the burst begins. The camera adjusts its
    exposure during the countdown. Raises CaptureError where the camera fails or shows no face.
    """
    return best_of(source.frames(stop), source.info.name, finder, stop, countdown_s=countdown_s, on_wait=on_wait)


def best_of(
    frames: Iterable[Frame],
    name: str,
    finder: FaceFinder,
    stop: threading.Event,
    *,
    countdown_s: float = 0.0,
    on_wait: Wait = lambda seconds: None,
) -> BestFrame | None:
    """Return the best of ``frames``, as :func:`best_of_burst` does with a camera's. ``name``: of the camera, for
    people."""
    choice = _BestSoFar(finder)
    told: int | None = None
    for frame in frames:
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
        raise CaptureError(f"no face was found before {name}: look into the camera, and try again")
    return choice.best


class _Interval:
    """The sharpest frame of each part of an interval of a clip."""

    def __init__(self, length: int) -> None:
        """``length``: frames of an interval."""
        self._part_length = math.ceil(length / PARTS)
        self._seen = 0
        self._sharpest: dict[int, tuple[float, Frame]] = {}

    def add(self, frame: Frame, detail: float) -> None:
        """Take the next frame, with its sharpness."""
        part = self._seen // self._part_length
        self._seen += 1
        if part not in self._sharpest or detail > self._sharpest[part][0]:
            self._sharpest[part] = detail, frame

    def take(self) -> list[Frame]:
        """The frames, the sharpest first; the next interval begins."""
        ordered = sorted(self._sharpest.values(), key=lambda found: found[0], reverse=True)
        self._seen, self._sharpest = 0, {}
        return [frame for _, frame in ordered]


class _BestSoFar:
    """Keeps the frame with the highest rank."""

    def __init__(self, finder: FaceFinder) -> None:
        self._finder = finder
        self._begin_s: float | None = None
        self.best: BestFrame | None = None

    def time_s(self, frame: Frame) -> float:
        """Seconds since the first frame that was passed to any method."""
        if self._begin_s is None:
            self._begin_s = frame.time_s
        return frame.time_s - self._begin_s

    def detail(self, frame: Frame) -> float:
        """Measure the sharpness of a frame where the best frame so far has its face; cheap, no network runs."""
        self.time_s(frame)
        return _detail(frame.pixels if self.best is None else _region(self.best.face).crop(frame.pixels, SIDE))

    def look_until_whole(self, frames: Iterable[Frame]) -> None:
        """Look at each of ``frames``, until one has a whole head."""
        for frame in frames:
            score = self.look(frame)
            if score is not None and score.has_whole_head:
                break

    def look(self, frame: Frame) -> Score | None:
        """Find the largest face of a frame, and keep the frame if its rank is higher than that of the best so far.
        Return its score; None where there is no face."""
        faces = self._finder.find(frame.pixels)
        if not faces:
            return None
        score = score_frame(frame.pixels, faces[0])
        if self.best is None or score.rank > self.best.score.rank:
            self.best = BestFrame(frame.pixels, self.time_s(frame), faces[0], score)
        return score


def _region(face: FaceGeometry) -> RotatedSquare:
    """The square from the eyes to the mouth in which sharpness is measured."""
    x, y = face.at(0, LOWER * face.eyes_to_chin)
    return RotatedSquare(x, y, REGION * face.width, face.roll_deg)


def _ahead(pixels: U8, face: FaceGeometry) -> float:
    """The factor ``ahead`` of the score."""
    irises = find_pupils(pixels, face)
    if irises is None:
        return UNKNOWN
    widths = [math.dist(*face.points[list(eye), :2]) for eye in (RIGHT_EYE, LEFT_EYE)]
    middles = np.array([face.right_eye, face.left_eye])
    aside = (np.array(irises) - middles) @ np.asarray(face.across) / widths
    return float(np.interp(abs(aside.mean()), (AHEAD, ASIDE), (1, LOOKS_ASIDE)))


def _detail(pixels: U8) -> float:
    """Variance of the Laplacian over the variance of the brightness (plus 25, for flat pictures) of BGR uint8."""
    grey = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), (0, 0), 0.8).astype(np.float32)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / (grey.var() + 25))
