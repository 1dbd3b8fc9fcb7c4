"""The alpha of one photo: the network looks at the whole of it, then its edges are found step by step."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Literal

import cv2
import numpy as np

from cyclorama.core.errors import ModelError
from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.matting.base import MattingModel
from cyclorama.matting.downscale import downscaled
from cyclorama.matting.engine.edges import EdgeRefiner
from cyclorama.matting.engine.engine import checked
from cyclorama.matting.engine.guided import guided_filter
from cyclorama.stills.cut_out.colors import by_color
from cyclorama.stills.cut_out.refine import enlargement, refined, share_of_filter, without_veil

SEEN_SIDE = 2048
"""Longest side of what a network is shown, in pixels; none looks at more than half of that."""
OUTLINE_CELLS = 80_000
"""Size of the picture in which the outline of a coarse probability is found."""
HAZE = 0.05
"""What is less than this is nothing, what is more than 1 minus this is solid."""
SOLID = 0.5
SPECK_SHARE = 0.002
"""An island with less than this share of the largest one's solid cells is noise."""
OFF_CELLS, OFF_EPSILON, OFF_VEIL = 6, 2e-3, 0.05
"""Of the first guided filter: how far off a network's outline is, in its own cells; the step that is an edge; what the
stretch after it takes off."""
NEARBY_CELLS = 40
"""How far around, in the network's cells, colours are compared with those of the outline."""
Keep = Literal["all", "largest", "original"]
"""Of what the network finds: every subject without specks of noise, the largest one alone, or specks too."""
NO_TURN = nullcontext()
"""To be held where nobody else wants the network."""
STEP = 4
"""A photo is reached in equal steps of at most this enlargement."""


def photo_alpha(
    model: MattingModel,
    pixels: U8,
    *,
    keep: Keep = "all",
    turn: AbstractContextManager[object] = NO_TURN,
) -> U8:
    """The alpha of a photo of any size, BGR uint8 (H, W, 3): uint8 (H, W), 255 = kept.

    ``turn``: held while the network runs, where several threads use it.
    Beside the photo and the network's own memory it takes a third of the photo's. Earlier photos do not count. Raises
    ModelError where the network fails, returns nonsense, or finds nothing.
    """
    seen = _at_most(pixels, SEEN_SIDE)
    with turn:
        model.reset()
        frame = Frame(seen, 0, 0)
        alpha = checked(model.predict(frame).alpha, model.info, frame.size_wh)
    if not model.info.fine:
        alpha = EdgeRefiner(0.0, 0.5).refine(alpha, downscaled(seen, OUTLINE_CELLS)) * np.float32(1 / 255)
    alpha = cleaned(settled(cleaned(alpha, keep), seen), keep)
    if not alpha.any():
        raise ModelError(f"the network {model.info.name} finds nothing to cut out: try another --model")
    for size_wh in _steps(alpha, pixels):
        alpha = refined(alpha, _resized(pixels, size_wh)) * np.float32(1 / 255)
    return refined(alpha, pixels)


def settled(alpha: F32, seen: U8) -> F32:
    """``alpha``, float32 (h, w), with its outline where the picture's is, at its own size or the picture's if smaller.

    A network's outline is ragged and off by a few of its own cells, and it takes the wall between strands of hair for
    hair. On clips whose exact alpha is known this took an eighth off the error of ISNet's, and half off that of its
    gradient, where the clip was larger than the network; where it was smaller, there was little to gain or to lose.
    """
    height, width = seen.shape[:2]
    scale = min(1.0, 1 / enlargement(alpha, seen))
    guide = _resized(seen, (max(1, round(width * scale)), max(1, round(height * scale))))
    scale = enlargement(alpha, guide)  # pixels of the guide to a cell
    radius = max(1, round(OFF_CELLS * scale))
    soft = np.asarray(cv2.resize(alpha, guide.shape[1::-1], interpolation=cv2.INTER_AREA), np.float32)
    found = without_veil(guided_filter(guide, soft, radius, OFF_EPSILON), OFF_VEIL)
    soft = soft + (found - soft) * share_of_filter(soft)
    return by_color(soft, guide, max(1, round(NEARBY_CELLS * scale)))


def cleaned(alpha: F32, keep: Keep = "all") -> F32:
    """``alpha``, float32 (h, w), with exact ends, and what is to be kept of its islands.

    Islands in which nothing is solid are haze, and are never kept.
    """
    alpha = np.clip((alpha - np.float32(HAZE)) * np.float32(1 / (1 - 2 * HAZE)), 0, 1)
    count, labels = cv2.connectedComponents((alpha > 0).view(np.uint8), connectivity=8)
    solid = np.bincount(labels[alpha > SOLID], minlength=count)
    least = {"all": SPECK_SHARE * solid.max(), "largest": solid.max() - 1, "original": 0}[keep]
    kept = solid > max(0, least)
    kept[0] = False
    return np.asarray(alpha * kept[labels], np.float32)


def _at_most(pixels: U8, side: int) -> U8:
    """A copy whose longest side is at most ``side``."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return _resized(pixels, size_wh)


def _resized(pixels: U8, size_wh: SizeWH) -> U8:
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _steps(alpha: F32, pixels: U8) -> list[SizeWH]:
    """The sizes between ``alpha``'s and the photo's."""
    factor = enlargement(alpha, pixels)
    count = math.ceil(math.log(factor, STEP)) if factor > STEP else 1
    scales = [factor ** (step / count - 1) for step in range(1, count)]
    return [(max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))) for scale in scales]
