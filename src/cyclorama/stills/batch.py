"""Photos to cut-outs, one after the other, with one network for all of them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cyclorama.background.opening import BackgroundChoice, OutputMode, open_background
from cyclorama.background.picture import load_picture
from cyclorama.errors import CaptureError, CycloramaError, SettingsError, SinkError
from cyclorama.frames import U8, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.sinks.part_file import check_target
from cyclorama.sinks.still import save_picture
from cyclorama.stills.alpha import photo_alpha
from cyclorama.stills.choice import best_model
from cyclorama.stills.compose import cut_out, lay_over
from cyclorama.stills.names import Job, plan

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one photo. ``error`` is None, and ``size_wh`` known, where its target was written."""

    source: Path
    target: Path
    seconds: float
    size_wh: SizeWH | None = None
    error: CycloramaError | None = None


@dataclass(frozen=True, slots=True)
class BatchReport:
    """``results``: in the order of the photos; shorter than they are many where the batch was stopped."""

    model: ModelInfo
    background: str
    seconds: float
    results: list[Result] = field(default_factory=list)

    @property
    def failed(self) -> list[Result]:
        """The photos that nothing was written of."""
        return [result for result in self.results if result.error is not None]


def cut_out_photos(
    sources: Sequence[Path],
    output: Path | None,
    *,
    model: str,
    background: str,
    overwrite: bool,
    stop: threading.Event,
    on_done: Callable[[Result, int], None] = lambda result, total: None,
) -> BatchReport:
    """Cut out every photo of ``sources`` that can be, into ``output`` (see :func:`plan`).

    ``model``: a name, or ``auto`` for the best one here. ``background``: as everywhere, ``transparent`` or ``matte``.
    ``on_done``: gets each result, and how many there will be. After ``stop`` no further photo is begun. Raises what
    concerns all photos: SettingsError, ModelError where the network cannot be opened, SinkError where the folder cannot
    be made. What concerns one photo is in its result.
    """
    choice = open_background(background)
    try:
        if choice.mode is OutputMode.RAW:
            raise SettingsError("background none would change nothing: give transparent, matte or another background")
        jobs = plan(sources, output, transparent=choice.mode is OutputMode.TRANSPARENT)
        begin = time.perf_counter()
        with open_model(best_model() if model == "auto" else model) as network:
            _make_folder(jobs[0].target.parent)
            results = []
            for job in jobs:
                if stop.is_set():
                    break
                results.append(_attempt(job, network, choice, overwrite=overwrite))
                on_done(results[-1], len(jobs))
            info = network.info
        return BatchReport(info, choice.name, round(time.perf_counter() - begin, 3), results)
    finally:
        if choice.background is not None:
            choice.background.close()


def _attempt(job: Job, network: MattingModel, choice: BackgroundChoice, *, overwrite: bool) -> Result:
    begin = time.perf_counter()
    size_wh, error = None, None
    try:
        check_target(job.target, overwrite=overwrite)
        picture = _made(_read(job.source), network, choice)  # the photo itself is let go of here
        size_wh = picture.shape[1], picture.shape[0]
        save_picture(job.target, picture, overwrite=overwrite)
    except CycloramaError as problem:
        error = problem
    except Exception as problem:  # whatever one photo holds, the others are done
        log.debug("%s", job.source, exc_info=True)
        error = CycloramaError(
            f"unexpected {type(problem).__name__}: {problem}; run again with --debug for the traceback"
        )
    return Result(job.source, job.target, round(time.perf_counter() - begin, 3), None if error else size_wh, error)


def _read(path: Path) -> U8:
    try:
        return load_picture(path, what="photo", kept_side=None)
    except SettingsError as error:  # for a background, the user's choice; here, the input
        raise CaptureError(str(error)) from error


def _made(pixels: U8, network: MattingModel, choice: BackgroundChoice) -> U8:
    """What is to be written of one photo."""
    alpha8 = photo_alpha(network, pixels)
    if choice.mode is OutputMode.MATTE:
        return alpha8
    if choice.background is None:
        return cut_out(pixels, alpha8)
    behind = choice.background.render(pixels, alpha8 * np.float32(1 / 255), 0.0)
    return lay_over(pixels, alpha8, behind)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {folder}: {error.strerror}; choose another --output") from error
