"""Foreground colour estimation (decontamination).

Along the outline a pixel is a mix of person and room; over another background the room's part shows as a halo. Blur
fusion (Forte and Pitié 2021, "Approximate Fast Foreground Colour Estimation") removes it:

    F = Fs + a (I - a Fs - (1 - a) Bs)  =  a I + (1 - a) (Fs + a (Fs - Bs))

with Fs and Bs the local mean colours of person and room. These change slowly and are estimated at eighth size; the
right-hand side is evaluated at full size.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from cyclorama.compose.low_res import SHRINK, unit
from cyclorama.core.frames import F32, U8
from cyclorama.core.opencv import mixed

NEAR = 28
"""Side of the box of the near local mean, in pixels of a 720-line picture."""
FAR = 120
"""Side of the box of the far local mean, applied twice, for places without solid pixels nearby."""
COARSER = 4
"""Further downscaling of the far mean."""
TRUST = 0.02
"""Weight of the far mean against the near one, as a share of the box."""
NEUTRAL = np.array([0.5, 0.5, 0.5, 1.0], np.float32)


@dataclass(frozen=True, slots=True)
class EdgeColors:
    """Local mean colours, BGR uint8 (h, w, 3) at eighth size. ``person``: extrapolated beyond the outline, without
    the room's colours. ``room``: likewise without the person's."""

    person: U8
    room: U8

    def lit(self, spill: U8) -> EdgeColors:
        """Add light to both, BGR uint8 (h, w, 3): their difference stays."""
        return EdgeColors(
            np.asarray(cv2.add(self.person, spill), np.uint8), np.asarray(cv2.add(self.room, spill), np.uint8)
        )


def edge_colors(pixels: U8, alpha8: U8, frame_height: int) -> EdgeColors:
    """Estimate both from an eighth-size picture and its alpha (uint8).

    Pixels with alpha over one half contribute to the person, others to the room, so that a faint haze of alpha does not
    mix the room's colours into the person's. Without a person, or a room, its colour is grey.
    """
    # Colour and weight as four channels: several times faster than broadcasting a weight over three.
    colors = unit(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA), np.uint8))
    alpha = unit(alpha8)
    person, room = (
        _levels(_local_mean(colors * cv2.merge([_sure(share)] * 4), frame_height)) for share in (alpha, 1 - alpha)
    )
    return EdgeColors(person, room)


def foreground_colors(pixels: F32, alpha: F32, person: F32, room: F32) -> F32:
    """The formula above, for n points: all float32 (n, 3)."""
    far = person - room
    far *= alpha
    far += person
    return mixed(pixels, far, alpha)


def _sure(share: F32) -> F32:
    """The weight of a pixel by its ``share`` of one side: zero up to one half, then cubic."""
    over = np.maximum(2 * share - 1, 0)
    return np.asarray(over * over * over, np.float32)


def _local_mean(weighted: F32, frame_height: int) -> F32:
    """Mean colour of the neighbourhood; ``weighted``: colour times weight, and the weight as fourth channel."""
    height, width = weighted.shape[:2]
    total = cv2.sumElems(weighted)
    overall = np.array(total, np.float32) / np.float32(total[3]) if total[3] > 1.0 else NEUTRAL
    near = cv2.blur(weighted, _box(NEAR, SHRINK, frame_height), borderType=cv2.BORDER_REPLICATE)
    # blurred already: bilinear does not alias
    far = cv2.resize(near, (-(-width // COARSER), -(-height // COARSER)), interpolation=cv2.INTER_LINEAR)
    box = _box(FAR, SHRINK * COARSER, frame_height)
    far = cv2.blur(cv2.blur(far, box, borderType=cv2.BORDER_REPLICATE), box, borderType=cv2.BORDER_REPLICATE)
    far = cv2.resize(_normalized(far + np.float32(1e-4) * overall), (width, height), interpolation=cv2.INTER_LINEAR)
    return _normalized(cv2.scaleAdd(far, TRUST, near))


def _normalized(weighted: MatLike) -> F32:
    weight = cv2.extractChannel(weighted, 3)
    return np.asarray(cv2.divide(weighted, cv2.merge([weight] * 4)), np.float32)


def _box(side: int, shrink: int, frame_height: int) -> tuple[int, int]:
    scaled = 2 * max(1, side * frame_height // (720 * shrink * 2)) + 1
    return scaled, scaled


def _levels(colors: F32) -> U8:
    levels = cv2.convertScaleAbs(colors, alpha=255.0)
    return np.asarray(cv2.cvtColor(levels, cv2.COLOR_BGRA2BGR), np.uint8)
