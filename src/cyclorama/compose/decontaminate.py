"""Foreground colours without the old room.

Along the outline a camera's pixel is a mix of person and room; shown over another background, the room's part is a
halo. Blur fusion (Forte and Pitié 2021, "Approximate Fast Foreground Colour Estimation") takes it out:

    F = Fs + a (I - a Fs - (1 - a) Bs)  =  a I + (1 - a) N,   N = Fs + a (Fs - Bs)

with Fs and Bs the local mean colours of person and room. N changes slowly and is estimated at eighth size; the sum
on the right is formed at full size.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from cyclorama.compose.small import SHRINK, unit
from cyclorama.frames import F32, U8

NEAR = 28
"""Side of the box, in pixels of a 720-line picture, in which the local mean is taken first."""
FAR = 120
"""Of the box, applied twice, that is asked where the first holds nothing solid."""
TRUST = 0.02
"""Weight of the wider mean against the nearer one, as a share of the box."""
MAX_CORRECTION = 40 / 255
"""How far N may leave Fs (1 = white): where the matte is wrong, the formula asks for colours that nothing has."""
NEUTRAL = np.array([0.5, 0.5, 0.5, 1.0], np.float32)


@dataclass(frozen=True, slots=True)
class EdgeColors:
    """Both BGR uint8 (h, w, 3) at eighth size. ``mixed_in``: N above. ``extended``: the person's colours carried on
    beyond the outline, and nothing of the room."""

    mixed_in: U8
    extended: U8


def edge_colors(pixels: U8, alpha8: U8, frame_height: int) -> EdgeColors:
    """Estimate both from an eighth-size picture and its alpha (uint8).

    Colours count as the person's where alpha is over a half, as the room's where it is under a half: a faint haze of
    alpha over the room carries none of the room's colours on. Without a person both are grey.
    """
    # Colour and weight travel together as four channels: whole-array steps are several times faster than broadcasting
    # a weight over three.
    colors = unit(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA), np.uint8))
    alpha = cv2.merge([unit(alpha8)] * 4)
    signed = 2.0 * alpha - 1.0
    person = _local_mean(colors * np.maximum(signed, 0.0), frame_height)
    room = _local_mean(colors * np.maximum(-signed, 0.0), frame_height)
    correction = np.clip(alpha * (person - room), -MAX_CORRECTION, MAX_CORRECTION)
    return EdgeColors(_levels(person + correction), _levels(person))


def _local_mean(weighted: F32, frame_height: int) -> F32:
    """Mean colour of the neighbourhood; ``weighted``: colour times weight, and the weight as fourth channel."""
    total = cv2.sumElems(weighted)
    overall = np.array(total, np.float32) / np.float32(total[3]) if total[3] > 1.0 else NEUTRAL
    box = _box(FAR, frame_height)
    far = cv2.blur(cv2.blur(weighted, box, borderType=cv2.BORDER_REPLICATE), box, borderType=cv2.BORDER_REPLICATE)
    far = _normalized(far + np.float32(1e-4) * overall)
    near = cv2.blur(weighted, _box(NEAR, frame_height), borderType=cv2.BORDER_REPLICATE)
    return _normalized(cv2.scaleAdd(far, TRUST, near))


def _normalized(weighted: MatLike) -> F32:
    weight = cv2.extractChannel(weighted, 3)
    return np.asarray(cv2.divide(weighted, cv2.merge([weight] * 4)), np.float32)


def _box(side: int, frame_height: int) -> tuple[int, int]:
    scaled = 2 * max(1, side * frame_height // (720 * SHRINK * 2)) + 1
    return scaled, scaled


def _levels(colors: F32) -> U8:
    levels = cv2.convertScaleAbs(np.maximum(colors, 0.0), alpha=255.0)
    return np.asarray(cv2.cvtColor(levels, cv2.COLOR_BGRA2BGR), np.uint8)
