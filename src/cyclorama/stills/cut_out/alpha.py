"""Compute the alpha of one photo: run the network once on the whole photo, then refine the edges at growing sizes."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext

import cv2
import numpy as np

from cyclorama.core.errors import NothingFoundError
from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.matting.base import MattingModel
from cyclorama.matting.downscale import downscaled
from cyclorama.matting.engine.answers import checked
from cyclorama.matting.engine.edges import EdgeRefiner
from cyclorama.matting.engine.guided import guided_filter
from cyclorama.settings.stills import Keep
from cyclorama.stills.cut_out.choice import knows_people_alone
from cyclorama.stills.cut_out.color_alpha import correct_by_color
from cyclorama.stills.cut_out.refine import enlargement, filter_weight, refine_alpha, remove_veil

SEEN_SIDE = 2048
"""Longest side in pixels of the copy for the network; no network has an input of more than half of that."""
OUTLINE_CELLS = 80_000
"""Pixels of the copy in which the outline of a coarse segmentation is refined first."""
HAZE = 0.05
"""Alpha below this becomes 0, alpha above 1 minus this becomes 1."""
SOLID = 0.5
"""Alpha above which a cell counts as solid."""
SPECK_SHARE = 0.002
"""A connected component with less than this share of the largest one's solid cells is noise."""
OFF_CELLS, OFF_EPSILON, OFF_VEIL = 6, 2e-3, 0.05
"""The first guided filter: its radius, which is how far off a network's outline may be, in cells of the network; its
epsilon; and the veil that :func:`remove_veil` removes after it."""
NEARBY_CELLS = 40
"""Radius, in cells of the network, within which colours are compared with those of the outline."""
NO_LOCK = nullcontext()
"""For callers that do not share the network."""
MAX_ENLARGEMENT = 4
"""The edges are refined in equal steps, each of which enlarges alpha at most so many times per direction."""


def photo_alpha(
    model: MattingModel,
    pixels: U8,
    *,
    keep: Keep = "all",
    lock: AbstractContextManager[object] = NO_LOCK,
) -> U8:
    """Compute the alpha of a photo of any size, BGR uint8 (H, W, 3): uint8 (H, W), 255 = foreground.

    ``lock`` is held while the network runs, for threads that share it. The result does not depend on earlier photos:
    recurrent state is reset. Takes a third of the photo's memory beside the photo and the network. Raises ModelError
    where the network fails, gives an invalid alpha, or finds nothing.
    """
    seen = _at_most(pixels, SEEN_SIDE)
    with lock:
        model.reset()
        frame = Frame(seen, 0, 0)
        alpha = checked(model.predict(frame).alpha, model.info, frame.size_wh)
    if not model.info.fine:
        alpha = EdgeRefiner(0.0, 0.5).refine(alpha, downscaled(seen, OUTLINE_CELLS)) * np.float32(1 / 255)
    alpha = remove_haze(align_to_edges(remove_haze(alpha, keep), seen), keep)
    if not alpha.any():
        who = (
            f"{model.info.name}, which knows people alone," if knows_people_alone(model.info.name) else model.info.name
        )
        raise NothingFoundError(f"the network {who} finds nothing to cut out: try another --model")
    for size_wh in _steps(alpha, pixels):
        alpha = refine_alpha(alpha, _resized(pixels, size_wh)) * np.float32(1 / 255)
    return refine_alpha(alpha, pixels)


def align_to_edges(alpha: F32, seen: U8) -> F32:
    """Move the outline of ``alpha``, float32 (h, w), to the edges in ``seen``, BGR uint8, with a guided filter and
    colour.

    Returns float32 of the size of ``alpha``, or of ``seen`` where that is smaller. A network's outline is ragged, off
    by a few of its cells, and includes the wall between strands of hair. On clips with a known alpha this reduced the
    mean error of ISNet by an eighth and its gradient error by half where the clip was larger than the network's input,
    and changed little where it was smaller.
    """
    height, width = seen.shape[:2]
    scale = min(1.0, 1 / enlargement(alpha, seen))
    guide = _resized(seen, (max(1, round(width * scale)), max(1, round(height * scale))))
    scale = enlargement(alpha, guide)  # pixels of the guide per cell of alpha
    radius = max(1, round(OFF_CELLS * scale))
    soft = np.asarray(cv2.resize(alpha, guide.shape[1::-1], interpolation=cv2.INTER_AREA), np.float32)
    found = remove_veil(guided_filter(guide, soft, radius, OFF_EPSILON), OFF_VEIL)
    soft = soft + (found - soft) * filter_weight(soft)
    return correct_by_color(soft, guide, max(1, round(NEARBY_CELLS * scale)))


def remove_haze(alpha: F32, keep: Keep = "all") -> F32:
    """Stretch ``alpha``, float32 (h, w), to exact 0 and 1, and keep the connected components that ``keep`` asks for.

    A component without a solid cell is haze and is never kept.
    """
    alpha = np.clip((alpha - np.float32(HAZE)) * np.float32(1 / (1 - 2 * HAZE)), 0, 1)
    count, labels = cv2.connectedComponents((alpha > 0).view(np.uint8), connectivity=8)
    solid = np.bincount(labels[alpha > SOLID], minlength=count)
    least = {"all": SPECK_SHARE * solid.max(), "largest": solid.max() - 1, "original": 0}[keep]
    kept = solid > max(0, least)
    kept[0] = False
    return np.asarray(alpha * kept[labels], np.float32)


def _at_most(pixels: U8, side: int) -> U8:
    """A copy of the picture whose longest side is at most ``side`` pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    size_wh = max(1, round(width * scale)), max(1, round(height * scale))
    return _resized(pixels, size_wh)


def _resized(pixels: U8, size_wh: SizeWH) -> U8:
    return np.asarray(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_AREA), np.uint8)


def _steps(alpha: F32, pixels: U8) -> list[SizeWH]:
    """The sizes between those of ``alpha`` and of the photo at which alpha is refined."""
    factor = enlargement(alpha, pixels)
    count = math.ceil(math.log(factor, MAX_ENLARGEMENT)) if factor > MAX_ENLARGEMENT else 1
    scales = [factor ** (step / count - 1) for step in range(1, count)]
    return [(max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))) for scale in scales]
