"""The room itself, out of focus, without the person smeared into it."""

from __future__ import annotations

import math

import cv2
import numpy as np

from cyclorama.frames import F32, U8, SizeWH

MIN_SIGMA = 2.0
MAX_SIGMA = 36.0
"""Pixels of a 720-line picture at strength 0 and 1; other sizes scale with their height."""
REACH = 10.0
"""Pixels of a 720-line picture around the person that the blur does not look at: hair that the matte misses."""
HOLD_S = 0.4
"""Seconds (time constant) until a place that the person left is trusted again, so that no outline flickers."""
WIDE = 4.0
"""The hole behind the person is filled from a blur this much wider."""
FLOOR = 1e-3


class Blur:
    """Normalised convolution (Knutsson and Westin 1993) at small size: a blur of the picture weighted by 1 - alpha."""

    def __init__(self, name: str, strength: float) -> None:
        """``strength``: 0 to 1."""
        self.name = name
        self._sigma = MIN_SIGMA * (MAX_SIGMA / MIN_SIGMA) ** strength
        self._person: F32 | None = None
        self._last_s = 0.0

    def render(self, pixels: U8, alpha: F32, time_s: float) -> U8:
        """The blurred room at the frame's size."""
        height, width = alpha.shape
        scale = height / 720
        levels = max(1, min(3, int(math.log2(max(2.0, self._sigma * scale / 2)))))
        small, person = pixels, alpha
        for _ in range(levels):  # twice by two is far cheaper than once by four
            half_wh = (small.shape[1] + 1) // 2, (small.shape[0] + 1) // 2
            small = np.asarray(cv2.resize(small, half_wh, interpolation=cv2.INTER_AREA), np.uint8)
            person = np.asarray(cv2.resize(person, half_wh, interpolation=cv2.INTER_AREA), np.float32)
        shrink = 2**levels
        person = self._held(_grown(person, REACH * scale / shrink), time_s)
        sigma = self._sigma * scale / shrink
        weight = np.subtract(1.0, person)
        weighted = np.empty((*weight.shape, 4), np.float32)
        np.multiply(small, weight[..., None], out=weighted[..., :3])
        weighted[..., 3] = weight
        near = cv2.GaussianBlur(weighted, (0, 0), sigma)
        far = _wide_blur(weighted, sigma * WIDE)
        total = near + FLOOR * far
        total[..., 3] += 1e-6
        blurred = total[..., :3] / total[..., 3:]
        small = np.clip(blurred + 0.5, 0, 255).astype(np.uint8)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)

    def card(self, size_wh: SizeWH, time_s: float) -> U8 | None:
        """None: without a frame there is nothing to blur."""
        return None

    def close(self) -> None:
        """Nothing is held open."""

    def _held(self, person: F32, time_s: float) -> F32:
        step_s = time_s - self._last_s
        self._last_s = time_s
        if self._person is not None and self._person.shape == person.shape and 0.0 <= step_s < HOLD_S * 4:
            person = np.maximum(person, self._person * np.float32(math.exp(-step_s / HOLD_S)))
        self._person = person
        return person


def _grown(person: F32, reach: float) -> F32:
    """The person with a margin of ``reach`` pixels and a soft outer edge; float32 [0, 1]."""
    size = 2 * max(1, round(reach)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    grown = cv2.dilate(person, kernel)
    return np.asarray(np.clip(grown * 1.5, 0.0, 1.0), np.float32)


def _wide_blur(weighted: F32, sigma: float) -> F32:
    """A Gaussian too wide for the picture's own size, at a quarter of it."""
    height, width = weighted.shape[:2]
    small = cv2.resize(weighted, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), max(1.0, sigma / 4))
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
