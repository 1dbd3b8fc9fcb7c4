"""Cut out many photos with one network; an error in one photo does not affect the others.

A pool of ``jobs`` threads processes one photo each. Inference is serialized by a lock and uses all cores; decoding,
refinement, compositing and encoding of the other photos run beside it on one core each.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SettingsError, SinkError, reason
from cyclorama.core.frames import U8, SizeWH
from cyclorama.core.opencv import one_thread_each
from cyclorama.files.names import user_path
from cyclorama.files.targets import check_target, make_folder
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.pictures.encode import Tags, encoded_picture, save_picture
from cyclorama.pictures.photo import STANDARD_INPUT, read_photo
from cyclorama.stills.batch.mark import Mark, exif_with_mark, mark_for, read_mark
from cyclorama.stills.batch.sources import STANDARD, FoundPhoto, Problem, find_photos, openable
from cyclorama.stills.batch.target_names import TargetNames, without_outputs
from cyclorama.stills.cut_out.choice import chosen_model
from cyclorama.stills.cut_out.cutter import Cutter, Look

log = logging.getLogger(__name__)

MAX_INPUT = 512 << 20
"""Most bytes that are read from standard input."""
LARGE = 24_000_000
"""Photos of more pixels than this are processed one at a time, since they take about 40 bytes per pixel."""


@dataclass(frozen=True, slots=True)
class CutOutOrder:
    """The options of a batch; :class:`Look` has those of each output.

    ``output``, ``suffix``: as for :class:`TargetNames`. ``model``: a name, or ``auto`` for the best installed one.
    ``keep_gps``: keep the GPS position in the metadata. ``jobs``: photos processed at a time.
    """

    output: Path | None = None
    suffix: str | None = None
    model: str = "auto"
    overwrite: bool = False
    keep_gps: bool = False
    recursive: bool = False
    jobs: int = 2


@dataclass(frozen=True, slots=True)
class CutOutResult:
    """The result of one photo. ``error``: None where its target exists. ``size_wh``: of the output that was written;
    None where an earlier run had written it, or where it failed."""

    source: Path
    target: Path | None
    seconds: float = 0.0
    size_wh: SizeWH | None = None
    error: CycloramaError | None = None

    @property
    def skipped(self) -> bool:
        """Whether an earlier run had written the target."""
        return self.error is None and self.size_wh is None


@dataclass(frozen=True, slots=True)
class CutOutReport:
    """The results of a batch. ``results``: in the order of the photos; fewer than ``total`` where it was stopped.
    ``model``: None where no photo needed one."""

    model: ModelInfo | None
    background: str
    seconds: float
    total: int
    results: list[CutOutResult] = field(default_factory=list)

    @property
    def written(self) -> list[CutOutResult]:
        """The results whose target was written now."""
        return [result for result in self.results if result.size_wh is not None]

    @property
    def skipped(self) -> list[CutOutResult]:
        """The results whose target an earlier run had written."""
        return [result for result in self.results if result.skipped]

    @property
    def failed(self) -> list[CutOutResult]:
        """The results that are errors."""
        return [result for result in self.results if result.error is not None]


class HasSource(Protocol):
    """The result of one photo."""

    @property
    def source(self) -> Path:
        """The photo."""


OnDone = Callable[[CutOutResult, int], None]
"""Is called with each result and the number of photos."""


class Batch:
    """The background, the names and the network of one batch, opened once for all of its photos."""

    def __init__(self, order: CutOutOrder, look: Look) -> None:
        """Check the order and open the background. Raises SettingsError."""
        self.order = order
        self.cutter = Cutter(look)
        try:
            self.names = TargetNames(order.output, order.suffix, transparent=self.cutter.transparent)
            self._model = chosen_model(order.model)
            background = mark_for(Path(look.background), "")  # the file of that name may change
            self._options_key = f"{self._model} {look} {order.keep_gps} {background}"
            self._large_photo_lock = threading.Lock()
            self._network: MattingModel | None = None
        except BaseException:
            self.cutter.close()
            raise

    def open_network(self) -> None:
        """Open the network, which all photos share. Raises ModelError, and SettingsError for an unknown name."""
        self._network = open_model(self._model)

    @property
    def network(self) -> MattingModel:
        """The opened network."""
        assert self._network is not None, "open_network comes before the first photo"
        return self._network

    @property
    def model(self) -> ModelInfo | None:
        """The network that is used; None where no photo needed one."""
        return None if self._network is None else self._network.info

    def close(self) -> None:
        """Release network and background."""
        if self._network is not None:
            self._network.close()
        self.cutter.close()

    def run(self, photos: Sequence[FoundPhoto], stop: threading.Event) -> Iterator[CutOutResult]:
        """Process ``photos`` and yield the results in their order. After ``stop`` no further photo is started."""
        marks = [mark_for(photo.path, self._options_key) for photo in photos]
        todo = [(photo, mark, self.names.target(photo, mark)) for photo, mark in zip(photos, marks, strict=True)]
        if self.order.jobs > 1:
            one_thread_each()

        def attempt(job: tuple[FoundPhoto, Mark | None, Path]) -> CutOutResult | None:
            return None if stop.is_set() else self._attempt(*job)

        with ThreadPoolExecutor(self.order.jobs, thread_name_prefix="cyclorama-photo") as pool:
            for result in pool.map(attempt, todo):
                if result is not None:
                    yield result

    def _attempt(self, photo: FoundPhoto, mark: Mark | None, target: Path) -> CutOutResult:
        """Process one photo; an exception becomes the error of its result."""
        begin = time.perf_counter()
        size_wh: SizeWH | None = None
        error: CycloramaError | None = None
        name = STANDARD_INPUT if photo.path == STANDARD else photo.path
        try:
            if not self._is_done(target, mark):
                size_wh = self._make(photo.path, mark, target)
        except ModelError as problem:  # the message of a network does not name the photo
            error = ModelError(f"photo {name}: {problem}")
        except CycloramaError as problem:
            error = problem
        except Exception as problem:  # a fault in one photo must not end the batch
            log.debug("%s", name, exc_info=True)
            error = CycloramaError(
                f"photo {name}: unexpected {type(problem).__name__}: {problem}; "
                "run again with --debug for the traceback"
            )
        seconds = round(time.perf_counter() - begin, 3)
        return CutOutResult(photo.path, target, seconds, size_wh, error)

    def _is_done(self, target: Path, mark: Mark | None) -> bool:
        """Whether an earlier run made ``target`` of the same photo with the same options.

        Raises SinkError where ``target`` cannot be written.
        """
        if target == STANDARD:
            return False
        if mark is not None and not self.order.overwrite and read_mark(target) == mark:
            return True
        make_folder(target.parent)
        check_target(target, overwrite=self.order.overwrite)
        return False

    def _make(self, source: Path, mark: Mark | None, target: Path) -> SizeWH:
        """Read, cut out and write one photo; return the size of the output."""
        photo = read_photo(_standard_input() if source == STANDARD else source, keep_gps=self.order.keep_gps)
        tags = photo.tags
        if mark is not None:
            tags = replace(tags, exif=exif_with_mark(tags.exif, mark))
        width, height = photo.size_wh
        with self._large_photo_lock if width * height >= LARGE else nullcontext():
            picture = self.cutter.cut(photo, self.network)
            del photo  # frees most of the memory before encoding
            if target == STANDARD:
                _to_standard_output(picture, self.names.suffix, tags)
            else:
                save_picture(target, picture, overwrite=self.order.overwrite, tags=tags)
        return picture.shape[1], picture.shape[0]


def cut_out_photos(
    sources: Sequence[Path],
    order: CutOutOrder,
    look: Look,
    *,
    stop: threading.Event,
    on_done: OnDone = lambda result, total: None,
) -> CutOutReport:
    """Cut out every photo of ``sources`` (see :func:`find_photos`).

    ``on_done`` gets each result and the number of photos. After ``stop`` no further photo is started. Raises
    SettingsError, and ModelError where the network cannot be opened; an error of one photo is in its result.
    """
    begin = time.perf_counter()
    batch = Batch(order, look)
    try:
        search = find_photos(sources, recursive=order.recursive, outside=batch.names.folder)
        photos = without_outputs(search.found) if order.output is None else search.found
        batch.names.reserve(photos, user_path(look.background))
        total = len(photos) + len(search.problems)
        results = []

        def tell(problems: Sequence[Problem]) -> None:
            for source, error in problems:
                results.append(CutOutResult(source, None, error=error))
                on_done(results[-1], total)

        taken = openable(photos)
        tell([*search.problems, *taken.problems])
        if taken.found:
            batch.open_network()
        for result in batch.run(taken.found, stop):
            results.append(result)
            on_done(result, total)
    finally:
        batch.close()
    results.sort(key=place_among(photos))
    seconds = round(time.perf_counter() - begin, 3)
    return CutOutReport(batch.model, batch.cutter.background, seconds, total, results)


def place_among(photos: Sequence[FoundPhoto]) -> Callable[[HasSource], int]:
    """The place of a result in the order of ``photos``; what is none of them comes first."""
    places = {photo.path: place for place, photo in enumerate(photos)}
    return lambda result: places.get(result.source, -1)


def _standard_input() -> bytes:
    if sys.stdin.isatty():
        raise SettingsError("standard input is your keyboard: send a photo there, as in cyclorama cutout - < photo.jpg")
    data = sys.stdin.buffer.read(MAX_INPUT + 1)
    if not data:
        raise CaptureError("photo from standard input: nothing came; check the command before the pipe")
    if len(data) > MAX_INPUT:
        raise CaptureError(f"photo from standard input: more than {MAX_INPUT >> 20} MB came; give it as a file")
    return data


def _to_standard_output(picture: U8, suffix: str, tags: Tags) -> None:
    data = encoded_picture(picture, suffix, tags=tags)
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        raise SinkError(f"cannot write to standard output: {reason(error)}; give --output FILE") from error
