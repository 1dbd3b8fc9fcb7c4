"""The faces in a photo of any size, upright, tilted or lying on its side: where they are, and 468 points of each.

The bundled detector sees faces that are roughly upright, so the photo is searched in its four quarter turns until one
shows a face beyond doubt. The points are then found in a square in which the eyes are level, turned again by what the
points say, until nothing changes: they fit a face at any angle.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8
from cyclorama.faces.base import Face, FaceNetwork
from cyclorama.faces.detect import SearchSquare, find, merged, open_network, parts
from cyclorama.faces.landmarks import NETWORK, SIDE, FaceLandmarks
from cyclorama.faces.tracker import NETWORK as DETECTOR
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.portrait.square import Square

XY = tuple[float, float]
"""A place in a photo, in its pixels from its left and top edges; whole numbers are between pixels."""

SEARCHED_SIDE = 1280
"""Pixels of the longest side in which faces are searched: one of a sixteenth of the shorter side is still found."""
LARGE = 1.5
"""Of the longest side: a look at the photo with a border, for a face that fills it."""
MARGIN = 1.5
"""Side of the square that is looked at, in sides of the face; what the points network was made for."""
NARROWEST = 32
"""Pixels of the shorter side of what is searched; in less, no face could be seen."""
ROUNDS = 12
STILL_DEG = 0.3
"""Turned by less than this since the last round, the square is as it should be."""
MAYBE, CERTAIN = 5.0, 12.0
"""Of the network's logit: faces gave 17 and more, walls and clothes and faces upside down 9 and less."""
SAME = 0.3
"""Overlap (IoU) from which two finds are one face."""

RIGHT_EYE, LEFT_EYE = (33, 133), (263, 362)
"""Outer and inner corner of each eye, among the 468 points; right and left are the person's own."""
RIGHT_LIDS = ((159, 145), (160, 144), (158, 153))
LEFT_LIDS = ((386, 374), (385, 380), (387, 373))
"""Upper and lower lid, at the middle and on both sides of it."""
JAW = (152, 148, 176, 149, 150, 377, 400, 378, 379)
CHEEKS = (234, 454)
"""Where the face ends in front of the ears, on the person's right and left."""
PAIRS = ((234, 454), (127, 356), (33, 263), (61, 291), (172, 397))
"""Points that mirror each other."""


@dataclass(frozen=True, eq=False)
class FaceGeometry:
    """One face of a photo, in pixels of the photo. Right and left are the person's own, so the right eye is on the left
    of an upright photo."""

    points: F32
    """float32 (468, 3): x, y, and depth in the same scale, least at the tip of the nose."""
    certainty: float
    """The network's logit; ``CERTAIN`` and more is a face."""

    @cached_property
    def right_eye(self) -> XY:
        """The middle between the corners of the right eye; where the pupil is, ``pupils`` finds out."""
        return self._mean(RIGHT_EYE)

    @cached_property
    def left_eye(self) -> XY:
        """The middle between the corners of the left eye."""
        return self._mean(LEFT_EYE)

    @cached_property
    def eyes(self) -> XY:
        """The middle between both eyes."""
        return (self.right_eye[0] + self.left_eye[0]) / 2, (self.right_eye[1] + self.left_eye[1]) / 2

    @cached_property
    def eye_distance(self) -> float:
        """Between the eyes' middles, in pixels."""
        return math.dist(self.right_eye, self.left_eye)

    @cached_property
    def roll_deg(self) -> float:
        """How far the eyes' line is turned clockwise, from -180 to 180 degrees: 0 is level, 90 a photo on its side."""
        (x0, y0), (x1, y1) = self.right_eye, self.left_eye
        return math.degrees(math.atan2(y1 - y0, x1 - x0))

    @cached_property
    def yaw_deg(self) -> float:
        """How far the face is turned, positive to the right of an upright photo; from the network's depth, and no
        better than 5 degrees. There is no pitch: depth does not tell it from the shape of a forehead."""
        across = np.mean([self.points[left] - self.points[right] for right, left in PAIRS], axis=0)
        return math.degrees(math.atan2(across[2], math.hypot(across[0], across[1])))

    @cached_property
    def across(self) -> XY:
        """Unit vector along the eyes' line, to the person's left."""
        roll = math.radians(self.roll_deg)
        return math.cos(roll), math.sin(roll)

    @cached_property
    def down(self) -> XY:
        """Unit vector from the eyes to the chin, at a right angle to ``across``."""
        x, y = self.across
        return -y, x

    @cached_property
    def chin(self) -> XY:
        """The lowest point of the jaw (menton), lowest as seen along ``down``."""
        jaw = self.points[list(JAW), :2]
        x, y = jaw[int(np.argmax(jaw @ np.asarray(self.down)))]
        return float(x), float(y)

    @cached_property
    def eyes_to_chin(self) -> float:
        """From the eyes' line down to the chin, in pixels."""
        return self.below_eyes(self.chin)

    @cached_property
    def width(self) -> float:
        """Of the face in front of the ears, in pixels; without ears and hair."""
        right, left = (self.points[index, :2] for index in CHEEKS)
        return math.dist(right, left)

    @cached_property
    def openness(self) -> tuple[float, float]:
        """Of the right and the left eye: the lids' gap over the eye's width (eye aspect ratio, Soukupova and Cech
        2016). Open eyes have 0.2 to 0.4, closed ones less than 0.15."""
        return self._openness(RIGHT_EYE, RIGHT_LIDS), self._openness(LEFT_EYE, LEFT_LIDS)

    @property
    def quarter_turns(self) -> int:
        """How often the photo is to be turned by 90 degrees against the clock (``numpy.rot90``) so that the face is
        upright, 0 to 3."""
        return round(self.roll_deg / 90) % 4

    def below_eyes(self, place: XY) -> float:
        """How far ``place`` lies below the eyes' line as the face has it, in pixels; above is negative."""
        return (place[0] - self.eyes[0]) * self.down[0] + (place[1] - self.eyes[1]) * self.down[1]

    def at(self, across: float, down: float) -> XY:
        """The place that is this far from the eyes' middle along the face's own axes, in pixels."""
        return (
            self.eyes[0] + across * self.across[0] + down * self.down[0],
            self.eyes[1] + across * self.across[1] + down * self.down[1],
        )

    def _mean(self, indexes: tuple[int, ...]) -> XY:
        x, y = self.points[list(indexes), :2].mean(axis=0)
        return float(x), float(y)

    def _openness(self, corners: tuple[int, int], lids: tuple[tuple[int, int], ...]) -> float:
        gaps = [math.dist(self.points[upper, :2], self.points[lower, :2]) for upper, lower in lids]
        return sum(gaps) / len(gaps) / math.dist(*(self.points[index, :2] for index in corners))


class FaceFinder:
    """Finds the faces of photos; holds the two networks. Used by one thread."""

    def __init__(self) -> None:
        """Load the bundled networks. Raises ModelError."""
        self._detector: FaceNetwork = open_network(bundled_path(DETECTOR))
        self._landmarks = FaceLandmarks(bundled_path(NETWORK))

    def __enter__(self) -> FaceFinder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        self._detector.close()

    def find(self, pixels: U8) -> list[FaceGeometry]:
        """The faces in a photo, BGR uint8 (H, W, 3), largest first; none where there is none. Raises ModelError."""
        scale = min(1.0, SEARCHED_SIDE / max(pixels.shape[:2]))
        small = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        faces: list[FaceGeometry] = []
        if min(small.shape[:2]) < NARROWEST:
            return faces
        for turns in range(4):
            turned = np.ascontiguousarray(np.rot90(small, turns))
            for found in self._detected(turned):
                face = self._settled(pixels, _square(found, turns, small, pixels))
                if face is not None:
                    faces.append(face)
            if any(face.certainty > CERTAIN for face in faces):
                break
        return sorted(_distinct(faces), key=lambda face: -face.width)

    def _detected(self, pixels: U8) -> list[Face]:
        height, width = pixels.shape[:2]
        longest = round(LARGE * max(width, height))
        bordered = SearchSquare((width - longest) // 2, (height - longest) // 2, longest)
        looks = [bordered, *parts((width, height))]
        return merged([face for part in looks for face in find(self._detector, pixels, part)])

    def _settled(self, pixels: U8, square: Square) -> FaceGeometry | None:
        """The face in ``square``, looked at until that is upright on it; None where there is none."""
        for _ in range(ROUNDS):
            face = self._look(pixels, square)
            turn = _turn(face.roll_deg - square.roll_deg)
            if face.certainty < 0 or face.width < 1:
                return None
            square = _around(face)
            if abs(turn) < STILL_DEG:
                break
        return face if face.certainty > MAYBE else None

    def _look(self, pixels: U8, square: Square) -> FaceGeometry:
        rgb = np.asarray(cv2.cvtColor(square.cut(pixels, SIDE), cv2.COLOR_BGR2RGB), np.uint8)
        points, certainty = self._landmarks.look(rgb)
        depth = points[:, 2] * np.float32(square.side / SIDE)
        return FaceGeometry(np.column_stack([square.to_photo(points[:, :2], SIDE), depth]), certainty)


def _square(found: Face, turns: int, small: U8, pixels: U8) -> Square:
    """From a find in ``small``, turned ``turns`` times against the clock, to a square of the photo."""
    height, width = small.shape[:2]
    x, y = found.x, found.y
    for done in range(turns, 0, -1):  # undo one turn after the other
        x, y = (width if done % 2 else height) - y, x
    scale = pixels.shape[1] / width
    return Square(x * scale, y * scale, MARGIN * found.side * scale, 90.0 * turns)


def _around(face: FaceGeometry) -> Square:
    """The square that the network wants to see ``face`` in."""
    along = (face.points[:, :2] - np.asarray(face.eyes)) @ np.array([face.across, face.down]).T
    low, high = along.min(axis=0), along.max(axis=0)
    x, y = face.at(*(low + high) / 2)
    return Square(x, y, MARGIN * float((high - low).max()), face.roll_deg)


def _turn(degrees: float) -> float:
    """The same turn, from -180 to 180 degrees."""
    return (degrees + 180) % 360 - 180


def _distinct(faces: list[FaceGeometry]) -> Iterator[FaceGeometry]:
    """Each face once: where finds overlap, the one that the network is surest of."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.certainty):
        square = _around(face)
        place = Face(square.x, square.y, square.side, 1.0)
        if all(place.overlap(other) <= SAME for other in kept):
            kept.append(place)
            yield face
