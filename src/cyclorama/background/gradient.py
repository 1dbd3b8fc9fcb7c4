"""A gradient between two colours."""

from __future__ import annotations

import numpy as np

from cyclorama.background.spec import Rgb
from cyclorama.background.still import Still
from cyclorama.core.frames import F32, U8, SizeWH

# OKLab (Ottosson 2020, "A perceptual color space for image processing") is perceptually uniform: a gradient in it
# neither darkens nor turns grey half-way.
RGB_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LMS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
STEPS = 4096


def gradient(name: str, colors: tuple[Rgb, ...], angle_deg: float) -> Still:
    """A background that runs from ``colors[0]`` to ``colors[1]`` towards ``angle_deg`` (0 = right, 90 = down)."""

    def paint(size_wh: SizeWH) -> U8:
        return paint_gradient(colors[0], colors[1], angle_deg, size_wh)

    return Still(name, paint)


def paint_gradient(start: Rgb, end: Rgb, angle_deg: float, size_wh: SizeWH) -> U8:
    """BGR uint8 (H, W, 3); the corners furthest along ``angle_deg`` get the two sRGB colours.

    Fixed noise of half a level dithers away the banding that eight bits would show on a large screen.
    """
    width, height = size_wh
    ramp = color_ramp(start, end)
    dx, dy = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) * np.float32(dx)
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) * np.float32(dy)
    reach = (abs(dx) * (width - 1) + abs(dy) * (height - 1)) or 1.0
    noise = np.random.default_rng(0)
    out = np.empty((height, width, 3), np.uint8)
    for row in range(height):  # row by row: a 4K picture of floats takes 100 MB
        position = np.clip((x + y[row]) / reach + 0.5, 0.0, 1.0)
        levels = ramp[np.rint(position * (STEPS - 1)).astype(np.int32)]
        # in single precision, white plus the largest noise rounds to 256, which would wrap to black
        out[row] = np.minimum(np.floor(levels + noise.random((width, 1), np.float32)), 255)
    return out


def color_ramp(start: Rgb, end: Rgb) -> F32:
    """float32 (STEPS, 3) BGR, 0 to 255: even steps in OKLab; both ends are whole numbers."""
    srgb = np.array([start, end]) / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ RGB_TO_LMS.T) @ LMS_TO_LAB.T
    lab = lab[0] + np.linspace(0.0, 1.0, STEPS)[:, None] * (lab[1] - lab[0])
    lms = (lab @ np.linalg.inv(LMS_TO_LAB).T) ** 3
    linear = np.clip(lms @ np.linalg.inv(RGB_TO_LMS).T, 0.0, 1.0)
    srgb = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    ramp = srgb * 255.0
    ramp[0], ramp[-1] = start, end
    return np.ascontiguousarray(ramp[:, ::-1], np.float32)
