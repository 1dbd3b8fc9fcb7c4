"""How well the brush mends damaged mattes: on pictures whose exact alpha is known.

    python benchmarks/brush.py FOLDER                      every NAME.mp4 with its NAME.alpha.mkv
    python benchmarks/brush.py FOLDER --model isnet --frame 40 --radius 12 --radius 40
    python benchmarks/brush.py FOLDER --json

Of each clip one frame is cut out by the network, its matte is damaged on purpose, and up to five strokes mend it, as a
hand would draw them: along the damage, with jitter, and across the true outline by up to half of the radius.

bite       a piece of the subject at its outline is missing
strip      a stretch along the outline is missing: hair that is cut off
hole       a hole inside the subject
haze       a piece at the outline is half transparent
bump       a piece of the room at the outline is kept
rim        a stretch of the room along the outline is kept
island     a piece of the room, away from the subject, is kept

matte      mean of |alpha - alpha*| x 1e3 under the strokes, in the network's matte
damaged    the same, damaged
mended     the same, after the strokes
excess     (mended - matte) / matte; where the matte is next to exact, 1.0 counts for it
ms         of one stroke, the mean
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.cli.report import table
from cyclorama.core.frames import F32, U8
from cyclorama.core.opencv import one_thread_each
from cyclorama.matting.open import open_model
from cyclorama.stills.cut_out.alpha import photo_alpha
from cyclorama.stills.cut_out.retouch import retouch
from cyclorama.stills.cut_out.strokes import Stroke

STROKES = 5
JITTER = 0.15
"""Standard deviation of a point's jitter, in radii."""
OVERLAP = 0.5
"""How far the brush reaches over the true outline, in radii, at most."""
KINDS = ("bite", "strip", "hole", "haze", "bump", "rim", "island")
KEPT_ROOM = ("bump", "rim", "island")
"""The damages that are erased."""
RADII = (8.0, 16.0, 32.0)

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One damage of one picture."""

    picture: str
    kind: str
    radius: float
    matte: float
    damaged: float
    mended: float
    ms: float

    @property
    def excess(self) -> float:
        """Share of the matte's own error that the brush leaves on top of it."""
        return (self.mended - self.matte) / max(self.matte, 1.0)


def blob(shape: tuple[int, ...], center: tuple[int, int], radius: float, rng: np.random.Generator) -> Bools:
    """A disc with a wobbly outline around ``center`` (x, y)."""
    y, x = np.indices(shape[:2], np.float32)
    angle, distance = np.arctan2(y - center[1], x - center[0]), np.hypot(x - center[0], y - center[1])
    wobble = sum(rng.uniform(-0.12, 0.12) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in (2, 3, 5))
    return np.asarray(distance < radius * (1 + wobble))


def signed_depth(inside: Bools) -> F32:
    """Distance to the outline in pixels, positive inside; the picture's border is no outline."""
    one, other = (
        cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) for mask in (inside, ~inside)
    )
    return np.asarray(one - other, np.float32)


def damage(alpha8: U8, depth: F32, kind: str, size: float, rng: np.random.Generator) -> tuple[U8, Bools] | None:
    """The damaged alpha and where it is damaged, or None where the picture has no place for it.

    ``depth``: :func:`signed_depth` of the true subject. ``size``: of the damage in pixels.
    """
    wanted = {
        "hole": (depth > 1.2 * size) & (depth < 2.5 * size),
        "island": (depth < -1.3 * size) & (depth > -4 * size),
    }
    places = wanted.get(kind, np.abs(depth) < 1.5)
    margin = round(size)
    border = np.ones_like(places)
    border[margin:-margin, margin:-margin] = False
    where = np.argwhere(places & ~border)
    if len(where) == 0:
        return None
    y, x = where[rng.integers(len(where))]
    region = blob(alpha8.shape, (int(x), int(y)), size * (2 if kind in ("strip", "rim") else 1), rng)
    if kind in ("strip", "rim"):
        region &= np.abs(depth) < 0.5 * size
    soft = cv2.GaussianBlur(region.astype(np.float32), (0, 0), 1.5)
    target = {"haze": 0.4 * alpha8}.get(kind, 255.0 if kind in KEPT_ROOM else 0.0)
    damaged = np.rint(alpha8 + (target - alpha8) * soft).astype(np.uint8)
    changed = cv2.absdiff(damaged, alpha8) > 13
    return (damaged, changed) if changed.sum() > 30 else None


def strokes_over(changed: Bools, depth: F32, radius: float, *, keep: bool, rng: np.random.Generator) -> list[Stroke]:
    """Up to five strokes along ``changed``, from the outline inwards. ``depth``: positive where the centres may be."""
    near = cv2.dilate(changed.astype(np.uint8), np.ones((3, 3), np.uint8), iterations=max(1, round(radius / 4)))
    allowed = depth >= (1 - OVERLAP) * radius
    lines = _contours(near, depth, radius) if (changed & (depth < radius)).any() else _rows(near, radius)
    strokes = []
    for line in lines[:STROKES]:
        jittered = line + rng.normal(0, JITTER * radius, line.shape)
        index = np.clip(np.rint(jittered).astype(int), 0, np.array(changed.shape[::-1]) - 1)
        inside = allowed[index[:, 1], index[:, 0]]
        points = np.where(inside[:, None], jittered, line)
        strokes.append(Stroke(keep, [(float(x), float(y)) for x, y in points], radius))
    return strokes


def _contours(near: U8, depth: F32, radius: float) -> list[NDArray[np.float64]]:
    """Lines at growing distances from the outline."""
    deepest = float(depth[near > 0].max())
    levels = np.arange((1 - OVERLAP) * radius, max(deepest - 0.5 * radius, 0.51 * radius), 0.9 * radius)
    lines = []
    for level in levels:
        found, _ = cv2.findContours((depth >= level).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        runs = [run for contour in found for run in _runs(contour[:, 0], near)]
        lines += sorted(runs, key=len, reverse=True)[:2]
    return [_thinned(line, radius) for line in lines]


def _runs(contour: NDArray[np.int32], near: U8) -> Iterator[NDArray[np.int32]]:
    """The parts of a closed contour that lie in ``near``."""
    within = near[contour[:, 1], contour[:, 0]] > 0
    if not within.any():
        return
    start = 0 if within.all() else int(np.argmin(within))
    contour, within = np.roll(contour, -start, axis=0), np.roll(within, -start)
    for part in np.split(np.arange(len(within)), np.flatnonzero(np.diff(within.astype(int))) + 1):
        if within[part[0]] and len(part) > 2:
            yield contour[part]


def _rows(near: U8, radius: float) -> list[NDArray[np.float64]]:
    """Lines from left to right, one below the other."""
    rows = np.flatnonzero(near.any(axis=1))
    count = max(1, round((rows[-1] - rows[0]) / (1.3 * radius)))
    lines = []
    for row in np.linspace(rows[0], rows[-1], count + 2)[1:-1]:
        columns = np.flatnonzero(near[int(row)])
        lines.append(np.stack([columns, np.full(len(columns), row)], axis=1))
    return [_thinned(line, radius) for line in lines]


def _thinned(line: NDArray[np.generic], radius: float) -> NDArray[np.float64]:
    step = max(1, round(radius / 2))
    return np.asarray(line[sorted({*range(0, len(line), step), len(line) - 1})], np.float64)


def under(strokes: Sequence[Stroke], shape: tuple[int, ...]) -> Bools:
    """The pixels within a radius of a stroke's path."""
    mask = np.zeros(shape[:2], np.uint8)
    for stroke in strokes:
        path = np.rint(np.array(stroke.points_xy)).astype(np.int32)
        cv2.polylines(mask, [path[:, None]], False, 1, max(1, round(2 * stroke.radius)))
    return mask > 0


def error(alpha8: U8, true8: U8, where: Bools) -> float:
    return float(cv2.absdiff(alpha8, true8)[where].mean() / 255 * 1e3)


def mend(
    name: str, pixels: U8, true8: U8, matte8: U8, kind: str, radius: float, size: float, seed: int
) -> tuple[Row, U8, U8, list[Stroke]] | None:
    """Damage the matte and mend it: the figures, the damaged and the mended alpha, the strokes."""
    rng = np.random.default_rng(seed)
    depth = signed_depth(true8 > 127)
    made = damage(matte8, depth, kind, size, rng)
    if made is None:
        return None
    damaged, changed = made
    keep = kind not in KEPT_ROOM
    strokes = strokes_over(changed, depth if keep else -depth, radius, keep=keep, rng=rng)
    if not strokes:
        return None
    begin = time.perf_counter()
    mended = retouch(pixels, damaged, strokes)
    ms = (time.perf_counter() - begin) * 1e3 / len(strokes)
    where = under(strokes, true8.shape)
    errors = (error(alpha8, true8, where) for alpha8 in (matte8, damaged, mended))
    return Row(name, kind, radius, *errors, ms), damaged, mended, strokes


def frame_of(path: Path, number: int, pixel_format: str) -> U8:
    """A frame of a clip, or its last one."""
    with av.open(str(path)) as container:
        for seen, frame in enumerate(container.decode(video=0)):
            picture = frame.to_ndarray(format=pixel_format)
            if seen == number:
                break
    return np.ascontiguousarray(picture, np.uint8)


def rows_of(
    name: str, pixels: U8, true8: U8, matte8: U8, radii: Sequence[float], seeds: Sequence[int]
) -> Iterator[Row]:
    for kind in KINDS:
        for radius in radii:
            for seed in seeds:
                size = radius * np.random.default_rng(seed).uniform(1.2, 2.2)
                done = mend(name, pixels, true8, matte8, kind, radius, size, seed)
                if done is not None:
                    yield done[0]


def summary(rows: Sequence[Row]) -> str:
    """A table of one line a kind and radius: means, and how the excess is distributed."""
    heads = ["damage", "radius", "n", "matte", "damaged", "mended", "excess p50", "p75", "p90", "most", "<= 10 %", "ms"]
    lines = []
    groups = [(kind, radius) for kind in (*KINDS, "all") for radius in (*sorted({row.radius for row in rows}), None)]
    for kind, radius in groups:
        own = [row for row in rows if kind in ("all", row.kind) and radius in (None, row.radius)]
        if not own:
            continue
        excess = np.array([row.excess for row in own])
        means = [np.mean([getattr(row, key) for row in own]) for key in ("matte", "damaged", "mended")]
        spread = [*np.percentile(excess, (50, 75, 90)), excess.max()]
        lines.append(
            [kind, "all" if radius is None else f"{radius:g}", str(len(own)), *(f"{value:.1f}" for value in means)]
            + [f"{100 * value:.0f} %" for value in spread]
            + [f"{100 * (excess <= 0.1).mean():.0f} %", f"{np.mean([row.ms for row in own]):.0f}"]
        )
    return table([heads, *lines], right=range(1, len(heads)))


def main() -> int:
    parser = argparse.ArgumentParser(description="Mend damaged mattes with the brush.")
    parser.add_argument("folder", type=Path, help="pairs NAME.mp4 and NAME.alpha.mkv")
    parser.add_argument("--model", default="selfie")
    parser.add_argument("--frame", type=int, default=20)
    parser.add_argument("--radius", type=float, action="append", help="of the brush, in pixels; several times")
    parser.add_argument("--seeds", type=int, default=2, help="damages of each kind and radius")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    one_thread_each()
    rows: list[Row] = []
    with open_model(options.model) as network:
        for path in sorted(options.folder.glob("*.alpha.mkv")):
            name = path.name.removesuffix(".alpha.mkv")
            pixels = frame_of(options.folder / f"{name}.mp4", options.frame, "bgr24")
            true8 = frame_of(path, options.frame, "gray")
            matte8 = photo_alpha(network, pixels)
            rows += rows_of(name, pixels, true8, matte8, options.radius or RADII, range(options.seeds))
    if not rows:
        print(f"{options.folder} holds no NAME.alpha.mkv", file=sys.stderr)
        return 2
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else summary(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
