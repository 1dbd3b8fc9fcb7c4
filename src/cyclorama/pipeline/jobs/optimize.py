"""A variant of a network with smaller numbers: made, compared with the original on this machine, kept if it is better.

Smaller numbers are not faster everywhere: most processors have no arithmetic for float16, and many run eight-bit
convolutions no faster than others. Only a measurement here tells.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import F32, U8, Frame
from cyclorama.matting.base import MattingModel
from cyclorama.matting.engine.engine import checked
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
from cyclorama.settings.values import Provider

MOST_PICTURES = 32
KEPT_SIDE = 1080
"""Pixels of the short side of a picture: no network looks at more."""
LOOKS = 2
"""At each picture: a recurrent network is another one from the second frame on."""
FASTER = 1.05
"""How many times as fast the variant has to be: less is within what a measurement varies by."""
FEWEST_RUNS, MOST_RUNS = 5, 31
POSSIBLE = "only ONNX networks of float32, or quantized dynamically, can be optimized"
ENOUGH_S = 20.0
"""Seconds of measuring after which no further run is begun."""


@dataclass(frozen=True, slots=True)
class OptimizeReport:
    """``loss``: mean difference of alpha, 0 to 1, over ``pictures``. Times: medians of a run, on ``provider``."""

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
    """Of the variant; None where it was not kept."""

    @property
    def speed(self) -> float:
        """How many times as fast as the original."""
        return self.original_ms / self.variant_ms

    @property
    def faults(self) -> list[str]:
        """Why it is not kept; empty where it is."""
        faults = []
        if not self.speed >= FASTER:
            faults.append("it is not faster here")
        if not self.loss <= self.max_loss:
            faults.append("it loses more than is allowed")
        return faults


def optimize(
    name: str, precision: Precision | None, pictures: Path | None, *, max_loss: float, provider: Provider = "auto"
) -> OptimizeReport:
    """Make the variant ``NAME-PRECISION`` and keep it where it is faster than ``name`` here and loses no more.

    ``precision``: None takes int8 on the CPU and fp16 on anything else. ``pictures``: a folder; None takes the bundled
    portrait. Raises SettingsError, ModelError.
    """
    original = store.find(name)
    found = "no ONNX file" if original.origin == "bundled" else weights_precision(original.path)
    if found not in ("float32", "int8"):
        raise SettingsError(f"{name} is {found}: {POSSIBLE}")
    frames = [Frame(picture, 0, 0) for picture in _pictures(pictures)]
    with ExitStack() as stack:
        before = stack.enter_context(open_installed(original, provider))
        assert isinstance(before, OnnxModel)
        precision = precision or ("int8" if before.on_cpu else "fp16")
        variant_name = f"{name}-{precision}"
        store.check_free(variant_name)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cyclorama-")))
        file, source = folder / f"{variant_name}.onnx", original.path
        if found == "int8":
            source = folder / "float32.onnx"
            if not write_float32(original.path, source):
                raise SettingsError(f"{name} is {found}: {POSSIBLE}")
        if precision == "fp16":
            write_fp16(source, file)
        else:
            write_int8(source, file, _feeds(original, frames))
        variant = InstalledModel(
            replace(
                original.entry,
                name=variant_name,
                title=f"{original.entry.title}, {precision}",
                url=None,
                sha256=sha256_of(file),
                size_bytes=file.stat().st_size,
            ),
            file,
            "imported",
        )
        after = stack.enter_context(open_installed(variant, provider))
        loss = _loss(before, after, frames)
        original_ms, variant_ms = _times(before, after, frames)
        report = OptimizeReport(
            name,
            variant_name,
            precision,
            after.info.provider,
            len(frames),
            round(loss, 5),
            max_loss,
            round(original_ms, 2),
            round(variant_ms, 2),
            original.path.stat().st_size,
            file.stat().st_size,
            None,
        )
        if report.faults:
            return report
        return replace(report, path=store.add_variant(file, variant.entry).path)


def _pictures(folder: Path | None) -> list[U8]:
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


def _feeds(original: InstalledModel, frames: Sequence[Frame]) -> list[Feeds]:
    """What the network is fed when it looks at ``frames``."""
    feeds: list[Feeds] = []
    with open_installed(original, "cpu") as model:
        assert isinstance(model, OnnxModel)
        model.watch(feeds.append)
        for frame in frames:
            _alpha(model, frame)
    return feeds if len(feeds[0]) > 1 else feeds[::LOOKS]  # with the picture alone, a second look is the first again


def _alpha(model: MattingModel, frame: Frame) -> F32:
    model.reset()
    for _ in range(LOOKS):
        alpha = checked(model.predict(frame).alpha, model.info, frame.size_wh)
    return alpha


def _loss(before: MattingModel, after: MattingModel, frames: Sequence[Frame]) -> float:
    return float(np.mean([np.abs(_alpha(before, frame) - _alpha(after, frame)).mean() for frame in frames]))


def _times(before: MattingModel, after: MattingModel, frames: Sequence[Frame]) -> tuple[float, float]:
    """Median milliseconds of a run of each. They take turns, so that whatever else the machine does hits both."""
    times: tuple[list[float], list[float]] = ([], [])
    begin = time.perf_counter()
    for run in range(MOST_RUNS):
        if run >= FEWEST_RUNS and time.perf_counter() - begin > ENOUGH_S:
            break
        frame = frames[run % len(frames)]
        for model, samples in zip((before, after), times, strict=True):
            model.predict(frame)  # another size than the last one's costs a first run more
            start = time.perf_counter()
            model.predict(frame)
            samples.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[0]), statistics.median(times[1])
