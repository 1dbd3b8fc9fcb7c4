"""Paint the backgrounds that come with cyclorama: ``python assets/make_backgrounds.py [NAME ...]``.

Every picture is made from nothing but random numbers with a fixed seed. Scenes are laid out in linear light, thrown
out of focus by a lens (a disc, so that small lights become discs too), tone-mapped, and saved at 3840x2160.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).parent / "backgrounds"
SIZE_WH = (3840, 2160)
W, H = 1920, 1080
"""Scenes are laid out at half size: all of them are soft."""
MAX_BYTES = 330_000

Picture = NDArray[np.float32]
Color = tuple[float, float, float]
"""Linear RGB, 1 = white."""


# ---------------------------------------------------------------------------------------------------------------- tools


def srgb(code: str) -> Picture:
    """Linear RGB of a #rrggbb."""
    value = np.array([int(code[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


def canvas(color: Picture) -> Picture:
    """One colour."""
    return np.broadcast_to(color, (H, W, 3)).astype(np.float32).copy()


def grid() -> tuple[Picture, Picture]:
    """x from 0 to 16/9 and y from 0 to 1, at pixel centres."""
    y, x = np.mgrid[0:H, 0:W].astype(np.float32)
    return (x + 0.5) / H, (y + 0.5) / H


def smoothstep(low: float, high: float, x: Picture) -> Picture:
    """0 below ``low``, 1 above ``high``."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def ramp(t: Picture, *stops: tuple[float, str]) -> Picture:
    """Colours along ``t`` (any shape), interpolated smoothly between stops."""
    where = [s[0] for s in stops]
    colors = np.array([srgb(s[1]) for s in stops]) ** (1 / 2.2)
    channels = [np.interp(t, where, colors[:, c]) for c in range(3)]
    return (np.stack(channels, -1) ** 2.2).astype(np.float32)


def noise(rng: np.random.Generator, cells: int, octaves: int = 4, gain: float = 0.5) -> Picture:
    """Fractal noise about 0, of about unit deviation; ``cells`` across in the first octave."""
    total = np.zeros((H, W), np.float32)
    for octave in range(octaves):
        across = cells * 2**octave
        values = rng.standard_normal((max(2, across * 9 // 16), across), np.float32)
        total += gain**octave * cv2.resize(values, (W, H), interpolation=cv2.INTER_CUBIC)
    return np.asarray(total / total.std(), np.float32)


def soft(picture: Picture, sigma: float) -> Picture:
    """Gaussian."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)


def lens(picture: Picture, radius: float, blades: int = 0) -> Picture:
    """Out of focus: convolution with the aperture's disc of ``radius`` pixels, slightly brighter at its rim."""
    n = int(np.ceil(radius)) + 2
    y, x = np.mgrid[-n : n + 1, -n : n + 1].astype(np.float32)
    r = np.hypot(x, y)
    if blades:
        angle = np.arctan2(y, x)
        sector = 2 * np.pi / blades
        r = r * (0.86 + 0.14 * np.cos((angle % sector) - sector / 2) / np.cos(sector / 2))
    disc = np.clip(radius - r + 0.5, 0, 1) * (0.85 + 0.15 * (r / radius) ** 3)
    return np.asarray(cv2.filter2D(picture, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT), np.float32)


def box(picture: Picture, x0: float, y0: float, x1: float, y1: float, color: Picture | float) -> None:
    """A filled rectangle, in units of the picture's height."""
    picture[max(0, round(y0 * H)) : max(0, round(y1 * H)), max(0, round(x0 * H)) : max(0, round(x1 * H))] = color


def polygon(picture: Picture, points: list[tuple[float, float]], color: Picture | tuple[float, ...]) -> None:
    """A filled, smooth polygon, in units of the picture's height."""
    corners = np.round(np.array(points) * H * 16).astype(np.int32)
    cv2.fillPoly(picture, [corners], tuple(float(c) for c in color), lineType=cv2.LINE_AA, shift=4)


def leaf(x: float, y: float, length: float, width: float, angle: float) -> list[tuple[float, float]]:
    """Outline of a leaf that grows from (x, y) towards ``angle``."""
    t = np.linspace(0, 1, 14)
    half = width * np.sin(np.pi * t**0.8) * (1 - 0.25 * t)
    along = np.concatenate([t, t[::-1]]) * length
    across = np.concatenate([half, -half[::-1]])
    c, s = np.cos(angle), np.sin(angle)
    return [(x + a * c - b * s, y + a * s + b * c) for a, b in zip(along, across, strict=True)]


def vignette(picture: Picture, amount: float) -> Picture:
    """Darker corners."""
    x, y = grid()
    r2 = ((x - 8 / 9) / (8 / 9)) ** 2 + ((y - 0.5) / 0.5) ** 2
    return picture * (1 - amount * smoothstep(0.2, 2.2, r2))[..., None]


def develop(picture: Picture, grain: float) -> NDArray[np.uint8]:
    """Linear light to sRGB uint8 at full size: soft shoulder, then fine grain, which hides the steps of eight bits."""
    x = np.maximum(picture, 0)
    x = np.where(x < 0.6, x, 0.6 + 0.4 * (1 - np.exp(-(x - 0.6) / 0.4)))
    encoded = np.where(x <= 0.0031308, x * 12.92, 1.055 * np.power(x, 1 / 2.4) - 0.055)
    large = cv2.resize(np.asarray(encoded, np.float32) * 255, SIZE_WH, interpolation=cv2.INTER_CUBIC)
    rng = np.random.default_rng(1)
    for row in range(0, SIZE_WH[1], 240):
        strip = large[row : row + 240]
        strip += grain * rng.standard_normal((*strip.shape[:2], 1), np.float32)
    return np.clip(large + 0.5, 0, 255).astype(np.uint8)


# --------------------------------------------------------------------------------------------------------------- scenes


def sweep(paper: str, light: float = 1.0, floor_y: float = 0.74, tint: str = "#ffffff") -> Picture:
    """A seamless studio backdrop: a pool of light on the wall, a wide curve, a floor that comes towards us."""
    rng = np.random.default_rng(11)
    x, y = grid()
    pool = np.exp(-(((x - 0.80) / 0.62) ** 2) - (((y - 0.36) / 0.46) ** 2))
    wall = 0.36 + 0.85 * pool
    curve = smoothstep(floor_y - 0.16, floor_y + 0.13, y)
    depth = np.clip((y - floor_y) / (1 - floor_y), 0, 1)
    floor_light = 0.62 + 0.40 * np.exp(-(((x - 0.86) / 0.85) ** 2)) * (0.35 + 0.65 * depth)
    shade = 1 - 0.15 * np.exp(-(((y - floor_y + 0.015) / 0.085) ** 2))
    level = (wall * (1 - curve) + floor_light * curve) * shade
    level *= 1 + 0.010 * soft(noise(rng, 5, 3), 12) + 0.004 * noise(rng, 300, 2)
    return vignette(level[..., None] * srgb(paper) * light * srgb(tint), 0.22)


def studio_grey() -> Picture:
    """A photographer's grey paper roll."""
    return sweep("#8f9195", 1.15)


def studio_teal() -> Picture:
    """The same stage, painted."""
    return sweep("#1f6f78", 1.25, tint="#fff6ea")


def dusk() -> Picture:
    """The sky after sunset, as soft lights of colour."""
    rng = np.random.default_rng(5)
    x, y = grid()
    bend = 0.06 * soft(noise(rng, 2, 2), 60)
    sky = ramp(
        np.clip(y + bend, 0, 1),
        (0.0, "#232a58"),
        (0.28, "#4c4684"),
        (0.52, "#a3648f"),
        (0.70, "#e58f7e"),
        (0.84, "#f7bd8b"),
        (1.0, "#fbe0b5"),
    )
    for cx, cy, r, code, power in (
        (1.35, 0.78, 0.42, "#ff9e6b", 0.55),
        (0.25, 0.62, 0.46, "#d0688f", 0.35),
        (0.95, 0.18, 0.55, "#5a62b0", 0.30),
        (1.62, 0.30, 0.40, "#8a5a9e", 0.35),
        (0.55, 0.98, 0.38, "#ffd9a0", 0.30),
    ):
        spot = power * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * (r / 1.6) ** 2))
        sky = sky * (1 - spot[..., None]) + srgb(code) * spot[..., None]
    return vignette(sky, 0.15)


def plaster() -> Picture:
    """A hand-worked lime wall in raking light."""
    rng = np.random.default_rng(21)
    height = 1.2 * noise(rng, 5, 7, 0.60)
    for angle, weight in ((28, 0.30), (-37, 0.26), (74, 0.16)):  # strokes of the trowel, each direction in patches
        strokes = cv2.GaussianBlur(rng.standard_normal((H, W)).astype(np.float32), (0, 0), sigmaX=34, sigmaY=5)
        turn = cv2.getRotationMatrix2D((W / 2, H / 2), angle, 2.2)
        turned = cv2.warpAffine(strokes, turn, (W, H), borderMode=cv2.BORDER_REFLECT)
        height += weight * smoothstep(-0.3, 1.0, noise(rng, 5, 2)) * turned / turned.std()
    height = soft(height, 1.6)
    slope = cv2.Sobel(height, cv2.CV_32F, 1, 0, ksize=3) * 0.75 + cv2.Sobel(height, cv2.CV_32F, 0, 1, ksize=3) * 0.55
    x, y = grid()
    light = 0.50 + 0.75 * np.exp(-(((x - 0.35) / 0.95) ** 2) - (((y - 0.20) / 0.85) ** 2))
    level = light * (1 + 0.050 * np.tanh(slope / slope.std() * 0.7) + 0.045 * soft(noise(rng, 4, 5), 5))
    warm = ramp(np.clip(level, 0, 1.4) / 1.4, (0, "#5d5348"), (0.5, "#c9bba6"), (1, "#f7efe0"))
    return vignette(0.25 * warm + 0.75 * level[..., None] * srgb("#d8cbb8"), 0.15)


def window_light() -> Picture:
    """Afternoon sun through a window and a plant, on a quiet wall."""
    rng = np.random.default_rng(8)
    x, y = grid()
    light = np.zeros((H, W), np.float32)
    lean, drop = 0.16, 0.20

    def cast(px: float, py: float) -> tuple[float, float]:
        """From the window's plane to the wall: sheared by the low sun."""
        return 0.30 + px + lean * py, 0.03 + py * 0.98 + drop * (px - 0.4)

    for column in range(3):
        for row in range(3):
            x0, y0 = column * 0.37, row * 0.315
            pane = [(x0, y0), (x0 + 0.335, y0), (x0 + 0.335, y0 + 0.28), (x0, y0 + 0.28)]
            polygon(light, [cast(*p) for p in pane], (1.0,))
    light = soft(light, 9)
    shadow = np.ones((H, W), np.float32)
    for _ in range(6):
        px, py = rng.uniform(1.15, 1.75), rng.uniform(0.95, 1.15)
        heading = rng.uniform(-2.75, -1.9)
        for step in range(16):
            px, py = px + 0.052 * np.cos(heading), py + 0.052 * np.sin(heading)
            heading += rng.normal(0, 0.07)
            for side in (-1, 1):
                turn = heading + side * rng.uniform(0.5, 1.0)
                length = rng.uniform(0.10, 0.17) * (1 - step / 26)
                polygon(shadow, leaf(px, py, length, length * 0.17, turn), (0.22,))
    near, far = soft(shadow, 5), soft(shadow, 15)
    light *= 0.55 * near + 0.45 * far
    sun = srgb("#ffd9a6") * 1.15
    shade = srgb("#b9b8bd") * 0.66
    wall = srgb("#e9e0d4") * (1 + 0.012 * soft(noise(rng, 90, 3), 1.0) + 0.02 * soft(noise(rng, 5, 3), 10))[..., None]
    falloff = (0.88 + 0.22 * np.exp(-(((x - 0.9) / 0.9) ** 2) - ((y - 0.4) / 0.7) ** 2))[..., None]
    bounce = soft(light, 140)[..., None] * srgb("#ffe2c0") * 0.22
    return vignette(wall * (shade * falloff + bounce + light[..., None] * sun * 0.80), 0.18)


def plant(scene: Picture, rng: np.random.Generator, x: float, y: float, size: float, pot: str) -> None:
    """A leafy plant in a pot that stands at (x, y)."""
    for _ in range(46):
        angle = -np.pi / 2 + np.clip(rng.normal(0, 0.72), -1.5, 1.5)
        reach = rng.uniform(0.15, 0.75) * size
        px, py = x + reach * np.cos(angle) * 0.8, y - 0.25 * size + reach * np.sin(angle)
        green = srgb("#3f6b3a") * rng.uniform(0.35, 1.7) + srgb("#8aa84f") * rng.uniform(0, 0.35)
        length = rng.uniform(0.22, 0.42) * size
        polygon(scene, leaf(px, py, length, length * 0.17, angle + rng.normal(0, 0.5)), tuple(green))
    w = 0.17 * size
    color = srgb(pot)
    rim = y - 0.3 * size
    polygon(scene, [(x - w, rim), (x + w, rim), (x + w * 0.75, y), (x - w * 0.75, y)], tuple(color))
    polygon(scene, [(x - w, rim), (x - w * 0.3, rim), (x - w * 0.3, y), (x - w * 0.75, y)], tuple(color * 0.6))


SPINES = ("#7a2e2a", "#20394f", "#c8b48a", "#3c5a48", "#d9d2c3", "#8a5a33", "#2b2b30", "#a3472f", "#54718a", "#b8923f",
          "#e6dfd0", "#5a3e58", "#6f7f62", "#413028", "#c46a4a", "#18303a")  # fmt: skip


def books(scene: Picture, rng: np.random.Generator, x0: float, x1: float, shelf_y: float, room: float) -> None:
    """A row of books that stands on ``shelf_y``, now and then broken by a gap or a lying pile."""
    x = x0 + 0.008
    while x < x1 - 0.03:
        kind = rng.random()
        if kind < 0.06:
            x += rng.uniform(0.03, 0.09)
            continue
        if kind < 0.12 and x1 - x > 0.22:
            y = shelf_y
            for _ in range(int(rng.integers(2, 5))):
                thick, length = rng.uniform(0.018, 0.034), rng.uniform(0.13, 0.18)
                color = srgb(SPINES[rng.integers(len(SPINES))]) * rng.uniform(0.7, 1.1)
                box(scene, x, y - thick, x + length, y, color)
                y -= thick
            x += 0.19
            continue
        color = srgb(SPINES[rng.integers(len(SPINES))]) * rng.uniform(0.7, 1.15)
        for _ in range(int(rng.choice([1, 1, 1, 2, 3]))):
            width, tall = rng.uniform(0.016, 0.042), room * rng.uniform(0.62, 0.92)
            if x + width > x1 - 0.008:
                return
            for strip in range(4):  # a spine is round: lighter in the middle
                a, b = x + width * strip / 4, x + width * (strip + 1) / 4
                box(scene, a, shelf_y - tall, b, shelf_y, color * (0.72, 1.06, 1.0, 0.62)[strip])
            for _ in range(int(rng.integers(0, 3))):
                at = shelf_y - tall * rng.uniform(0.15, 0.9)
                box(scene, x, at, x + width, at + 0.006, color * 0.4 + srgb("#d8b46a") * 0.3)
            x += width + 0.0015


def bookshelf() -> Picture:
    """A study wall of books, lit warmly from above, out of focus."""
    rng = np.random.default_rng(3)
    scene = canvas(srgb("#3a2417") * 0.5)
    shelf_light = np.ones((H, W), np.float32)
    shelves = [0.245, 0.545, 0.845, 1.145]
    uprights = [-0.02, 0.44, 0.90, 1.36, 1.80]
    wood = srgb("#6b4327")
    for top, shelf_y in zip([-0.05, *shelves[:-1]], shelves, strict=True):
        for a, b in pairwise(uprights):
            books(scene, rng, a + 0.012, b - 0.012, shelf_y, shelf_y - top - 0.03)
        inside = np.clip((np.arange(H) / H - top) / (shelf_y - top), 0, 1)
        rows = (np.arange(H) / H >= top) & (np.arange(H) / H < shelf_y)
        shelf_light[rows] *= (0.42 + 0.62 * inside[rows] ** 0.7)[:, None]
    box(scene, 0.62, 0.30, 0.895, 0.54, srgb("#2a1a10") * 0.6)
    plant(scene, rng, 0.76, 0.545, 0.30, "#d9cdb8")
    box(scene, 1.375, 0.62, 1.60, 0.84, srgb("#2a1a10") * 0.6)
    bowl = np.linspace(-0.15 * np.pi, 1.15 * np.pi, 24)
    vase = [(1.48 + 0.075 * np.cos(a), 0.765 + 0.080 * np.sin(a)) for a in bowl]
    polygon(scene, [*vase, (1.445, 0.66), (1.515, 0.66)], tuple(srgb("#6f93a0")))
    scene *= shelf_light[..., None]
    for shelf_y in shelves:
        box(scene, 0, shelf_y, 16 / 9, shelf_y + 0.006, wood * 1.7)
        box(scene, 0, shelf_y + 0.006, 16 / 9, shelf_y + 0.026, wood)
    for upright in uprights:
        box(scene, upright - 0.012, 0, upright + 0.012, 1, wood * 0.8)
    x, y = grid()
    lamp = 0.55 + 1.25 * np.exp(-(((x - 1.15) / 0.75) ** 2) - (((y - 0.10) / 0.70) ** 2))
    return vignette(lens(scene * lamp[..., None] * srgb("#ffdfb5") * 1.35, 14), 0.30)


def office() -> Picture:
    """A bright room with large windows, shelves and lamps, far out of focus."""
    rng = np.random.default_rng(14)
    scene = canvas(srgb("#d9cfc2") * 0.62)
    x, y = grid()
    scene *= (0.72 + 0.5 * np.exp(-(((x - 0.45) / 0.6) ** 2)))[..., None]
    box(scene, 0, 0.80, 16 / 9, 1.0, srgb("#8a6848") * 0.55)
    scene[: round(0.10 * H)] = srgb("#efe9df") * 0.62
    outside = ramp(y, (0, "#dcecf8"), (0.45, "#f4f6f2"), (0.62, "#b9cba0"), (0.8, "#7f9a68")) * 1.75
    trees = smoothstep(-0.6, 1.2, 0.7 * noise(rng, 14, 5) + (y - 0.42) * 9)[..., None]
    outside = outside * (1 - 0.55 * trees) + srgb("#6d8a4e") * 0.55 * trees
    for a, b in ((0.05, 0.29), (0.31, 0.55), (0.57, 0.81)):
        rows, columns = slice(round(0.14 * H), round(0.72 * H)), slice(round(a * H), round(b * H))
        scene[rows, columns] = outside[rows, columns]
        box(scene, a, 0.425, b, 0.435, srgb("#7d756b"))
    box(scene, 0.02, 0.72, 0.85, 0.745, srgb("#f3ece0") * 0.9)
    box(scene, 1.02, 0.20, 1.68, 0.80, srgb("#7b5b40") * 0.42)
    for shelf_y in (0.395, 0.595, 0.795):
        books(scene, rng, 1.03, 1.42, shelf_y, 0.165)
        box(scene, 1.02, shelf_y, 1.68, shelf_y + 0.018, srgb("#a07a52") * 0.9)
    box(scene, 1.43, 0.215, 1.67, 0.395, srgb("#caa77a") * 0.55)
    box(scene, 1.46, 0.455, 1.60, 0.595, srgb("#e9dfcf") * 0.8)
    box(scene, 1.485, 0.475, 1.575, 0.575, srgb("#4f7f86"))
    plant(scene, rng, 1.53, 0.395, 0.19, "#e8ded0")
    plant(scene, rng, 0.95, 0.90, 0.50, "#d8d0c4")
    plant(scene, rng, 0.20, 0.725, 0.22, "#b5643f")
    box(scene, 1.05, 0.86, 1.78, 0.885, srgb("#b58a5c"))
    for bx in (1.10, 1.70):
        box(scene, bx, 0.885, bx + 0.02, 1.0, srgb("#4a3a2c"))
    scene = lens(scene, 8)
    for lx, ly, r in ((1.12, 0.135, 0.030), (1.37, 0.10, 0.034), (1.63, 0.145, 0.030)):
        cord = np.zeros((H, W), np.float32)
        box(cord, lx - 0.002, 0, lx + 0.002, ly, 1.0)
        scene *= (1 - 0.6 * cord)[..., None]
        cv2.circle(scene, (round(lx * H), round(ly * H)), round(r * H), tuple(map(float, srgb("#ffd08a") * 6.0)), -1,
                   cv2.LINE_AA)  # fmt: skip
    glow = soft(np.maximum(scene - 0.9, 0), 70) * 0.55
    return vignette(lens(scene, 22) * srgb("#fff3e2") + glow, 0.22)


def night_city() -> Picture:
    """Windows and street lights of a city at night, from high up, as discs."""
    rng = np.random.default_rng(9)
    _, y = grid()
    sky = ramp(y, (0, "#070b1c"), (0.35, "#141b38"), (0.58, "#3a2f52"), (0.70, "#5d3f4e"), (1, "#12131f"))
    scene = sky * 0.9
    warm = [srgb(c) for c in ("#ffb45e", "#ffd08a", "#ff8a4a", "#ffe6c0", "#ffc070")]
    cool = [srgb(c) for c in ("#9fd0ff", "#6fe0ff", "#ff6a8a", "#c0a0ff", "#ffffff")]
    points = np.zeros((H, W, 3), np.float32)
    for layer, (base, tone) in enumerate(((0.60, "#1a1d36"), (0.68, "#11142a"), (0.78, "#090b18"))):
        left = -0.05
        while left < 16 / 9:
            width = rng.uniform(0.06, 0.17)
            top = base - abs(rng.normal(0, 0.13 - 0.03 * layer)) - 0.02
            box(scene, left, top, left + width, 1.0, srgb(tone))
            box(points, left, top, left + width, 1.0, 0.0)
            lit = rng.uniform(0.08, 0.34)
            for wy in np.arange(top + 0.015, 0.97, 0.026):
                for wx in np.arange(left + 0.010, left + width - 0.008, 0.021):
                    if rng.random() < lit and 0 <= wx < 16 / 9 - 0.004 and wy > 0:
                        color = warm[rng.integers(5)] if rng.random() < 0.82 else cool[rng.integers(5)]
                        box(points, wx, wy, wx + 0.0055, wy + 0.0075, color * rng.gamma(1.6, 5.0))
            left += width + rng.uniform(-0.01, 0.02)
    blurred = lens(soft(scene, 6) + points, 13, blades=9)
    lights = np.zeros((H, W, 3), np.float32)
    for _ in range(56):
        depth = rng.random()
        px, py = rng.uniform(0, 16 / 9), 0.80 + 0.20 * depth + rng.normal(0, 0.02)
        color = warm[rng.integers(5)] if rng.random() < 0.7 else cool[rng.integers(5)]
        box(lights, px, py, px + 0.005, py + 0.005, color * rng.gamma(2.0, 42))
    blurred += lens(lights, 34, blades=9)
    glow = soft(blurred, 60) * 0.35
    return vignette(blurred + glow, 0.30)


def garden() -> Picture:
    """Leaves and sunlight at the end of a garden, far out of focus."""
    rng = np.random.default_rng(17)
    x, y = grid()
    sky = np.exp(-(((x - 1.25) / 0.62) ** 2) - (((y - 0.12) / 0.42) ** 2))
    scene = ramp(y, (0, "#5f7f46"), (0.5, "#3d5c30"), (0.8, "#2c4424"), (1, "#40562c")) * 0.7
    scene += sky[..., None] * srgb("#f6f3c8") * 1.1
    for radius, count, size in ((34, 500, 0.085), (22, 420, 0.065), (15, 200, 0.055)):
        for _ in range(count):
            px, py = rng.uniform(-0.05, 1.83), rng.uniform(-0.05, 1.05)
            light = np.exp(-(((px - 1.25) / 0.6) ** 2) - (((py - 0.12) / 0.45) ** 2))
            if rng.random() < 0.75 * light or (radius == 15 and rng.random() < py * 0.4):
                continue
            green = srgb("#4f7a35") * rng.uniform(0.25, 1.1)
            green += srgb("#c3d46a") * rng.uniform(0, 0.25) * (0.5 + 2.2 * light)
            length = size * rng.uniform(0.6, 1.5)
            polygon(scene, leaf(px, py, length, length * 0.25, rng.uniform(0, 6.3)), tuple(green))
        glints = np.zeros((H, W, 3), np.float32)
        for _ in range(26):
            px, py = rng.normal(1.1, 0.42), rng.normal(0.30, 0.20)
            if 0 <= px < 1.77 and 0 <= py < 1:
                box(glints, px, py, px + 0.006, py + 0.006, srgb("#fff2b0") * rng.gamma(2.0, radius * 0.55))
        scene = lens(scene + glints, radius * 0.8)
    haze = (0.10 + 0.35 * sky)[..., None]
    return vignette(scene * (1 - haze * 0.5) + srgb("#f3efc4") * haze * 0.6, 0.25)


SCENES: dict[str, tuple[Callable[[], Picture], float]] = {
    "bookshelf": (bookshelf, 0.6),
    "dusk": (dusk, 0.9),
    "garden": (garden, 0.7),
    "night-city": (night_city, 0.6),
    "office": (office, 0.7),
    "plaster": (plaster, 0.4),
    "studio-grey": (studio_grey, 0.9),
    "studio-teal": (studio_teal, 0.9),
    "window-light": (window_light, 0.7),
}
"""Each scene and its grain, in levels."""


def main(names: list[str]) -> None:
    """Paint ``names``, or all."""
    FOLDER.mkdir(exist_ok=True)
    for name in names or SCENES:
        scene, grain = SCENES[name]
        pixels = Image.fromarray(develop(scene(), grain))
        path = FOLDER / f"{name}.jpg"
        for quality in range(92, 50, -2):
            pixels.save(path, quality=quality, optimize=True, progressive=True, subsampling=0)
            if path.stat().st_size <= MAX_BYTES:
                break
        print(f"{path.name}: {path.stat().st_size // 1000} KB at quality {quality}")


if __name__ == "__main__":
    main(sys.argv[1:])
