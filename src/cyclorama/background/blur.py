"""The blurred room, without the person's colours bleeding into it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from typing_extensions import override

from cyclorama.background.base import Background
from cyclorama.core.frames import F32, U8, SizeWH
from cyclorama.core.opencv import halved, resampled

MIN_SIGMA = 3.0
MAX_SIGMA = 36.0
"""Pixels of a 720-line picture at strength 0 and 1; other sizes scale with their height."""
REACH = 10.0
"""Pixels of a 720-line picture around the person that the blur leaves out: hair that the matte misses."""
HOLD_S = 0.4
"""Time constant after which a place that the person left counts as room again, so that outlines do not flicker."""
WIDE = 4.0
"""The hole behind the person is filled from a blur this much wider."""
FLOOR = 1e-3
TRACE = np.float32(1e-6)
"""Weights of the wider blur and of the room's mean colour: visible only where nothing nearer is known."""
GREY = np.array([60, 60, 60, 255], np.float32)
"""BGR and weight, in place of a room that is covered altogether."""


class Blur(Background):
    """Normalised convolution (Knutsson and Westin 1993) at small size: a blur of the picture weighted by 1 - alpha."""

    def __init__(self, name: str, strength: float) -> None:
        """``strength``: 0 to 1."""
        self._name = name
        self._sigma = MIN_SIGMA * (MAX_SIGMA / MIN_SIGMA) ** strength
        self._person: F32 | None = None
        self._last_s = 0.0

    @property
    @override
    def name(self) -> str:
        """What the user wrote."""
        return self._name

    @override
    def render(self, pixels: U8, alpha: U8, time_s: float) -> U8:
        """The blurred room at the frame's size."""
        height, width = alpha.shape
        scale = height / 720
        levels = 3 if self._sigma * scale >= 8 else 2
        small = pixels
        for _ in range(levels):  # halving twice is far cheaper than shrinking by four once
            small = halved(small)
            alpha = np.asarray(cv2.resize(alpha, small.shape[1::-1], interpolation=cv2.INTER_AREA), np.uint8)
        shrink = 2**levels
        person = self._held(_grown(alpha * np.float32(1 / 255), REACH * scale / shrink), time_s)
        sigma = self._sigma * scale / shrink
        # Colour and weight as four channels: faster than broadcasting a weight over three.
        colors = np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2BGRA), np.float32)
        weighted = colors * cv2.merge([np.subtract(1.0, person)] * 4)
        near = cv2.GaussianBlur(weighted, (0, 0), sigma)
        far = _wide_blur(weighted, sigma * WIDE)
        total = cv2.scaleAdd(far, FLOOR, near) + TRACE * _mean(weighted)
        weight = cv2.extractChannel(total, 3)
        blurred = cv2.convertScaleAbs(cv2.divide(total, cv2.merge([weight] * 4)), alpha=255.0)
        small = np.asarray(cv2.cvtColor(blurred, cv2.COLOR_BGRA2BGR), np.uint8)
        return resampled(small, (width, height))

    @override
    def card(self, size_wh: SizeWH, time_s: float) -> U8 | None:
        """None: without a frame there is nothing to blur."""
        return None

    @property
    @override
    def is_room(self) -> bool:
        """Always."""
        return True

    @override
    def close(self) -> None:
        """Nothing is held open."""

    def _held(self, person: F32, time_s: float) -> F32:
        step_s = time_s - self._last_s
        self._last_s = time_s
        doubled = person * np.float32(2.0)  # above 1, so that what was the person stays out fully before it fades
        if self._person is not None and self._person.shape == person.shape and 0.0 <= step_s < HOLD_S * 4:
            doubled = np.maximum(doubled, self._person * np.float32(math.exp(-step_s / HOLD_S)))
        self._person = doubled
        return np.asarray(np.minimum(doubled, np.float32(1.0)), np.float32)


def _grown(person: F32, reach: float) -> F32:
    """The person with a margin of ``reach`` pixels and a soft outer edge; float32 [0, 1]."""
    size = 2 * max(1, round(reach)) + 1
    grown = cv2.dilate(person, np.ones((size, size), np.uint8))
    return np.asarray(np.clip(grown * 1.5, 0.0, 1.0), np.float32)


def _mean(weighted: F32) -> F32:
    """The room's mean colour, with the weight as fourth channel."""
    total = cv2.sumElems(weighted)
    return np.array(total, np.float32) * np.float32(255 / total[3]) if total[3] > 255 else GREY


def _wide_blur(weighted: F32, sigma: float) -> F32:
    """A Gaussian too wide for the picture's own size, at a quarter of it."""
    height, width = weighted.shape[:2]
    small = cv2.resize(weighted, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(1.0, sigma / 4))
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
