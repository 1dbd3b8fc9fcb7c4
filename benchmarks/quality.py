"""How good the mattes are: MAD, MSE, Grad, Conn and dtSSD over clips whose exact alpha is known.

    python benchmarks/quality.py FOLDER                      every installed model at every quality, on every NAME.mp4
    python benchmarks/quality.py FOLDER --model rvm --quality best --frames 50
    python benchmarks/quality.py FOLDER --model selfie --live --every 2 --quality balanced --quality best
    python benchmarks/quality.py FOLDER --predicted DIR      NAME.mkv (or .mp4, .mov) that `convert` wrote to DIR
    python benchmarks/quality.py FOLDER --exact              the edge stage alone: exact alpha, reduced to a network's
                                                             grid, brought back by it and by plain enlargement
    python benchmarks/quality.py FOLDER --room 0-1           as `convert --room 0-1`; scored from second 1 on
    python benchmarks/quality.py FOLDER --json               the same as JSON, with the machine

--model and --quality may be given several times. A model that cannot choose how fine it looks is measured once. ISNet
takes seconds a frame on a CPU: --frames looks at the first N of each clip. --live opens the networks as a live session
does; with --every 2 that stands in for a call at 30 fps, where the network runs 15 times a second.

FOLDER holds pairs NAME.mp4 and NAME.alpha.mkv (grey, lossless). The metrics are those of the evaluation of Robust Video
Matting (Lin et al. 2021), computed per frame on alpha in [0, 1] and averaged over a clip; lower is better:

MAD    mean absolute difference, x 1e3
MSE    mean squared difference, x 1e3
Grad   squared difference of the gradients' lengths (Gaussian derivatives, sigma 1.4), summed over the frame, x 1e-3
Conn   difference of connectivity, summed over the frame, x 1e-3 (Rhemann et al. 2009, "A Perceptually Motivated Online
       Benchmark for Image Matting", section 3): what hangs in the air counts, what is merely soft does not.
       phi_i = 1 - d_i [d_i >= 0.15], d_i = alpha_i - l_i, with l_i the highest of eleven levels at which the pixel
       belongs to the largest 4-connected region that is at least so opaque in both mattes; Conn = sum |phi_i - phi*_i|.
       Their weight of d_i by distance is 1, as in all published evaluations. It takes longer than all others
       together, so it is computed on every fifth frame, at full resolution
dtSSD  root mean square of the difference of the frame-to-frame changes, x 1e2: flicker
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import partial
from itertools import groupby, islice, product
from pathlib import Path
from typing import Any, get_args

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.cli.clip_options import read_room
from cyclorama.cli.report import table
from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.matting.downscale import size_of
from cyclorama.matting.engine.answers import GRID_CELLS
from cyclorama.matting.engine.edges import COARSE, FINE, EdgeRefiner, EdgeStyle
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.open import open_model
from cyclorama.models.store import list_installed
from cyclorama.settings.values import WHOLE, MattingSettings, Trim
from cyclorama.settings.values import Quality as QualityLevel

SIGMA = 1.4
LEVELS = 10
"""Of connectivity, above 0."""
DETACHED = 0.15
CONN_EVERY = 5
"""Frames of which one is asked for its connectivity."""
SUFFIXES = (".mkv", ".mp4", ".mov")
NETWORK_SIDE, NETWORK_MULTIPLE = 256, 16
"""The longer side of a network's input, and what its sides are multiples of."""


@dataclass(frozen=True, slots=True)
class Quality:
    """The five metrics, scaled as in the module's docstring, over ``frames`` frames."""

    mad: float
    mse: float
    grad: float
    conn: float
    dtssd: float
    frames: int


def gradient_kernel(sigma: float) -> NDArray[np.float64]:
    """The x derivative of a Gaussian, cut where it falls below a hundredth; transposed it is the y derivative."""
    half = int(np.ceil(sigma * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * sigma * 0.01))))
    at = np.arange(-half, half + 1, dtype=np.float64)
    bell = np.exp(-(at**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    return np.outer(bell, -at * bell / sigma**2)


def gradient_length(alpha: F32) -> F32:
    """Length of the smoothed gradient of ``alpha``, float32 (H, W)."""
    kernel = gradient_kernel(SIGMA)
    dx, dy = (cv2.filter2D(alpha, -1, part, borderType=cv2.BORDER_REPLICATE) for part in (kernel, kernel.T))
    return np.asarray(cv2.magnitude(dx, dy), np.float32)


def connectivity_error(pred: F32, true: F32) -> float:
    """Conn of one frame, before it is scaled; both float32 (H, W) in [0, 1]."""
    connected = np.ones(pred.shape, bool)
    highest = np.ones(pred.shape, np.float32)
    for level in range(1, LEVELS + 1):
        opaque = (np.minimum(pred, true) >= np.float32(level / LEVELS)).view(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(opaque, connectivity=4)
        areas = stats[1:, cv2.CC_STAT_AREA]  # row 0 is what is not opaque
        inside = labels == 1 + int(areas.argmax()) if areas.size else np.zeros(pred.shape, bool)
        highest[connected & ~inside] = (level - 1) / LEVELS
        connected &= inside
    phi_pred, phi_true = (1 - above * (above >= DETACHED) for above in (pred - highest, true - highest))
    return float(np.abs(phi_pred - phi_true).sum())


def alpha_metrics(pred_frames: Iterable[F32], true_frames: Iterable[F32]) -> Quality:
    """Compare two sequences of alphas, float32 (H, W) in [0, 1]. ValueError where they differ in length or size."""
    mad, mse, grad, conn, dtssd = [], [], [], [], []
    before: F32 | None = None
    for number, (pred, true) in enumerate(zip(pred_frames, true_frames, strict=True)):
        if pred.shape != true.shape:
            raise ValueError(f"the matte is {pred.shape}, the truth {true.shape}")
        error = pred - true
        mad.append(float(np.abs(error).mean()) * 1e3)
        mse.append(float(np.square(error).mean()) * 1e3)
        grad.append(float(np.square(gradient_length(pred) - gradient_length(true)).sum()) * 1e-3)
        if number % CONN_EVERY == 0:
            conn.append(connectivity_error(pred, true) * 1e-3)
        if before is not None:
            dtssd.append(float(np.sqrt(np.square(error - before).mean())) * 1e2)
        before = error
    if not mad:
        raise ValueError("there are no frames to compare")
    mean = {"mad": mad, "mse": mse, "grad": grad, "conn": conn, "dtssd": dtssd or [0.0]}
    return Quality(**{name: float(np.mean(values)) for name, values in mean.items()}, frames=len(mad))


def unit(levels: NDArray[Any]) -> F32:
    """0 to 255 as float32 0 to 1."""
    return np.asarray(levels, np.float32) * np.float32(1 / 255)


def read_alpha(path: Path) -> Iterator[F32]:
    """The frames of a grey video, float32 (H, W) in [0, 1]."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield unit(frame.to_ndarray(format="gray"))


def fine_size(frame_wh: SizeWH) -> SizeWH:
    """About the size at which RVM looks at ``fast``."""
    width, height = (
        max(1, round(NETWORK_SIDE * side / max(frame_wh) / NETWORK_MULTIPLE)) * NETWORK_MULTIPLE for side in frame_wh
    )
    return width, height


GRIDS: dict[str, tuple[Callable[[SizeWH], SizeWH], EdgeStyle]] = {
    "square": (lambda frame_wh: (NETWORK_SIDE, NETWORK_SIDE), COARSE),
    "engine": (lambda frame_wh: size_of(*frame_wh, GRID_CELLS), COARSE),
    "fine": (fine_size, FINE),
}
"""Grids that an exact alpha is reduced to, for a frame of a size, and how the edge stage treats it then."""


def read_pictures(path: Path) -> Iterator[U8]:
    """The frames of a clip, BGR uint8."""
    with av.open(str(path)) as container:
        for picture in container.decode(video=0):
            yield np.ascontiguousarray(picture.to_ndarray(format="bgr24"), np.uint8)


def brought_back(folder: Path, name: str, grid: str, *, plain: bool) -> Iterator[F32]:
    """The exact alpha of a clip reduced to ``grid``, and enlarged: by the edge stage, or bilinear where ``plain``."""
    size_of_grid, style = GRIDS[grid]
    refiner = EdgeRefiner(0.0, 0.5, style)
    exact, pictures = read_alpha(folder / f"{name}.alpha.mkv"), read_pictures(folder / f"{name}.mp4")
    for true, pixels in zip(exact, pictures, strict=True):
        frame_wh = (true.shape[1], true.shape[0])
        small = np.asarray(cv2.resize(true, size_of_grid(frame_wh), interpolation=cv2.INTER_AREA), np.float32)
        if plain:
            yield np.asarray(cv2.resize(small, frame_wh, interpolation=cv2.INTER_LINEAR), np.float32)
        else:
            yield unit(refiner.refine(small, pixels))


def after_room(path: Path, room: Trim | None) -> int:
    """The number of the first frame of the clip ``path`` after the seconds of ``room``."""
    if room is None or room.end_s is None:
        return 0
    with av.open(str(path)) as container:
        times = [picture.time or 0.0 for picture in container.decode(video=0)]
    return sum(time_s - times[0] < room.end_s for time_s in times)


def engine_alpha(path: Path, settings: MattingSettings, *, live: bool = False) -> Iterator[F32]:
    """What the engine makes of a clip, rounded to 8 bits as a matte video is; ``live``: see the module's docstring."""
    opened = open_model(settings.model, settings.provider, settings.quality, live=live)
    with opened as model, av.open(str(path)) as container:
        engine = MattingEngine(model, settings)
        for seq, picture in enumerate(container.decode(video=0)):
            pixels: U8 = np.ascontiguousarray(picture.to_ndarray(format="bgr24"), np.uint8)
            base = picture.time_base or Fraction(1, 30)
            alpha = engine.matte(Frame(pixels, seq, 0, picture.pts, base)).alpha
            yield unit(alpha)


def predicted_file(folder: Path, name: str) -> Path:
    """The matte video of the clip ``name`` in ``folder``."""
    for suffix in SUFFIXES:
        if (path := folder / f"{name}{suffix}").is_file():
            return path
    raise FileNotFoundError(f"{folder} holds no {name}{SUFFIXES[0]}")


def measure(
    folder: Path, mattes_of: Callable[[str], Iterator[F32]], frames: int | None, room: Trim | None = None
) -> dict[str, Quality]:
    """The metrics of every clip in ``folder`` by its name; ``mattes_of`` gives the mattes of a name. ``room``: what is
    not scored."""
    results = {}
    for truth in sorted(folder.glob("*.alpha.mkv")):
        name = truth.name.removesuffix(".alpha.mkv")
        first = after_room(folder / f"{name}.mp4", room)
        results[name] = alpha_metrics(islice(mattes_of(name), first, frames), islice(read_alpha(truth), first, frames))
    return results


def cases(models: list[str] | None, qualities: list[str] | None) -> Iterator[tuple[str, str]]:
    """Models and qualities to measure; None: all that are here, all that there are."""
    kinds = {model.entry.name: model.entry.kind for model in list_installed()}
    for model in models or kinds:
        levels = qualities or (
            list(get_args(QualityLevel)) if model == "selfie" or kinds.get(model) == "rvm" else ["auto"]
        )
        yield from ((model, level) for level in levels)


def report(rows: list[dict[str, Any]]) -> str:
    """A line for each clip, and one for the mean of each model and quality."""
    metrics = ("mad", "mse", "grad", "conn", "dtssd")
    lines = [["model", "quality", "clip", "MAD", "MSE", "Grad", "Conn", "dtSSD", "frames"]]
    for (model, quality), group in groupby(rows, lambda row: (row["model"], row["quality"])):
        clips = list(group)
        mean = {key: float(np.mean([row[key] for row in clips])) for key in metrics}
        for row in (*clips, {**mean, "clip": "mean", "frames": sum(row["frames"] for row in clips)}):
            values = (f"{row[key]:.{digits}f}" for key, digits in zip(metrics, (2, 2, 4, 3, 3), strict=True))
            lines.append([model, quality, row["clip"], *values, str(row["frames"])])
    return table(lines, right=range(3, 9))


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure mattes against clips whose exact alpha is known.")
    parser.add_argument("folder", type=Path, help="pairs NAME.mp4 and NAME.alpha.mkv")
    parser.add_argument("--predicted", type=Path, help="folder with NAME.mkv written by convert --background matte")
    parser.add_argument("--exact", action="store_true", help="measure the edge stage alone, with exact alpha")
    parser.add_argument("--model", action="append", help="all that are installed, where none is named")
    parser.add_argument("--quality", action="append", help="fast, balanced, best or auto; all, where none is named")
    parser.add_argument("--provider", default="auto")
    parser.add_argument("--every", type=int, default=0)
    parser.add_argument("--live", action="store_true", help="open the networks as a live session does")
    parser.add_argument("--smooth", type=float, default=MattingSettings().smooth)
    parser.add_argument("--frames", type=int, help="of each clip, from its start; all, where it is not given")
    parser.add_argument("--room", help="START-END: the seconds that show the empty room, as in 0-1; not scored")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not any(options.folder.glob("*.alpha.mkv")):
        print(f"{options.folder} holds no NAME.alpha.mkv", file=sys.stderr)
        return 2
    room = read_room(options.room, WHOLE)
    rows: list[dict[str, Any]] = []

    def add(model: str, quality: str, mattes_of: Callable[[str], Iterator[F32]]) -> None:
        for name, scores in measure(options.folder, mattes_of, options.frames, room).items():
            rows.append({"model": model, "quality": quality, "clip": name, **asdict(scores)})

    if options.predicted:
        add("predicted", "", lambda name: read_alpha(predicted_file(options.predicted, name)))
    elif options.exact:
        for grid, plain in product(GRIDS, (False, True)):
            mattes = partial(brought_back, options.folder, grid=grid, plain=plain)
            add(f"exact, {grid}", "plain" if plain else "edges", mattes)
    else:
        for model, quality in cases(options.model, options.quality):
            settings = MattingSettings(
                model=model,
                provider=options.provider,
                quality=quality,
                every=options.every,
                smooth=options.smooth,
                empty_room=room,
            )
            of_clip = partial(engine_alpha, settings=settings, live=options.live)
            add(model, quality, lambda name, of_clip=of_clip: of_clip(options.folder / f"{name}.mp4"))
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(json.dumps({"machine": machine, "results": rows}, indent=2) if options.json else report(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
