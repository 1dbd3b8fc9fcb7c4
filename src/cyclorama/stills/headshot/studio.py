"""Paint the backdrops of a photographer's studio: a matt wall with a soft light behind the head.

The light falls off as 1 / (1 + r^2)^2, with r the distance from the centre of the light. This is the irradiance of a
small Lambertian lamp at distance 1 from the wall: inverse square times the cosines at the lamp and at the wall.
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
"""Centre of the light, in shares of width and height: behind the head."""
REACH = 0.9
"""Distance of the lamp from the wall, in halves of the picture's diagonal; less gives a smaller spot."""


def studio(name: str) -> Still | None:
    """The studio backdrop called ``name``; None where there is no such backdrop."""
    colors = load_studio().get(name)
    if colors is None:
        return None
    light, shade = (ImageColor.getrgb(color)[:3] for color in colors)
    return Still(name, lambda size_wh: paint_studio((*light,), (*shade,), size_wh))


def paint_studio(light: Rgb, shade: Rgb, size_wh: SizeWH) -> U8:
    """Paint a backdrop, BGR uint8 (H, W, 3), from ``light`` at its centre to ``shade`` in the furthest corner, both
    RGB.

    Dither of one level (always the same noise) prevents the banding of eight bits.
    """
    width, height = size_wh
    if light == shade:  # no dither on a plain wall
        return np.full((height, width, 3), light[::-1], np.uint8)
    unit = REACH * np.hypot(width, height) / 2
    x = (np.arange(width, dtype=np.float32) + 0.5 - MIDDLE[0] * width) / unit
    y = (np.arange(height, dtype=np.float32) + 0.5 - MIDDLE[1] * height) / unit
    lamp = (1 + x[None] ** 2 + y[:, None] ** 2) ** -2
    dark = (1 - lamp) / (1 - lamp.min())
    levels = color_ramp(light, shade)[np.rint(dark * (STEPS - 1)).astype(np.int32)]
    noise = np.random.default_rng(0).random((height, width, 1), np.float32)
    return np.asarray(np.minimum(np.floor(levels + noise), 255), np.uint8)
