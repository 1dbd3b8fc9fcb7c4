"""Make a variant of a network at lower precision, compare it with the original on this machine, keep it if it is
better.

Lower precision is not faster everywhere: most CPUs have no float16 arithmetic, and many run int8 convolutions no faster
than float32. Only a measurement on the machine itself can decide.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import F32, U8, Frame
from cyclorama.matting.base import MattingModel
from cyclorama.matting.engine.answers import checked
from cyclorama.matting.networks.onnx.base import OnnxModel
from cyclorama.matting.networks.onnx.convert import Precision, write_float32, write_fp16, write_int8
from cyclorama.matting.networks.onnx.precision import weights_precision
from cyclorama.matting.networks.onnx.quantize import Feeds
from cyclorama.matting.open import open_installed
from cyclorama.models import store
from cyclorama.models.bundled import bundled_path
from cyclorama.models.files import sha256_of
from cyclorama.models.store import InstalledModel
from cyclorama.pictures.decode import NotAPictureError, load_picture
from cyclorama.pipeline.jobs.optimize_plan import (
    CALIBRATION_STEPS,
    CONVERSION_STEPS,
    RUNS_PER_PICTURE,
    TIMING_STEPS,
    OptimizePlan,
    Progress,
    Steps,
    plan_for,
)
from cyclorama.settings.values import Provider

MOST_PICTURES = 32
"""Most pictures of a folder that are used."""
KEPT_SIDE = 1080
"""Shorter side in pixels to which pictures are reduced: no network has a larger input."""
FASTER = 1.05
"""Least speed-up of a variant that is kept: less is within the noise of the measurement."""
FEWEST_RUNS, MOST_RUNS = 5, 31
POSSIBLE = (
    "only ONNX networks whose numbers have 32 bits (float32), or whose weights alone have eight, can be optimized"
)
ENOUGH_S = 20.0
"""Seconds of measurement after which no further run is started."""


@dataclass(frozen=True, slots=True)
class OptimizeReport:
    """The comparison. ``loss``: mean absolute difference of alpha, 0 to 1, over ``pictures``. ``original_ms``,
    ``variant_ms``: medians of a run on ``provider``."""

    name: str
    variant: str
    precision: str
    provider: str
    pictures: int
    loss: float
    max_loss: float
    original_ms: float
    variant_ms: float
    original_bytes: int
    variant_bytes: int
    path: Path | None
    """The file of the variant; None where it was not kept."""

    @property
    def speed(self) -> float:
        """Speed-up: the time of the original over that of the variant."""
        return self.original_ms / self.variant_ms

    @property
    def faults(self) -> list[str]:
        """The reasons why the variant is not kept; empty if it is."""
        faults = []
        if not self.speed >= FASTER:
            faults.append("it is not faster here")
        if not self.loss <= self.max_loss:
            faults.append("it loses more than is allowed")
        return faults


def optimize(
    name: str,
    precision: Precision | None,
    pictures: Path | None,
    *,
    max_loss: float,
    provider: Provider = "auto",
    on_plan: Callable[[OptimizePlan], None] = lambda plan: None,
    on_progress: Progress = lambda done, total: None,
) -> OptimizeReport:
    """Make the variant ``NAME-PRECISION``; keep it if it is faster than ``name`` here and loses at most ``max_loss``.

    ``precision``: None is int8 on the CPU and fp16 elsewhere. ``pictures``: a folder of pictures to compare on; None
    takes the bundled portrait. ``on_plan``: is told what will be done, before it is begun. Raises SettingsError,
    ModelError.
    """
    original = store.find(name)
    own_precision = _checked_precision(original)
    frames = [Frame(picture, 0, 0) for picture in _pictures(pictures)]
    with ExitStack() as stack:
        before = stack.enter_context(open_installed(original, provider))
        assert isinstance(before, OnnxModel)
        precision = precision or ("int8" if before.on_cpu else "fp16")
        variant_name = f"{name}-{precision}"
        store.check_free(variant_name)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cyclorama-")))
        file = folder / f"{variant_name}.onnx"
        plan = plan_for(original, own_precision, precision, frames)
        on_plan(plan)
        steps = Steps(plan.steps, on_progress)
        source = original.path if own_precision == "float32" else _dequantized(original, folder)
        _write_variant(source, file, precision, original, frames, steps)
        variant = _variant_of(original, variant_name, precision, file)
        after = stack.enter_context(open_installed(variant, provider))
        loss = _loss(before, after, frames, steps)
        original_ms, variant_ms = _times(before, after, frames, steps)
        report = OptimizeReport(
            name=name,
            variant=variant_name,
            precision=precision,
            provider=after.info.provider,
            pictures=len(frames),
            loss=round(loss, 5),
            max_loss=max_loss,
            original_ms=round(original_ms, 2),
            variant_ms=round(variant_ms, 2),
            original_bytes=original.path.stat().st_size,
            variant_bytes=file.stat().st_size,
            path=None,
        )
        return report if report.faults else replace(report, path=store.add_variant(file, variant.entry).path)


def _checked_precision(original: InstalledModel) -> str:
    """``float32`` or ``int8``, the precision of a network's weights. Raises SettingsError for any other."""
    precision = "no ONNX file" if original.origin == "bundled" else weights_precision(original.path)
    if precision not in ("float32", "int8"):
        raise SettingsError(f"{original.entry.name} is {precision}: {POSSIBLE}")
    return precision


def _dequantized(original: InstalledModel, folder: Path) -> Path:
    """A float32 copy of a dynamically quantized network. Raises SettingsError where it is quantized otherwise."""
    path = folder / "float32.onnx"
    if not write_float32(original.path, path):
        raise SettingsError(
            f"{original.entry.name} is eight bits already (int8), and cannot be made smaller: "
            "optimize the network that it was made of"
        )
    return path


def _write_variant(
    source: Path, file: Path, precision: Precision, original: InstalledModel, frames: Sequence[Frame], steps: Steps
) -> None:
    """Write ``file``, the network ``source`` in another precision; int8 is calibrated with ``frames``."""
    if precision == "fp16":
        write_fp16(source, file)
    else:
        feeds = _feeds(original, frames, steps)
        each = CALIBRATION_STEPS * len(frames) // len(feeds)
        write_int8(source, file, steps.counted(feeds, each))
    steps.done(CONVERSION_STEPS)


def _variant_of(original: InstalledModel, name: str, precision: Precision, file: Path) -> InstalledModel:
    """The catalogue's entry of the variant in ``file``: that of the original, with its own name, hash and size."""
    entry = replace(
        original.entry,
        name=name,
        title=f"{original.entry.title}, {precision}",
        url=None,
        sha256=sha256_of(file),
        size_bytes=file.stat().st_size,
    )
    return InstalledModel(entry, file, "imported")


def _pictures(folder: Path | None) -> list[U8]:
    """The pictures of a folder, or the bundled portrait: BGR uint8. Raises SettingsError where there are none."""
    if folder is None:
        return [load_picture(bundled_path("portrait.png"))]
    if not folder.is_dir():
        raise SettingsError(f"--pictures {folder}: there is no such folder")
    pictures: list[U8] = []
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        if len(pictures) == MOST_PICTURES:
            break
        with suppress(NotAPictureError):
            pictures.append(load_picture(path, what="picture", kept_side=KEPT_SIDE))
    if not pictures:
        raise SettingsError(f"--pictures {folder}: no file in it is a picture that can be read")
    return pictures


def _feeds(original: InstalledModel, frames: Sequence[Frame], steps: Steps) -> list[Feeds]:
    """Record the input tensors of the network for ``frames``, as calibration data."""
    feeds: list[Feeds] = []
    with open_installed(original, "cpu") as model:
        assert isinstance(model, OnnxModel)
        model.watch(feeds.append)
        for frame in frames:
            _alpha(model, frame)
            steps.done(RUNS_PER_PICTURE)
    has_state = len(feeds[0]) > 1  # without recurrent state all runs on a picture are equal
    return feeds if has_state else feeds[::RUNS_PER_PICTURE]


def _alpha(model: MattingModel, frame: Frame) -> F32:
    """Alpha after the last of RUNS_PER_PICTURE runs, float32 in [0, 1]."""
    model.reset()
    for _ in range(RUNS_PER_PICTURE):
        alpha = checked(model.predict(frame).alpha, model.info, frame.size_wh)
    return alpha


def _loss(before: MattingModel, after: MattingModel, frames: Sequence[Frame], steps: Steps) -> float:
    """Mean absolute difference of alpha over all frames."""
    compared = steps.counted(frames, 2 * RUNS_PER_PICTURE)
    return float(np.mean([np.abs(_alpha(before, frame) - _alpha(after, frame)).mean() for frame in compared]))


def _times(before: MattingModel, after: MattingModel, frames: Sequence[Frame], steps: Steps) -> tuple[float, float]:
    """Median milliseconds of a run of each. The runs alternate, so that other load affects both alike."""
    times: tuple[list[float], list[float]] = ([], [])
    begin, counted = time.perf_counter(), 0
    for run in range(MOST_RUNS):
        spent = time.perf_counter() - begin
        if run >= FEWEST_RUNS and spent > ENOUGH_S:
            break
        reached = int(TIMING_STEPS * min(1.0, max(run / MOST_RUNS, min(spent / ENOUGH_S, run / FEWEST_RUNS))))
        steps.done(reached - counted)
        counted = reached
        frame = frames[run % len(frames)]
        for model, samples in zip((before, after), times, strict=True):
            model.predict(frame)  # warm up: the first run at a new size takes longer
            start = time.perf_counter()
            model.predict(frame)
            samples.append((time.perf_counter() - start) * 1e3)
    steps.done(TIMING_STEPS - counted)
    return statistics.median(times[0]), statistics.median(times[1])
