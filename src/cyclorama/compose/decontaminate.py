"""Foreground colours without the old room.

Along the outline a camera's pixel is a mix of person and room; shown over another background, the room's part is a
halo. Blur fusion (Forte and Pitié 2021, "Approximate Fast Foreground Colour Estimation") takes it out:

    F = Fs + a (I - a Fs - (1 - a) Bs)  =  a I + (1 - a) (Fs + a (Fs - Bs))

with Fs and Bs the local mean colours of person and room. These change slowly and are estimated at eighth size; the sum
on the right is formed at full size.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike

from cyclorama.compose.small import SHRINK, unit
from cyclorama.core.frames import F32, U8

NEAR = 28
"""Side of the box, in pixels of a 720-line picture, in which the local mean is taken first."""
FAR = 120
"""Of the box, applied twice, that is asked where the first holds nothing solid."""
COARSER = 4
"""How much smaller still the wider mean is taken."""
TRUST = 0.02
"""Weight of the wider mean against the nearer one, as a share of the box."""
NEUTRAL = np.array([0.5, 0.5, 0.5, 1.0], np.float32)


@dataclass(frozen=True, slots=True)
class EdgeColors:
    """Local mean colours, BGR uint8 (h, w, 3) at eighth size. ``person``: carried on beyond the outline, holds nothing
    of the room. ``room``: the same the other way round."""

    person: U8
    room: U8

    def lit(self, spill: U8) -> EdgeColors:
        """With light added to both, BGR uint8 (h, w, 3): their difference stays."""
        return EdgeColors(
            np.asarray(cv2.add(self.person, spill), np.uint8), np.asarray(cv2.add(self.room, spill), np.uint8)
        )


def edge_colors(pixels: U8, alpha8: U8, frame_height: int) -> EdgeColors:
    """Estimate both from an eighth-size picture and its alpha (uint8).

    Colours count as the person's where alpha is over a half, as the room's where it is under a half: a faint haze of
    alpha over the room carries none of the room's colours on. Without a person, or a room, its colour is grey.
    """
    # Colour and weight travel together as four channels: whole-array steps are several times faster than broadcasting
    # a weight over three.
    colors = unit(np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA), np.uint8))
    alpha = unit(alpha8)
    person, room = (
        _levels(_local_mean(colors * cv2.merge([_sure(share)] * 4), frame_height)) for share in (alpha, 1 - alpha)
    )
    return EdgeColors(person, room)


def foreground_colors(pixels: F32, alpha: F32, person: F32, room: F32) -> F32:
    """The formula above, for n points: all float32 (n, 3)."""
    return np.asarray(alpha * pixels + (1 - alpha) * (person + alpha * (person - room)), np.float32)


def _sure(share: F32) -> F32:
    """The weight of a pixel of which ``share`` is the one side's: nothing up to a half, and steep towards one."""
    over = np.maximum(2 * share - 1, 0)
    return np.asarray(over * over * over, np.float32)


def _local_mean(weighted: F32, frame_height: int) -> F32:
    """Mean colour of the neighbourhood; ``weighted``: colour times weight, and the weight as fourth channel."""
    height, width = weighted.shape[:2]
    total = cv2.sumElems(weighted)
    overall = np.array(total, np.float32) / np.float32(total[3]) if total[3] > 1.0 else NEUTRAL
    near = cv2.blur(weighted, _box(NEAR, SHRINK, frame_height), borderType=cv2.BORDER_REPLICATE)
    # blurred already: what bilinear sampling passes over is in the cells that it takes
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
