"""Draw the icon that comes with cyclorama: ``python assets/make_icon.py``.

A lit cyclorama, the curved wall of a studio, and somebody in front of it. The shapes are cubic Béziers on a square of
256 units; the SVG and the pictures come from the same shapes. Small pictures get shapes of their own, with fewer
details.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

FOLDER = Path(__file__).parent
UNITS = 256
OVERSAMPLING = 2048
"""Pixels of the square that shapes are filled in; every picture is reduced from it."""
ICO_SIZES = (16, 20, 24, 32, 40, 48, 64, 128, 256)
ICNS_SIZES = (32, 64, 128, 256, 512, 1024)
PNG_SIZE = 48
SMALL = 24
"""Up to this size the pictures are drawn with the small shapes."""
KAPPA = 0.5523
"""Handle length of a cubic Bézier that is a quarter of a circle of radius 1."""

Point = tuple[float, float]
Curve = tuple[Point, Point, Point]
"""Two handles and the end of a cubic Bézier."""
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """A closed outline and its fill: colours from top to bottom, each with its position in units."""

    start: Point
    curves: tuple[Curve, ...]
    stops: tuple[tuple[float, str], ...]


def line(a: Point, b: Point) -> Curve:
    """A straight line as a curve."""
    return (a, b, b)


def tile(inset: float, radius: float) -> tuple[Point, tuple[Curve, ...]]:
    """A square with round corners."""
    low, high, k = inset, UNITS - inset, radius * (1 - KAPPA)
    a, b = low + radius, high - radius
    return (a, low), (
        line((a, low), (b, low)),
        ((high - k, low), (high, low + k), (high, a)),
        line((high, a), (high, b)),
        ((high, high - k), (high - k, high), (b, high)),
        line((b, high), (a, high)),
        ((low + k, high), (low, high - k), (low, b)),
        line((low, b), (low, a)),
        ((low, low + k), (low + k, low), (a, low)),
    )


def wall(left: float, top: float, bottom: float, sag: float) -> tuple[Point, tuple[Curve, ...]]:
    """A concave wall seen from the front: its middle is farthest away, and therefore lowest and narrowest.

    ``sag``: by how much the edges come nearer to each other in the middle.
    """
    right, third, pull = UNITS - left, (UNITS - 2 * left) * 0.30, sag * 4 / 3
    return (left, top), (
        ((left + third, top + pull), (right - third, top + pull), (right, top)),
        line((right, top), (right, bottom)),
        ((right - third, bottom - pull), (left + third, bottom - pull), (left, bottom)),
        line((left, bottom), (left, top)),
    )


def disc(x: float, y: float, rx: float, ry: float) -> tuple[Point, tuple[Curve, ...]]:
    """An ellipse."""
    kx, ky = rx * KAPPA, ry * KAPPA
    return (x, y - ry), (
        ((x + kx, y - ry), (x + rx, y - ky), (x + rx, y)),
        ((x + rx, y + ky), (x + kx, y + ry), (x, y + ry)),
        ((x - kx, y + ry), (x - rx, y + ky), (x - rx, y)),
        ((x - rx, y - ky), (x - kx, y - ry), (x, y - ry)),
    )


def shoulders(half: float, top: float, bottom: float) -> tuple[Point, tuple[Curve, ...]]:
    """A bust without its head."""
    x, rise = UNITS / 2, bottom - top
    return (x - half, bottom), (
        ((x - half, bottom - 0.62 * rise), (x - 0.62 * half, top), (x, top)),
        ((x + 0.62 * half, top), (x + half, bottom - 0.62 * rise), (x + half, bottom)),
        line((x + half, bottom), (x - half, bottom)),
    )


NIGHT = ((0.0, "#2f3470"), (256.0, "#14162f"))
"""The studio is dark, and whoever stands before the wall is dark too: where both meet there is no edge."""
DUSK = ((44.0, "#6f63e8"), (112.0, "#e0679a"), (168.0, "#ff9d6c"), (212.0, "#ffd98a"))

LARGE_SHAPES = (
    Shape(*tile(8, 54), NIGHT),
    Shape(*wall(32, 44, 214, 20), DUSK),
    Shape(*disc(128, 119, 29, 33), NIGHT),
    Shape(*shoulders(64, 160, 226), NIGHT),
)
SMALL_SHAPES = (
    Shape(*tile(0, 48), NIGHT),
    Shape(*wall(16, 24, 228, 16), DUSK),
    Shape(*disc(128, 116, 38, 40), NIGHT),
    Shape(*shoulders(84, 166, 250), NIGHT),
)


# ----------------------------------------------------------------------------------------------------------------- SVG


def number(value: float) -> str:
    """At most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def path_data(shape: Shape) -> str:
    """The outline in the language of an SVG path."""
    words = [f"M{number(shape.start[0])} {number(shape.start[1])}"]
    for curve in shape.curves:
        words.append("C" + " ".join(number(value) for point in curve for value in point))
    return "".join(words) + "Z"


def svg(shapes: tuple[Shape, ...]) -> str:
    """The icon as SVG: no script, no style, nothing from elsewhere."""
    gradients, paths = [], []
    for index, shape in enumerate(shapes):
        low, high = shape.stops[0][0], shape.stops[-1][0]
        stops = "".join(
            f'<stop offset="{number((at - low) / (high - low))}" stop-color="{color}"/>' for at, color in shape.stops
        )
        gradients.append(
            f'<linearGradient id="g{index}" gradientUnits="userSpaceOnUse" '
            f'x1="0" y1="{number(low)}" x2="0" y2="{number(high)}">{stops}</linearGradient>'
        )
        paths.append(f'<path fill="url(#g{index})" d="{path_data(shape)}"/>')
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {UNITS} {UNITS}" width="{UNITS}" height="{UNITS}">',
            "<title>cyclorama</title>",
            f"<defs>{''.join(gradients)}</defs>",
            *paths,
            "</svg>\n",
        ]
    )


# ------------------------------------------------------------------------------------------------------------ pictures


def outline(shape: Shape) -> Floats:
    """The outline as a polygon, in units."""
    t = np.linspace(0, 1, 65, dtype=np.float32)[1:, None]
    points, start = [np.array([shape.start], np.float32)], np.array(shape.start, np.float32)
    for curve in shape.curves:
        a, b, end = (np.array(point, np.float32) for point in curve)
        points.append((1 - t) ** 3 * start + 3 * (1 - t) ** 2 * t * a + 3 * (1 - t) * t**2 * b + t**3 * end)
        start = end
    return np.concatenate(points)


def fill(shape: Shape) -> Floats:
    """sRGB colours from top to bottom, (OVERSAMPLING, 1, 3)."""
    y = (np.arange(OVERSAMPLING) + 0.5) * UNITS / OVERSAMPLING
    colors = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for _, color in shape.stops])
    where = [at for at, _ in shape.stops]
    return np.stack([np.interp(y, where, colors[:, c]) for c in range(3)], -1)[:, None].astype(np.float32)


def draw(shapes: tuple[Shape, ...]) -> Floats:
    """Premultiplied RGBA, 0 to 255, of the large square."""
    canvas = np.zeros((OVERSAMPLING, OVERSAMPLING, 4), np.float32)
    for shape in shapes:
        mask = np.zeros((OVERSAMPLING, OVERSAMPLING), np.uint8)
        corners = np.round(outline(shape) * OVERSAMPLING / UNITS * 16).astype(np.int32)
        cv2.fillPoly(mask, [corners], 255, lineType=cv2.LINE_AA, shift=4)
        alpha = mask[..., None].astype(np.float32) / 255
        canvas[..., :3] = canvas[..., :3] * (1 - alpha) + fill(shape) * alpha
        canvas[..., 3:] = canvas[..., 3:] * (1 - alpha) + 255 * alpha
    return canvas


def reduced(canvas: Floats, size: int) -> Image.Image:
    """The picture of ``size`` pixels, with straight alpha."""
    small = cv2.resize(canvas, (size, size), interpolation=cv2.INTER_AREA)
    alpha = small[..., 3:]
    small[..., :3] = np.where(alpha > 0, small[..., :3] * 255 / np.maximum(alpha, 1e-6), 0)
    return Image.fromarray(np.clip(np.round(small), 0, 255).astype(np.uint8), "RGBA")


def pictures(sizes: tuple[int, ...]) -> list[Image.Image]:
    """The icon at each of ``sizes``."""
    large, small = draw(LARGE_SHAPES), draw(SMALL_SHAPES)
    return [reduced(small if size <= SMALL else large, size) for size in sizes]


def main() -> None:
    """Write icon.svg, icon-48.png, icon.ico and icon.icns."""
    (FOLDER / "icon.svg").write_text(svg(LARGE_SHAPES), encoding="utf-8", newline="\n")
    pictures((PNG_SIZE,))[0].save(FOLDER / f"icon-{PNG_SIZE}.png", optimize=True)
    ico = pictures(ICO_SIZES)
    ico[-1].save(FOLDER / "icon.ico", sizes=[(size, size) for size in ICO_SIZES], append_images=ico[:-1])
    icns = pictures(ICNS_SIZES)
    icns[-1].save(FOLDER / "icon.icns", append_images=icns[:-1])
    for path in sorted(FOLDER.glob("icon*.*")):
        print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
