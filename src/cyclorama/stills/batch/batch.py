"""Photos to cut-outs: one network for all of them, and each photo on its own, whatever becomes of the others.

``jobs`` photos are under way at a time, each in a thread. The network takes one at a time and uses all processors;
what is read, refined, composed and compressed meanwhile, of the others, each uses one.
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

from cyclorama.core.errors import CaptureError, CycloramaError, ModelError, SettingsError, SinkError, reason
from cyclorama.core.frames import U8, SizeWH
from cyclorama.core.opencv import one_thread_each
from cyclorama.files.targets import check_target
from cyclorama.matting.base import MattingModel, ModelInfo
from cyclorama.matting.open import open_model
from cyclorama.pictures.encode import Tags, encoded_picture, save_picture
from cyclorama.pictures.photo import STANDARD_INPUT, read_photo
from cyclorama.stills.batch.mark import Mark, mark_in, mark_of, marked
from cyclorama.stills.batch.names import Names, without_own
from cyclorama.stills.batch.sources import STANDARD, FoundPhoto, find_photos
from cyclorama.stills.cut_out.choice import best_model
from cyclorama.stills.cut_out.cutter import Cutter, Look

log = logging.getLogger(__name__)

MAX_INPUT = 512 << 20
"""Bytes of a photo from standard input."""
LARGE = 24_000_000
"""Pixels of a photo from which on it is made alone: each takes some 40 bytes a pixel."""


@dataclass(frozen=True, slots=True)
class CutOutOrder:
    """What concerns all photos of a batch, but not what is made of each.

    ``output``, ``suffix``: as for :class:`Names`. ``model``: a name, or ``auto`` for the best one here. ``keep_gps``:
    the place where a photo was taken stays in its metadata. ``jobs``: photos under way at a time.
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
    """What became of one photo. ``error`` is None where its target is there: ``size_wh`` is known where it was written
    now, and None where an earlier run had done it."""

    source: Path
    target: Path | None
    seconds: float = 0.0
    size_wh: SizeWH | None = None
    error: CycloramaError | None = None

    @property
    def skipped(self) -> bool:
        """Whether it had been done before."""
        return self.error is None and self.size_wh is None


@dataclass(frozen=True, slots=True)
class CutOutReport:
    """``results``: in the order of the photos; of ``total``, or fewer where the batch was stopped."""

    model: ModelInfo
    background: str
    seconds: float
    total: int
    results: list[CutOutResult] = field(default_factory=list)

    @property
    def written(self) -> list[CutOutResult]:
        """The photos that something was made of."""
        return [result for result in self.results if result.size_wh is not None]

    @property
    def skipped(self) -> list[CutOutResult]:
        """The photos that were done before."""
        return [result for result in self.results if result.skipped]

    @property
    def failed(self) -> list[CutOutResult]:
        """The photos that there is nothing of."""
        return [result for result in self.results if result.error is not None]


OnDone = Callable[[CutOutResult, int], None]


class Batch:
    """Everything that photos are done with; opened once."""

    def __init__(self, order: CutOutOrder, look: Look) -> None:
        """Check the order and open background and network.

        Raises SettingsError; ModelError where the network cannot be opened.
        """
        self.order = order
        self.cutter = Cutter(look)
        try:
            self.names = Names(order.output, order.suffix, transparent=self.cutter.transparent)
            name = best_model() if order.model == "auto" else order.model
            self._how = f"{name} {look} {order.keep_gps} {mark_of(Path(look.background), '')}"  # a file may change
            self._large_turn = threading.Lock()
            self.network: MattingModel = open_model(name)
        except BaseException:
            self.cutter.close()
            raise

    def close(self) -> None:
        """Release network and background."""
        self.network.close()
        self.cutter.close()

    def run(self, photos: Sequence[FoundPhoto], stop: threading.Event) -> Iterator[CutOutResult]:
        """Do ``photos``; the results in their order. After ``stop`` none is begun."""
        marks = [mark_of(photo.path, self._how) for photo in photos]
        todo = [(photo, mark, self.names.target(photo, mark)) for photo, mark in zip(photos, marks, strict=True)]
        if self.order.jobs > 1:
            one_thread_each()

        def attempt(one: tuple[FoundPhoto, Mark | None, Path]) -> CutOutResult | None:
            return None if stop.is_set() else self._attempt(*one)

        with ThreadPoolExecutor(self.order.jobs, thread_name_prefix="cyclorama-photo") as pool:
            for result in pool.map(attempt, todo):
                if result is not None:
                    yield result

    def _attempt(self, photo: FoundPhoto, mark: Mark | None, target: Path) -> CutOutResult:
        begin = time.perf_counter()
        size_wh: SizeWH | None = None
        error: CycloramaError | None = None
        name = STANDARD_INPUT if photo.path == STANDARD else photo.path
        try:
            if not self._is_done(target, mark):
                size_wh = self._make(photo.path, mark, target)
        except ModelError as problem:  # a network knows no names
            error = ModelError(f"photo {name}: {problem}")
        except CycloramaError as problem:
            error = problem
        except Exception as problem:  # whatever one photo holds, the others are done
            log.debug("%s", name, exc_info=True)
            error = CycloramaError(
                f"photo {name}: unexpected {type(problem).__name__}: {problem}; "
                "run again with --debug for the traceback"
            )
        seconds = round(time.perf_counter() - begin, 3)
        return CutOutResult(photo.path, target, seconds, size_wh, error)

    def _is_done(self, target: Path, mark: Mark | None) -> bool:
        """Whether an earlier run made this of this photo. Raises SinkError where ``target`` cannot be written."""
        if target == STANDARD:
            return False
        if mark is not None and not self.order.overwrite and target.is_file() and mark_in(target) == mark:
            return True
        _make_folder(target.parent)
        check_target(target, overwrite=self.order.overwrite)
        return False

    def _make(self, source: Path, mark: Mark | None, target: Path) -> SizeWH:
        photo = read_photo(_standard_input() if source == STANDARD else source, keep_gps=self.order.keep_gps)
        tags = photo.tags
        if mark is not None:
            tags = replace(tags, exif=marked(tags.exif, mark))
        width, height = photo.size_wh
        with self._large_turn if width * height >= LARGE else nullcontext():
            picture = self.cutter.cut(photo, self.network)
            del photo  # the largest part of the memory
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
    """Cut out every photo of ``sources`` (see :func:`find_photos`) that can be.

    ``on_done``: gets each result, and how many there will be. After ``stop`` no further photo is begun. Raises what
    concerns all photos: SettingsError, and ModelError where the network cannot be opened. What concerns one photo is
    in its result.
    """
    begin = time.perf_counter()
    batch = Batch(order, look)
    try:
        search = find_photos(sources, recursive=order.recursive, outside=batch.names.folder)
        photos = without_own(search.found) if order.output is None else search.found
        batch.names.reserve(photos, Path(look.background).expanduser())
        total = len(photos) + len(search.problems)
        results = []
        for source, error in search.problems:
            results.append(CutOutResult(source, None, error=error))
            on_done(results[-1], total)
        for result in batch.run(photos, stop):
            results.append(result)
            on_done(result, total)
    finally:
        batch.close()
    seconds = round(time.perf_counter() - begin, 3)
    return CutOutReport(batch.network.info, batch.cutter.background, seconds, total, results)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {folder}: {reason(error)}; choose another --output") from error


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
