"""Composite the framed person over a backdrop, with light wrap from the backdrop on the edges."""

from __future__ import annotations

import cv2
import numpy as np

from cyclorama.background.base import Background
from cyclorama.compose.light_wrap import LightWrap
from cyclorama.compose.low_res import enlarge, shrink
from cyclorama.core.frames import U8
from cyclorama.stills.cut_out.layers import over
from cyclorama.stills.headshot.person import Framed


def finished(framed: Framed, backdrop: Background | None, light_wrap: float) -> U8:
    """The pixels of a headshot: before its backdrop, or without one the cut-out, BGRA uint8 (H, W, 4)."""
    return framed.cutout if backdrop is None else before_backdrop(framed, backdrop, light_wrap)


def before_backdrop(framed: Framed, backdrop: Background, light_wrap: float) -> U8:
    """Composite a headshot: BGR uint8 (H, W, 3) of the preset's size. ``light_wrap``: strength, 0 to 1."""
    alpha8 = np.ascontiguousarray(framed.cutout[..., 3])
    behind = backdrop.render(framed.pixels, alpha8, 0.0)
    return over(_add_light_wrap(framed.cutout, alpha8, behind, light_wrap), behind)


def _add_light_wrap(cutout: U8, alpha8: U8, behind: U8, amount: float) -> U8:
    """Add light wrap of strength ``amount`` to the cut-out: straight BGRA uint8 (H, W, 4)."""
    wrap = LightWrap(amount)
    person = np.ascontiguousarray(cutout[..., :3])
    spill = wrap.spill(wrap.light(behind), shrink(person), shrink(alpha8), len(alpha8))
    lit = cv2.add(person, enlarge(spill, alpha8.shape))
    return np.dstack([lit, alpha8])
