"""Foreground colours without the old room.

Along the outline a camera's pixel is a mix of person and room; shown over another background, the room's part is a
halo. Blur fusion (Forte and Pitié 2021, "Approximate Fast Foreground Colour Estimation") takes it out:

    F = Fs + a (I - a Fs - (1 - a) Bs)  =  a I + (1 - a) N,   N = Fs + a (Fs - Bs)

with Fs and Bs the local mean colours of person and room. N changes slowly and is estimated at quarter size; the sum
on the left is formed at full size.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.compose.small import unit
from cyclorama.frames import F32, U8

NEAR = 13
"""Side of the box, in quarter-size pixels of a 720-line picture, in which the local mean is taken first."""
FAR = 57
"""Of the box that is asked where the first holds nothing solid."""
TRUST = 0.02
"""Weight of the wider mean against the nearer one, as a share of the box."""


@dataclass(frozen=True, slots=True)
class EdgeColors:
    """Both BGR uint8 (h, w, 3) at quarter size. ``mixed_in``: N above. ``extended``: the person's colours carried on
    beyond the outline, and nothing of the room."""

    mixed_in: U8
    extended: U8


def edge_colors(pixels: U8, alpha8: U8, frame_height: int) -> EdgeColors:
    """Estimate both from a quarter-size picture and its alpha (uint8).

    Colours count as the person's where alpha is over a half, as the room's where it is under a half: a faint haze of
    alpha over the room carries none of the room's colours on. Without a person both are grey.
    """
    alpha = unit(alpha8)
    signed = 2.0 * alpha - 1.0
    person = _local_mean(pixels, np.maximum(signed, 0.0), frame_height)
    room = _local_mean(pixels, np.maximum(-signed, 0.0), frame_height)
    mixed_in = person + alpha[..., None] * (person - room)
    return EdgeColors(_levels(mixed_in), _levels(person))


def _local_mean(pixels: U8, weight: F32, frame_height: int) -> F32:
    """Mean colour of the neighbourhood under ``weight``; float32 (h, w, 3)."""
    weighted = np.empty((*weight.shape, 4), np.float32)
    np.multiply(pixels, weight[..., None], out=weighted[..., :3])
    weighted[..., 3] = weight
    total = cv2.sumElems(weighted)
    overall = np.array([c / total[3] for c in total[:3]] if total[3] > 1.0 else [128.0] * 3, np.float32)
    prior = np.array([*overall, 1.0], np.float32)
    far = cv2.blur(_half(weighted), _box(FAR / 2, frame_height), borderType=cv2.BORDER_REPLICATE) + 1e-4 * prior
    far = cv2.resize(far / far[..., 3:], (weight.shape[1], weight.shape[0]), interpolation=cv2.INTER_LINEAR)
    near = cv2.blur(weighted, _box(NEAR, frame_height), borderType=cv2.BORDER_REPLICATE) + TRUST * far
    return np.asarray(near[..., :3] / near[..., 3:], np.float32)


def _half(picture: F32) -> F32:
    size_wh = (picture.shape[1] + 1) // 2, (picture.shape[0] + 1) // 2
    return np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), np.float32)


def _box(side: float, frame_height: int) -> tuple[int, int]:
    scaled = 2 * max(1, round(side * frame_height / 720 / 2)) + 1
    return scaled, scaled


def _levels(colors: F32) -> U8:
    return np.asarray(np.clip(colors + 0.5, 0.0, 255.0).astype(np.uint8))
