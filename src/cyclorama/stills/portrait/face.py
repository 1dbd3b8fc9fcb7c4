"""Find the faces in a photo of any size and orientation, with 468 landmarks for each face.

The bundled detector finds faces that are roughly upright, so it runs on the four quarter turns of the photo until one
of them shows a face for certain. The landmark network then runs on a square around each face. The square is rotated by
the roll that the landmarks give, and the network runs again, until the roll is stable: this works at any angle.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from typing_extensions import override

from cyclorama.core.closing import Closing
from cyclorama.core.frames import F32, U8
from cyclorama.faces.base import Face, FaceNetwork
from cyclorama.faces.detect import SearchSquare, find, merged, open_network, parts
from cyclorama.faces.landmarks import NETWORK, SIDE, FaceLandmarks
from cyclorama.faces.tracker import NETWORK as DETECTOR
from cyclorama.models.bundled import bundled_path
from cyclorama.stills.portrait.rotated_square import RotatedSquare

XY = tuple[float, float]
"""A point in a photo, x and y in pixels from its left and top edges; integers lie on the borders between pixels."""

SEARCHED_SIDE = 1280
"""Longest side in pixels of the copy in which faces are detected: faces of 1/16 of its shorter side are still found."""
LARGE = 1.5
"""Side of a padded search square, in longest sides of the photo, for a face that fills the photo."""
MARGIN = 1.5
"""Side of the landmark network's square, in sides of the face: the margin that the network was trained with."""
NARROWEST = 32
"""Least shorter side in pixels of a picture in which faces are searched."""
ROUNDS = 12
"""Most runs of the landmark network for one face."""
STABLE_DEG = 0.3
"""The square is final when a run changes its roll by less than this."""
MIN_LOGIT, CERTAIN_LOGIT = 5.0, 12.0
"""Thresholds of the landmark network's logit. Measured: faces 17 and more; walls, clothes and inverted faces 9 and
less."""
SAME_IOU = 0.3
"""Intersection over union from which two detections are one face."""

RIGHT_EYE, LEFT_EYE = (33, 133), (263, 362)
"""Landmarks of the outer and inner corner of each eye; right and left are the person's own."""
RIGHT_LIDS = ((159, 145), (160, 144), (158, 153))
LEFT_LIDS = ((386, 374), (385, 380), (387, 373))
"""Pairs of landmarks on the upper and lower lid: in the middle of the eye and on both sides of it."""
JAW = (152, 148, 176, 149, 150, 377, 400, 378, 379)
CHEEKS = (234, 454)
"""Landmarks at the edge of the face in front of the ears, on the person's right and left."""
MIRRORED = ((234, 454), (127, 356), (33, 263), (61, 291), (172, 397))
"""Pairs of landmarks that are symmetric, on the person's right and left."""


@dataclass(frozen=True, eq=False)
class FaceGeometry:
    """One face, in pixels of the photo. Right and left are the person's own: the right eye is on the left of an upright
    photo."""

    points: F32
    """float32 (468, 3): x, y, and depth on the same scale, smallest at the tip of the nose."""
    logit: float
    """The network's logit; ``CERTAIN_LOGIT`` and more is a face."""

    @cached_property
    def right_eye(self) -> XY:
        """The midpoint of the corners of the right eye; :func:`find_pupils` finds the pupil itself."""
        return self._mean(RIGHT_EYE)

    @cached_property
    def left_eye(self) -> XY:
        """The midpoint of the corners of the left eye."""
        return self._mean(LEFT_EYE)

    @cached_property
    def eyes(self) -> XY:
        """The midpoint between both eyes."""
        return (self.right_eye[0] + self.left_eye[0]) / 2, (self.right_eye[1] + self.left_eye[1]) / 2

    @cached_property
    def eye_distance(self) -> float:
        """Distance between ``right_eye`` and ``left_eye``, in pixels."""
        return math.dist(self.right_eye, self.left_eye)

    @cached_property
    def roll_deg(self) -> float:
        """Clockwise roll of the line through the eyes, -180 to 180 degrees: 0 is level, 90 a photo on its side."""
        (x0, y0), (x1, y1) = self.right_eye, self.left_eye
        return math.degrees(math.atan2(y1 - y0, x1 - x0))

    @cached_property
    def yaw_deg(self) -> float:
        """Yaw, positive when the face turns to the right of an upright photo. It comes from the network's depth and is
        accurate to about 5 degrees. There is no pitch: depth cannot separate it from the shape of a forehead."""
        across = np.mean([self.points[left] - self.points[right] for right, left in MIRRORED], axis=0)
        return math.degrees(math.atan2(across[2], math.hypot(across[0], across[1])))

    @cached_property
    def across(self) -> XY:
        """Unit vector along the line through the eyes, towards the person's left."""
        roll = math.radians(self.roll_deg)
        return math.cos(roll), math.sin(roll)

    @cached_property
    def down(self) -> XY:
        """Unit vector from the eyes towards the chin, perpendicular to ``across``."""
        x, y = self.across
        return -y, x

    @cached_property
    def chin(self) -> XY:
        """The lowest point of the jaw (menton) in the direction ``down``."""
        jaw = self.points[list(JAW), :2]
        x, y = jaw[int(np.argmax(jaw @ np.asarray(self.down)))]
        return float(x), float(y)

    @cached_property
    def eyes_to_chin(self) -> float:
        """Distance from the line through the eyes to the chin, in pixels."""
        return self.below_eyes(self.chin)

    @cached_property
    def width(self) -> float:
        """Width of the face between the landmarks in front of the ears, in pixels."""
        right, left = (self.points[index, :2] for index in CHEEKS)
        return math.dist(right, left)

    @cached_property
    def openness(self) -> tuple[float, float]:
        """Eye aspect ratio of the right and the left eye (Soukupova and Cech 2016): the gap between the lids over the
        width of the eye. Open eyes have 0.2 to 0.4, closed ones less than 0.15."""
        return self._openness(RIGHT_EYE, RIGHT_LIDS), self._openness(LEFT_EYE, LEFT_LIDS)

    @property
    def quarter_turns(self) -> int:
        """The number of counter-clockwise quarter turns (``numpy.rot90``) that make the face upright, 0 to 3."""
        return round(self.roll_deg / 90) % 4

    def below_eyes(self, point: XY) -> float:
        """Distance of ``point`` from the line through the eyes along ``down``, in pixels; negative above the eyes."""
        return (point[0] - self.eyes[0]) * self.down[0] + (point[1] - self.eyes[1]) * self.down[1]

    def at(self, across: float, down: float) -> XY:
        """The point at these distances, in pixels, from the midpoint of the eyes along the axes of the face."""
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


class FaceFinder(Closing):
    """Finds faces and their landmarks in photos; holds both networks. For use by one thread."""

    def __init__(self) -> None:
        """Load the bundled networks. Raises ModelError."""
        self._detector: FaceNetwork = open_network(bundled_path(DETECTOR))
        self._landmarks = FaceLandmarks(bundled_path(NETWORK))

    @override
    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        self._detector.close()

    def find(self, pixels: U8) -> list[FaceGeometry]:
        """Find the faces in a photo, BGR uint8 (H, W, 3), the largest first. Raises ModelError."""
        scale = min(1.0, SEARCHED_SIDE / max(pixels.shape[:2]))
        faces: list[FaceGeometry] = []
        if scale * min(pixels.shape[:2]) < NARROWEST:  # before it is scaled to no pixel at all
            return faces
        small = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        for turns in range(4):
            turned = np.ascontiguousarray(np.rot90(small, turns))
            for found in self._detect(turned):
                face = self._align(pixels, _square_in_photo(found, turns, small, pixels))
                if face is not None:
                    faces.append(face)
            if any(face.logit > CERTAIN_LOGIT for face in faces):
                break
        return sorted(_suppress_overlaps(faces), key=lambda face: -face.width)

    def _detect(self, pixels: U8) -> list[Face]:
        """Run the detector on a padded square around the picture and on overlapping parts of it."""
        height, width = pixels.shape[:2]
        longest = round(LARGE * max(width, height))
        bordered = SearchSquare((width - longest) // 2, (height - longest) // 2, longest)
        looks = [bordered, *parts((width, height))]
        return merged([face for part in looks for face in find(self._detector, pixels, part)])

    def _align(self, pixels: U8, square: RotatedSquare) -> FaceGeometry | None:
        """Fit the landmarks in ``square``, rotate it by their roll, and repeat; None where there is no face."""
        for _ in range(ROUNDS):
            face = self._fit_points(pixels, square)
            turn = _wrap_degrees(face.roll_deg - square.roll_deg)
            if face.logit < 0 or face.width < 1:
                return None
            square = _square_around(face)
            if abs(turn) < STABLE_DEG:
                break
        return face if face.logit > MIN_LOGIT else None

    def _fit_points(self, pixels: U8, square: RotatedSquare) -> FaceGeometry:
        """Run the landmark network once on ``square``."""
        rgb = np.asarray(cv2.cvtColor(square.crop(pixels, SIDE), cv2.COLOR_BGR2RGB), np.uint8)
        points, logit = self._landmarks.look(rgb)
        depth = points[:, 2] * np.float32(square.side / SIDE)
        return FaceGeometry(np.column_stack([square.to_photo(points[:, :2], SIDE), depth]), logit)


def _square_in_photo(found: Face, turns: int, small: U8, pixels: U8) -> RotatedSquare:
    """Convert a detection in ``small``, rotated by ``turns`` counter-clockwise quarter turns, to a square of the
    photo."""
    height, width = small.shape[:2]
    x, y = found.x, found.y
    for done in range(turns, 0, -1):  # undo one quarter turn at a time
        x, y = (width if done % 2 else height) - y, x
    scale = pixels.shape[1] / width
    return RotatedSquare(x * scale, y * scale, MARGIN * found.side * scale, 90.0 * turns)


def _square_around(face: FaceGeometry) -> RotatedSquare:
    """The square around ``face`` that the landmark network takes as its input."""
    along = (face.points[:, :2] - np.asarray(face.eyes)) @ np.array([face.across, face.down]).T
    low, high = along.min(axis=0), along.max(axis=0)
    x, y = face.at(*(low + high) / 2)
    return RotatedSquare(x, y, MARGIN * float((high - low).max()), face.roll_deg)


def _wrap_degrees(degrees: float) -> float:
    """The same angle in [-180, 180)."""
    return (degrees + 180) % 360 - 180


def _suppress_overlaps(faces: list[FaceGeometry]) -> Iterator[FaceGeometry]:
    """Non-maximum suppression: of detections that overlap, keep the one with the highest logit."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda face: -face.logit):
        square = _square_around(face)
        box = Face(square.x, square.y, square.side, 1.0)
        if all(box.overlap(other) <= SAME_IOU for other in kept):
            kept.append(box)
            yield face
