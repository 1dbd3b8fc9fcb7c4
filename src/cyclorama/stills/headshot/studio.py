"""Backdrops as in a photographer's studio: a wall with a soft light on it behind the head.

A lamp near the wall lights it less and less the further away: the light falls off as 1 / (1 + r^2)^2, which is what a
small lamp at distance 1 from a matt wall does (inverse square, times the cosine at the lamp and at the wall). The
corners, furthest from it, are the vignette.
"""

from __future__ import annotations

import numpy as np
from PIL import ImageColor

from cyclorama.background.gradient import STEPS, color_ramp
from cyclorama.background.spec import Rgb
from cyclorama.background.still import Still
from cyclorama.core.frames import U8, SizeWH
from cyclorama.stills.headshot.preset import load_studio

MIDDLE = 0.5, 0.4
"""Of the light, in shares of width and height: behind the head."""
REACH = 0.9
"""Distance of the lamp from the wall, in halves of the picture's diagonal: less is a smaller light."""


def studio(name: str) -> Still | None:
    """The backdrop called ``name``; None where there is none of that name."""
    colors = load_studio().get(name)
    if colors is None:
        return None
    light, shade = (ImageColor.getrgb(color)[:3] for color in colors)
    return Still(name, lambda size_wh: paint_studio((*light,), (*shade,), size_wh))


def paint_studio(light: Rgb, shade: Rgb, size_wh: SizeWH) -> U8:
    """BGR uint8 (H, W, 3): from ``light`` to ``shade``, RGB, in the furthest corner.

    A level of noise, always the same, breaks up the bands that eight bits would show.
    """
    width, height = size_wh
    if light == shade:  # a plain wall is exactly that
        return np.full((height, width, 3), light[::-1], np.uint8)
    unit = REACH * np.hypot(width, height) / 2
    x = (np.arange(width, dtype=np.float32) + 0.5 - MIDDLE[0] * width) / unit
    y = (np.arange(height, dtype=np.float32) + 0.5 - MIDDLE[1] * height) / unit
    lamp = (1 + x[None] ** 2 + y[:, None] ** 2) ** -2
    dark = (1 - lamp) / (1 - lamp.min())
    levels = color_ramp(light, shade)[np.rint(dark * (STEPS - 1)).astype(np.int32)]
    noise = np.random.default_rng(0).random((height, width, 1), np.float32)
    return np.asarray(np.minimum(np.floor(levels + noise), 255), np.uint8)
