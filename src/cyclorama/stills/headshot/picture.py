"""The headshot itself: the framed person before a backdrop, with its light on the shoulders."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.background.base import Background
from cyclorama.compose.light_wrap import LightWrap
from cyclorama.compose.low_res import enlarge, shrink
from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.layers import over
from cyclorama.stills.headshot.person import Framed


def before_backdrop(framed: Framed, backdrop: Background, light_wrap: float) -> U8:
    """BGR uint8 (H, W, 3) of the preset's size. ``light_wrap``: 0 to 1, of the backdrop's light on the edge."""
    alpha8 = np.ascontiguousarray(framed.cutout[..., 3])
    behind = backdrop.render(framed.pixels, alpha8, 0.0)
    return over(_lit(framed.cutout, alpha8, behind, light_wrap), behind)


def _lit(cutout: U8, alpha8: U8, behind: U8, amount: float) -> U8:
    """The cut-out with light from behind added to it, straight BGRA uint8 (H, W, 4)."""
    wrap = LightWrap(amount)
    person = np.ascontiguousarray(cutout[..., :3])
    spill = wrap.spill(wrap.light(behind), shrink(person), shrink(alpha8), len(alpha8))
    lit = cv2.add(person, enlarge(spill, alpha8.shape))
    return np.dstack([lit, alpha8])
