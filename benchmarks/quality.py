"""How good the mattes are: MAD, MSE, Grad and dtSSD over clips whose exact alpha is known.

    python benchmarks/quality.py FOLDER                      the matting engine itself, on every NAME.mp4
    python benchmarks/quality.py FOLDER --predicted DIR      NAME.mkv (or .mp4, .mov) that `convert` wrote to DIR

FOLDER holds pairs NAME.mp4 and NAME.alpha.mkv (grey, lossless). The metrics are those of the evaluation of Robust Video
Matting (Lin et al. 2021), computed per frame on alpha in [0, 1] and averaged over a clip; lower is better:

MAD    mean absolute difference, x 1e3
MSE    mean squared difference, x 1e3
Grad   squared difference of the gradients' lengths (Gaussian derivatives, sigma 1.4), summed over the frame, x 1e-3
dtSSD  root mean square of the difference of the frame-to-frame changes, x 1e2: flicker
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.frames import F32, U8, Frame
from cyclorama.matting.engine import MattingEngine
from cyclorama.matting.open import open_model
from cyclorama.settings import MattingSettings

SIGMA = 1.4
SUFFIXES = (".mkv", ".mp4", ".mov")


@dataclass(frozen=True, slots=True)
class Quality:
    """The four metrics, scaled as in the module's docstring, over ``frames`` frames."""

    mad: float
    mse: float
    grad: float
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


def alpha_metrics(pred_frames: Iterable[F32], true_frames: Iterable[F32]) -> Quality:
    """Compare two sequences of alphas, float32 (H, W) in [0, 1]. ValueError where they differ in length or size."""
    mad, mse, grad, dtssd = [], [], [], []
    before: F32 | None = None
    for pred, true in zip(pred_frames, true_frames, strict=True):
        if pred.shape != true.shape:
            raise ValueError(f"the matte is {pred.shape}, the truth {true.shape}")
        error = pred - true
        mad.append(float(np.abs(error).mean()) * 1e3)
        mse.append(float(np.square(error).mean()) * 1e3)
        grad.append(float(np.square(gradient_length(pred) - gradient_length(true)).sum()) * 1e-3)
        if before is not None:
            dtssd.append(float(np.sqrt(np.square(error - before).mean())) * 1e2)
        before = error
    if not mad:
        raise ValueError("there are no frames to compare")
    mean = {"mad": mad, "mse": mse, "grad": grad, "dtssd": dtssd or [0.0]}
    return Quality(**{name: float(np.mean(values)) for name, values in mean.items()}, frames=len(mad))


def unit(levels: NDArray[Any]) -> F32:
    """0 to 255 as float32 0 to 1."""
    return np.asarray(levels, np.float32) * np.float32(1 / 255)


def read_alpha(path: Path) -> Iterator[F32]:
    """The frames of a grey video, float32 (H, W) in [0, 1]."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            yield unit(frame.to_ndarray(format="gray"))


def engine_alpha(path: Path, settings: MattingSettings) -> Iterator[F32]:
    """What the engine makes of a clip, rounded to 8 bits as a matte video is."""
    with open_model(settings.model, settings.provider, settings.quality) as model, av.open(str(path)) as container:
        engine = MattingEngine(model, settings)
        for seq, picture in enumerate(container.decode(video=0)):
            pixels: U8 = np.ascontiguousarray(picture.to_ndarray(format="bgr24"), np.uint8)
            base = picture.time_base or Fraction(1, 30)
            alpha = engine.matte(Frame(pixels, seq, 0, picture.pts, base)).alpha
            yield unit(np.rint(alpha * 255))


def predicted_file(folder: Path, name: str) -> Path:
    """The matte video of the clip ``name`` in ``folder``."""
    for suffix in SUFFIXES:
        if (path := folder / f"{name}{suffix}").is_file():
            return path
    raise FileNotFoundError(f"{folder} holds no {name}{SUFFIXES[0]}")


def measure(folder: Path, predicted: Path | None, settings: MattingSettings) -> dict[str, Quality]:
    """The metrics of every clip in ``folder`` by its name."""
    results = {}
    for truth in sorted(folder.glob("*.alpha.mkv")):
        name = truth.name.removesuffix(".alpha.mkv")
        mattes = (
            read_alpha(predicted_file(predicted, name)) if predicted else engine_alpha(folder / f"{name}.mp4", settings)
        )
        results[name] = alpha_metrics(mattes, read_alpha(truth))
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure mattes against clips whose exact alpha is known.")
    parser.add_argument("folder", type=Path, help="pairs NAME.mp4 and NAME.alpha.mkv")
    parser.add_argument("--predicted", type=Path, help="folder with NAME.mkv written by convert --background matte")
    parser.add_argument("--model", default="auto")
    parser.add_argument("--provider", default="auto")
    parser.add_argument("--quality", default="auto")
    parser.add_argument("--every", type=int, default=0)
    parser.add_argument("--smooth", type=float, default=MattingSettings().smooth)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    settings = MattingSettings(
        model=options.model,
        provider=options.provider,
        quality=options.quality,
        every=options.every,
        smooth=options.smooth,
    )
    results = measure(options.folder, options.predicted, settings)
    if not results:
        print(f"{options.folder} holds no NAME.alpha.mkv", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps({name: asdict(quality) for name, quality in results.items()}, indent=2))
        return 0
    print(f"{'clip':24}{'MAD':>9}{'MSE':>9}{'Grad':>9}{'dtSSD':>9}{'frames':>8}")
    for name, q in results.items():
        print(f"{name:24}{q.mad:9.2f}{q.mse:9.2f}{q.grad:9.4f}{q.dtssd:9.3f}{q.frames:8d}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
