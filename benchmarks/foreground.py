"""How right the colours along a cut-out's edges are, and what they cost: on pictures whose exact foreground is known.

    python benchmarks/foreground.py FOLDER                 every NAME.mp4 with its NAME.alpha.mkv, at 1080 lines
    python benchmarks/foreground.py FOLDER --height 720 --frame 40
    python benchmarks/foreground.py FOLDER --json

Of each clip one frame's exact alpha is used, and two pictures are put together with it, over a frame of the next clip:

own        the foreground is the clip's, its solid colours carried on under the edge, with a little noise
other      the foreground is a frame of the clip after the next: texture that has nothing to do with the alpha

edge       mean of alpha * |F - F*| over the pixels with 0 < alpha < 1, of 255: what a composite is off by
colour     mean of |F - F*| there
ms         the shortest of several runs

none is the picture's own colours, and ``blur fusion`` what live video gets. Where pymatting can be imported (it is no
dependency, and brings a compiler: pip install pymatting) its estimate_foreground_ml is measured on the same pictures,
after compilation.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from cyclorama.cli.report import table
from cyclorama.compose.decontaminate import edge_colors, foreground_colors
from cyclorama.compose.low_res import enlarge, shrink, unit
from cyclorama.core.frames import F32, U8
from cyclorama.core.opencv import one_thread_each
from cyclorama.stills.cut_out.foreground import foreground_strips

RUNS = 5
SOLID = 247
"""Alpha of a colour that is carried on."""
Method = Callable[[U8, U8], Any]


def blur_fusion(pixels: U8, alpha8: U8) -> F32:
    shape = alpha8.shape[0], alpha8.shape[1]
    colors = edge_colors(shrink(pixels), shrink(alpha8), shape[0])
    alpha = cv2.merge([unit(alpha8)] * 3)
    person, room = (np.float32(enlarge(part, shape)) for part in (colors.person, colors.room))
    return foreground_colors(np.float32(pixels), np.asarray(alpha, np.float32), person, room)


def multi_level(pixels: U8, alpha8: U8) -> U8:
    return np.concatenate([colors for _, colors in foreground_strips(pixels, alpha8)])


def methods() -> dict[str, Method]:
    found: dict[str, Method] = {"none": lambda pixels, alpha8: pixels, "blur fusion": blur_fusion, "ours": multi_level}
    try:
        from pymatting import estimate_foreground_ml
    except ImportError:
        return found
    return {**found, "pymatting": estimate_foreground_ml}


def prepared(name: str, pixels: U8, alpha8: U8) -> tuple[Any, Any]:
    """What the method takes; the conversion is no part of its time."""
    return (pixels / 255, alpha8 / 255) if name == "pymatting" else (pixels, alpha8)


def errors(found: Any, true: U8, alpha8: U8) -> tuple[float, float]:
    """Edge and colour error of a foreground, any type, 0..255."""
    band = (alpha8 > 0) & (alpha8 < 255)
    off = np.abs(np.clip(np.asarray(found, np.float32)[band], 0, 255) - true[band])
    return float((off * unit(alpha8)[band][:, None]).mean()), float(off.mean())


def carried_on(pixels: U8, alpha8: U8) -> U8:
    """The nearest solid colour everywhere, softened, with the noise of a camera."""
    solid = alpha8 >= SOLID
    _, labels = cv2.distanceTransformWithLabels(
        (~solid).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    nearest = np.zeros((labels.max() + 1, 3), np.uint8)
    nearest[labels[solid]] = pixels[solid]
    soft = cv2.GaussianBlur(nearest[labels], (0, 0), 3) + np.random.default_rng(0).normal(0, 2, pixels.shape)
    return np.where(solid[..., None], pixels, np.clip(np.rint(soft), 0, 255).astype(np.uint8))


def over(foreground: U8, background: U8, alpha8: U8) -> U8:
    share = unit(alpha8)[..., None]
    return np.rint(share * foreground + (1 - share) * background).astype(np.uint8)


def frame_of(path: Path, number: int, pixel_format: str, size_wh: tuple[int, int]) -> U8:
    """A frame, or the last one, filling a size."""
    with av.open(str(path)) as container:
        for seen, frame in enumerate(container.decode(video=0)):
            picture = frame.to_ndarray(format=pixel_format)
            if seen == number:
                break
    scale = max(size_wh[0] / picture.shape[1], size_wh[1] / picture.shape[0])
    wide, high = (max(side, round(was * scale)) for side, was in zip(size_wh, picture.shape[1::-1], strict=True))
    picture = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA)
    left, top = (wide - size_wh[0]) // 2, (high - size_wh[1]) // 2
    return np.ascontiguousarray(picture[top : top + size_wh[1], left : left + size_wh[0]], np.uint8)


def cases(folder: Path, number: int, height: int) -> Iterator[tuple[str, U8, U8, U8]]:
    """Name, pixels, alpha and exact foreground of each picture."""
    names = sorted(path.name.removesuffix(".alpha.mkv") for path in folder.glob("*.alpha.mkv"))
    size_wh = height * 16 // 9, height
    frames = [frame_of(folder / f"{name}.mp4", number, "bgr24", size_wh) for name in names]
    for at, name in enumerate(names):
        alpha8 = frame_of(folder / f"{name}.alpha.mkv", number, "gray", size_wh)
        room, other = (frames[(at + step) % len(names)] for step in (1, 2))
        for kind, foreground in (("own", carried_on(frames[at], alpha8)), ("other", other)):
            yield f"{name} {kind}", over(foreground, room, alpha8), alpha8, foreground


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure foreground colours against exact ones.")
    parser.add_argument("folder", type=Path, help="pairs NAME.mp4 and NAME.alpha.mkv, at least three")
    parser.add_argument("--frame", type=int, default=20)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    one_thread_each()
    rows: list[dict[str, Any]] = []
    for case, pixels, alpha8, true in cases(options.folder, options.frame, options.height):
        for name, method in methods().items():
            given = prepared(name, pixels, alpha8)
            seconds = []
            for _ in range(RUNS):
                begin = time.perf_counter()
                found = method(*given)
                seconds.append(time.perf_counter() - begin)
            edge, color = errors(found * 255 if name == "pymatting" else found, true, alpha8)
            rows.append({"picture": case, "method": name, "edge": edge, "colour": color, "ms": min(seconds) * 1e3})
    if not rows:
        print(f"{options.folder} holds no NAME.alpha.mkv", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({"machine": f"{platform.system()} {platform.machine()}", "results": rows}, indent=2))
        return 0
    keys = ("edge", "colour", "ms")
    for name in methods():
        own = [row for row in rows if row["method"] == name]
        rows.append({"picture": "mean", "method": name, **{key: np.mean([row[key] for row in own]) for key in keys}})
    lines = [[row["picture"], row["method"], *(f"{row[key]:.2f}" for key in keys)] for row in rows]
    print(table([["picture", "method", *keys], *lines], right=(2, 3, 4)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
