"""How well the plate and the person's own colours explain each cell of a frame."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import cv2
import numpy as np
from cv2.typing import MatLike

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.room.plate import NEIGHBOURS, Plate

SURE = 0.9
"""Probability of the network from which on a cell's colour is that of a person."""
MAYBE = 0.1
"""Probability below which a cell is surely room."""
AWAY, BESIDE = np.ones((9, 9), np.uint8), np.ones((5, 5), np.uint8)
"""Where the room is surely seen: four cells from anybody, 16 pixels of 1280. Where it most likely is: two cells."""
LEAST_SAMPLES = 64
"""Flat cells that a gain has to be measured on."""
STEP = 4
"""Every so many cells a side are looked at for the gain."""
SHADE = 0.78, 1.06
"""Range of the factor by which a shadow, or light that a person reflects, changes the room."""
SHADE_DEVIATION = 0.1
"""Standard deviation of that factor."""
EXPLAINED = 6.0
"""Cost up to which the plate explains a cell: two standard deviations in each channel."""
PERSON_DEVIATION = 25.0
"""Standard deviation of a person's colour around its local mean, levels."""
LIKELY = log(0.7) - 3 * log(PERSON_DEVIATION)
"""Logarithm of the density of a colour that is the local mean of the person's. Both leave out the factor of pi."""
ANYTHING = log(0.3) - 3 * log(256) + 1.5 * log(2 * np.pi)
"""Logarithm of the density of any colour: a person may have one that was not seen before."""
SIDES = 5, 15
"""Sides of the boxes, in cells of half the grid, in which the person's colour is averaged; then the whole picture."""
FARTHER = 0.01
"""Weight of a larger box against the next smaller one: it counts where that holds no person."""
ONES = np.ones((1, 3), np.float32)


def sum_of(planes: MatLike) -> F32:
    """The sum over the channels: float32 (h, w) of (h, w, 3)."""
    return np.asarray(cv2.transform(planes, ONES), np.float32)


def empty_cells(probability: F32, kernel: U8 = AWAY) -> U8:
    """1 where nobody is, nor near, as far as ``kernel`` reaches: uint8 (h, w)."""
    near = cv2.dilate((probability > np.float32(MAYBE)).view(np.uint8), kernel)
    return np.asarray(near == 0, np.uint8)


def measured_gain(now: F32, plate: Plate, empty: U8) -> F32 | None:
    """The exposure of ``now``, float32 (h, w, 3), against the plate: a factor for each channel, float32 (3,).

    The median over flat cells of the empty room; None where too few of them are seen.
    """
    every = slice(None, None, STEP), slice(None, None, STEP)
    usable = (plate.flat[every] & empty[every]) > 0
    if np.count_nonzero(usable) < LEAST_SAMPLES:
        return None
    gain = np.median((now[every][usable] + 1) / (plate.color[every][usable] + 1), axis=0)
    return np.asarray(gain, np.float32)


def detail_beside(now: F32, plate: Plate, gain: F32, empty: U8) -> float:
    """How much detail the empty room has in ``now``, float32 (h, w, 3), as a share of the plate's: less than 1 where
    the camera is out of focus. Squared differences of neighbours in green, where edges outweigh noise."""
    rows = slice(None, None, STEP)
    counted = (empty[rows, 1:] & empty[rows, :-1] & plate.known[rows, 1:]) > 0
    ours, plates = (
        float(np.square(np.diff(picture[rows, :, 1], axis=1))[counted].sum()) for picture in (now, plate.color)
    )
    return ours / max(1.0, plates * float(gain[1]) ** 2)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A frame beside the plate, at the frame's exposure. All on the plate's grid.

    ``now``, ``room``: BGR float32 (h, w, 3), levels. ``half``: ``now`` at half the size, BGRA. ``shade``: float32
    (h, w), the factor by which the room is darker or lighter. ``cost``: float32 (h, w), half the squared distance in
    standard deviations, over all channels. ``log_scale``: of the plate.
    """

    now: F32
    half: F32
    room: F32
    shade: F32
    cost: F32
    log_scale: F32

    @property
    def explained(self) -> U8:
        """1 where the plate explains the frame: uint8 (h, w)."""
        return (self.cost < np.float32(EXPLAINED)).view(np.uint8)


def seen_beside(now: F32, plate: Plate, gain: F32) -> Seen:
    """Compare a frame, float32 (h, w, 3), with the plate; a shadow on the room is still the room."""
    room = cv2.multiply(plate.color, (*map(float, gain), 0))
    shade = cv2.min(cv2.max(cv2.divide(sum_of(now) + 1, sum_of(room) + 1), SHADE[0]), SHADE[1])
    apart = cv2.subtract(now, cv2.multiply(room, cv2.merge((shade, shade, shade))))
    cost = sum_of(cv2.multiply(cv2.multiply(apart, apart), plate.weight))
    cost += cv2.pow((shade - 1) * np.float32(1 / SHADE_DEVIATION), 2)
    blurred = cv2.blur(cost * np.float32(0.5), NEIGHBOURS.shape)
    half_wh = max(1, now.shape[1] // 2), max(1, now.shape[0] // 2)
    half = cv2.cvtColor(cv2.resize(now, half_wh, interpolation=cv2.INTER_LINEAR), cv2.COLOR_BGR2BGRA)
    of_frame = now, np.asarray(half, np.float32), np.asarray(room, np.float32)
    return Seen(*of_frame, np.asarray(shade, np.float32), np.asarray(blurred, np.float32), plate.log_scale)


def person_color(half: F32, sure: U8) -> F32:
    """The local mean of the person's colour: float32 (h, w, 3). ``sure``: 1 where a person is.

    Worked out at half the resolution, of the frame ``half``, BGRA: it is smooth.
    """
    height, width = sure.shape
    of_person = cv2.copyTo(half, cv2.resize(sure, half.shape[1::-1], interpolation=cv2.INTER_NEAREST))
    everywhere = np.array(cv2.mean(of_person), np.float32) * np.float32(FARTHER ** len(SIDES)) + np.float32(1e-9)
    total: MatLike = cv2.blur(of_person, (SIDES[0], SIDES[0])) + everywhere
    for larger, side in enumerate(SIDES[1:], start=1):
        total = cv2.scaleAdd(cv2.blur(of_person, (side, side)), FARTHER**larger, total)
    mean = cv2.divide(cv2.cvtColor(total, cv2.COLOR_BGRA2BGR), cv2.cvtColor(total[..., 3], cv2.COLOR_GRAY2BGR))
    return np.asarray(cv2.resize(mean, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def log_ratio(seen: Seen, person: F32) -> F32:
    """Logarithm of the likelihood of the room against that of a person of the colours ``person``: float32 (h, w)."""
    apart = cv2.subtract(seen.now, person)
    likely = sum_of(cv2.multiply(apart, apart)) * np.float32(-0.5 / PERSON_DEVIATION**2) + np.float32(LIKELY)
    ratio = -seen.cost - seen.log_scale - cv2.max(likely, ANYTHING)
    return np.asarray(cv2.blur(ratio, NEIGHBOURS.shape), np.float32)
