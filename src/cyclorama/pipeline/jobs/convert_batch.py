"""Convert many clips into a folder, several at a time; targets that exist already are skipped."""

from __future__ import annotations

import glob
import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from cyclorama.background.opening import MODES, OutputMode
from cyclorama.background.spec import parse_background
from cyclorama.capture.open import URL_SCHEMES
from cyclorama.clips.address import public_name
from cyclorama.compose.compositor import LAYOUTS
from cyclorama.core.errors import CaptureError, CycloramaError, SettingsError, SinkError, reason
from cyclorama.core.frames import Layout
from cyclorama.files.names import user_path
from cyclorama.pipeline.jobs.convert import ConvertReport, convert
from cyclorama.pipeline.jobs.estimate import Estimate
from cyclorama.settings.values import Settings
from cyclorama.sinks.clip.formats import CONTAINERS, layouts_of
from cyclorama.sinks.open import is_made

log = logging.getLogger(__name__)

PATTERN = "*?["
"""Characters that make a name a glob pattern."""
SEQUENCE = "png"
FORMATS = (*(suffix[1:] for suffix in CONTAINERS), SEQUENCE)
"""The values of ``--format`` for a batch."""


@dataclass(frozen=True, slots=True)
class Job:
    """A clip and its target."""

    source: Path
    target: Path


@dataclass(frozen=True, slots=True)
class ClipResult:
    """The result of one clip. ``report``: set if it was written; ``error``: set if it failed."""

    source: Path
    target: Path
    status: Literal["written", "skipped", "failed", "stopped"]
    report: ConvertReport | None = None
    error: CycloramaError | None = None


@dataclass(frozen=True, slots=True)
class ClipBatchReport:
    """``results``: in the order of the clips. ``seconds``: of wall time."""

    seconds: float
    results: list[ClipResult] = field(default_factory=list)

    def having(self, status: str) -> list[ClipResult]:
        """The results with this status."""
        return [result for result in self.results if result.status == status]


def find_clips(names: Sequence[str]) -> list[Path]:
    """The files that ``names`` mean, each once; patterns are expanded, since some shells do not expand them.

    Raises CaptureError for a pattern without a match, an invalid name, and a URL.
    """
    found: dict[Path, Path] = {}
    for name in names:
        try:
            for file in _expand(name):
                found.setdefault(file.resolve(), file)
        except CaptureError:
            raise
        except (OSError, RuntimeError) as error:  # a name that is too long, an unknown ~user
            raise CaptureError(f"there is no file {name}: {reason(error)}; check the name") from error
    return list(found.values())


def _expand(name: str) -> list[Path]:
    if name.lower().startswith(URL_SCHEMES):
        raise CaptureError(f"{public_name(name)} is no file: fetch it first, or use `cyclorama live --source`")
    path = user_path(name)
    if path.exists() or not any(sign in name for sign in PATTERN):
        return [path]
    matches = (Path(match) for match in sorted(glob.glob(str(path), recursive=True)))  # noqa: PTH207
    files = [match for match in matches if match.is_file()]
    if not files:
        raise CaptureError(f"there is no file like {name}: check the pattern")
    return files


def layout_for(background: str) -> Layout:
    """The pixel layout of composites over ``background``. Raises SettingsError."""
    return LAYOUTS[MODES.get(parse_background(background).kind, OutputMode.REPLACE)]


def plan(sources: Sequence[Path], folder: Path, layout: Layout, kind: str | None) -> list[Job]:
    """Choose a target in ``folder`` for every source: its own name, with a number if another source has that name.

    ``kind``: one of ``FORMATS``; None keeps the source's container if that can be written and carries ``layout``, else
    takes the first one that does. The result depends on the arguments alone. Raises SettingsError.
    """
    if kind is not None and kind not in FORMATS:
        raise SettingsError(f"--format: {kind!r} is not one of {', '.join(FORMATS)}")
    # casefold: some file systems ignore case
    inputs = {str(source.resolve()).casefold() for source in sources}
    resolved = folder.resolve()
    taken: set[str] = set()
    jobs = []
    for source in sources:
        number = 1
        while (key := (name := _name(source, layout, kind, number)).casefold()) in taken:
            number += 1
        if str(resolved / name).casefold() in inputs:
            raise SettingsError(f"{folder / name} is input and would be output: give another folder")
        taken.add(key)
        jobs.append(Job(source, folder / name))
    return jobs


def convert_clips(
    settings: Settings,
    jobs: Sequence[Job],
    *,
    at_once: int = 1,
    stop: threading.Event,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
    on_done: Callable[[ClipResult], None] = lambda result: None,
    on_estimate: Callable[[Estimate], None] = lambda estimate: None,
) -> ClipBatchReport:
    """Convert every clip of ``jobs`` whose target does not exist; all of them with ``settings.overwrite``.

    ``on_progress`` gets the percentage done, weighted by the sizes of the files, and 100; ``on_estimate`` how long the
    rest of the batch takes, after a while of each clip. They and ``on_done`` are called from several threads, one call
    at a time. After ``stop`` no further clip is started, and running ones are discarded. An error of one clip is in its
    result. Raises SettingsError, and SinkError where a folder cannot be made.
    """
    begin = time.perf_counter()
    progress = _Progress(jobs, on_progress)
    calls = threading.Lock()
    results: dict[int, ClipResult] = {}

    def attempt(index: int) -> None:
        job = jobs[index]

        def estimated(estimate: Estimate) -> None:
            more = max(1.0, progress.left_of_batch(index) / at_once)
            with calls:
                on_estimate(replace(estimate, left_s=estimate.left_s * more, cheaper_s=estimate.cheaper_s * more))

        result = _attempt(job, settings, stop, lambda done, total: progress.update(index, done, total), estimated)
        with calls:
            progress.update(index, 1, 1)
            results[index] = result
            on_done(result)

    for folder in dict.fromkeys(_folder(job) for job in jobs):
        _make_folder(folder)
    with ThreadPoolExecutor(at_once, thread_name_prefix="cyclorama-convert") as pool:
        futures = [pool.submit(attempt, index) for index in range(len(jobs))]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            stop.set()
            raise
    return ClipBatchReport(round(time.perf_counter() - begin, 3), [results[index] for index in sorted(results)])


def _attempt(
    job: Job,
    settings: Settings,
    stop: threading.Event,
    on_progress: Callable[[int, int | None], None],
    on_estimate: Callable[[Estimate], None],
) -> ClipResult:
    """Convert one clip; an error, except SettingsError, becomes its result."""
    if stop.is_set():
        return ClipResult(job.source, job.target, "stopped")
    if not settings.overwrite and is_made(job.target):
        return ClipResult(job.source, job.target, "skipped")
    try:
        one = replace(settings, source=str(job.source))
        report = convert(one, job.target, stop=stop, on_progress=on_progress, on_estimate=on_estimate)
    except SettingsError:
        raise
    except CycloramaError as error:
        return ClipResult(job.source, job.target, "failed", error=error)
    except Exception as problem:  # a fault in one clip must not end the batch
        log.debug("%s", job.source, exc_info=True)
        unexpected = CycloramaError(
            f"{job.source}: unexpected {type(problem).__name__}: {problem}; run again with --debug for the traceback"
        )
        return ClipResult(job.source, job.target, "failed", error=unexpected)
    if stop.is_set():
        return ClipResult(job.source, job.target, "stopped")
    return ClipResult(job.source, job.target, "written", report)


class _Progress:
    """Computes the percentage of the batch from the frames done of each clip, weighted by the size of its file."""

    def __init__(self, jobs: Sequence[Job], on_progress: Callable[[int, int], None]) -> None:
        self._sizes = [_size(job.source) for job in jobs]
        self._shares = [0.0] * len(jobs)
        self._on_progress = on_progress
        self._lock = threading.Lock()

    def update(self, index: int, done: int, total: int | None) -> None:
        """Report ``done`` of ``total`` frames of one clip."""
        with self._lock:
            self._shares[index] = min(1.0, done / total) if total else 0.0
            whole = sum(size * share for size, share in zip(self._sizes, self._shares, strict=True))
            self._on_progress(round(100 * whole / sum(self._sizes)), 100)

    def left_of_batch(self, index: int) -> float:
        """What is left of all clips, as a multiple of what is left of one."""
        with self._lock:
            left = [size * (1 - share) for size, share in zip(self._sizes, self._shares, strict=True)]
            return sum(left) / max(1.0, left[index])


def _size(path: Path) -> int:
    try:
        return max(1, path.stat().st_size)
    except OSError:  # reported when the clip is opened
        return 1


def _name(source: Path, layout: Layout, kind: str | None, number: int) -> str:
    """The file name of a target in its folder."""
    stem = source.stem + (f"-{number}" if number > 1 else "")
    if kind == SEQUENCE:
        return f"{stem}/%05d.{SEQUENCE}"
    suffix = source.suffix.lower() if kind is None else f".{kind}"
    if kind is None and layout not in layouts_of(suffix):
        suffix = next(able for able in CONTAINERS if layout in layouts_of(able))
    return f"{stem}{suffix}"


def _folder(job: Job) -> Path:
    """The folder to create for a job; a picture sequence creates its own inside it."""
    return job.target.parent.parent if job.target.suffix == f".{SEQUENCE}" else job.target.parent


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {folder}: {reason(error)}; choose another") from error
