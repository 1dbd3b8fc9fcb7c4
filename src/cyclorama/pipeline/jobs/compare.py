"""Compare the installed networks on one picture: a contact sheet, and the time of a run of each."""

from __future__ import annotations

import logging
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

from cyclorama.capture.open import open_source
from cyclorama.clips.open import check_file
from cyclorama.compose.network_sheet import Drawn, sheet_of
from cyclorama.core.errors import CaptureError, ModelError, SinkError
from cyclorama.core.frames import U8, Frame, Matte, SizeWH
from cyclorama.files.names import user_path
from cyclorama.files.targets import check_not_input, check_target
from cyclorama.matting.base import MattingModel
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.open import open_model
from cyclorama.models import store
from cyclorama.models.speeds import Speed, remember_speeds
from cyclorama.pictures.decode import NotAPictureError, load_picture
from cyclorama.pictures.encode import check_suffix, save_picture
from cyclorama.settings.values import CaptureSettings, MattingSettings, Quality, Trim

log = logging.getLogger(__name__)

FRAMES = 13
"""Frames that each network gets, 0.4 s of a clip; a photo comes as often. A recurrent network needs a few, and looks at
the whole picture for the first 0.2 s."""
FPS = 30
ENOUGH_S = 4.0
"""Seconds after which a network gets the last frame at once, once it had one."""
KEPT_SIDE = 1080
"""Shorter side in pixels to which a photo is reduced."""
QUALITIES: tuple[Quality, ...] = ("balanced", "best")
"""Shown of a network that offers several: what calls begin with, and what files get."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One network on the picture. ``quality``: empty for one that offers a single quality. ``ms``: median of a run;
    None, with the ``error``, where it failed."""

    name: str
    quality: str
    provider: str = ""
    ms: float | None = None
    error: str | None = None

    @property
    def label(self) -> str:
        """Name and quality."""
        return f"{self.name} {self.quality}".rstrip()


@dataclass(frozen=True, slots=True)
class CompareReport:
    """``sheet``: the file written. ``size_wh``: of the picture."""

    sheet: str
    size_wh: SizeWH
    networks: list[Compared]


@dataclass(slots=True)
class _RunTimes:
    """Takes the durations of the network's runs from the engine's timer, in seconds."""

    seconds: list[float] = field(default_factory=list)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        if stage == "network":
            self.seconds.append(time.perf_counter() - begin)

    def settled_ms(self) -> float:
        """Median of the later half: the first runs also allocate."""
        return 1e3 * statistics.median(self.seconds[len(self.seconds) // 2 :])


def compare_models(
    source: str,
    sheet: Path,
    *,
    models: Sequence[str] = (),
    overwrite: bool,
    stop: threading.Event,
    on_progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> CompareReport:
    """Run every installed network, or those of ``models``, on ``source``, and write ``sheet``.

    ``source``: a photo, a clip, of which the middle is taken, or ``demo``. A network that fails is in the report with
    its error, and the others are done. The times are remembered for ``cyclorama models list``. After ``stop`` nothing
    is written. ``on_progress`` gets networks done and all. Raises CaptureError, SettingsError, SinkError, and
    ModelError where every network fails.
    """
    check_suffix("--out", sheet)
    check_not_input(sheet, source)
    check_target(sheet, overwrite=overwrite)
    frames = read_frames(source)
    names = models or [model.entry.name for model in store.list_installed()]
    results: list[tuple[Compared, Matte | None]] = []
    for done, name in enumerate(names):
        on_progress(done, len(names))
        results += _compared(name, frames, stop)
    report = CompareReport(str(sheet), frames[0].size_wh, [compared for compared, _ in results])
    if not stop.is_set():
        save_picture(sheet, _sheet(results, frames), overwrite=overwrite)
        _remember(report)
    return report


def _sheet(results: Sequence[tuple[Compared, Matte | None]], frames: Sequence[Frame]) -> U8:
    """The contact sheet. Raises ModelError where every network failed."""
    drawn = [
        Drawn(compared.label, compared.ms or 0.0, frames[matte.seq], matte)
        for compared, matte in results
        if matte is not None
    ]
    if not drawn:
        raise ModelError(f"no network finds anybody: {results[0][0].error}")
    return sheet_of(drawn)


def read_frames(source: str) -> list[Frame]:
    """FRAMES frames of a photo (the same again and again), of the middle of a clip, or of the demo.

    Raises CaptureError, SettingsError.
    """
    if source == "demo":
        return _of_clip(source, CaptureSettings())
    path = user_path(source)
    check_file(path)
    try:
        pixels = load_picture(path, what="picture", kept_side=KEPT_SIDE)
    except NotAPictureError:
        return _of_clip(source, CaptureSettings(trim=_middle(source)))
    return [Frame(pixels.view(), seq, 0, seq, Fraction(1, FPS)) for seq in range(FRAMES)]


def _middle(source: str) -> Trim:
    with open_source(source, CaptureSettings(), live=False) as clip:
        duration_s = clip.info.duration_s or 0.0
    return Trim(max(0.0, duration_s / 2 - FRAMES / FPS))


def _of_clip(source: str, settings: CaptureSettings) -> list[Frame]:
    with open_source(source, settings, live=False) as clip:
        frames = [replace(frame, seq=seq) for seq, frame in enumerate(islice(clip.frames(threading.Event()), FRAMES))]
    if not frames:
        raise CaptureError(f"{source} has no frame in its middle: give another clip, or a photo")
    return frames


def _compared(name: str, frames: list[Frame], stop: threading.Event) -> Iterator[tuple[Compared, Matte | None]]:
    """The network on the frames, at each of QUALITIES if it offers several, with the last matte."""
    quality: Quality | None = None
    try:
        with open_model(name, quality=QUALITIES[0]) as model:
            for quality in QUALITIES if model.costs else (None,):
                if stop.is_set():
                    return
                if quality is not None:
                    model.look_at(quality)
                times, matte = _run(model, frames, stop)
                yield Compared(name, quality or "", model.info.provider, round(times.settled_ms(), 2)), matte
    except ModelError as error:
        yield Compared(name, quality or "", error=str(error)), None


def _run(model: MattingModel, frames: list[Frame], stop: threading.Event) -> tuple[_RunTimes, Matte]:
    times = _RunTimes()
    model.reset()
    engine = MattingEngine(model, MattingSettings(), timer=times)
    begin = time.perf_counter()
    matte = engine.matte(frames[0])
    for frame in frames[1:-1]:
        if stop.is_set() or time.perf_counter() - begin > ENOUGH_S:
            break
        engine.matte(frame)
    if len(frames) > 1 and not stop.is_set():  # all networks are shown on the same frame
        matte = engine.matte(frames[-1])
    engine.close()
    return times, matte


def _remember(report: CompareReport) -> None:
    digests = {model.entry.name: model.entry.sha256 for model in store.list_installed()}
    speeds = [
        Speed(network.name, network.quality, digests.get(network.name), network.provider, network.ms, report.size_wh)
        for network in report.networks
        if network.ms is not None
    ]
    try:
        remember_speeds(speeds)
    except SinkError as error:
        log.warning("the times are not kept: %s", error)
