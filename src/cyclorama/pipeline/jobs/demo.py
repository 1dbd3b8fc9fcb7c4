"""Demonstrate the engine without a camera: run the bundled portrait through the pipeline into a clip and a picture."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cyclorama.background.opening import open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.compose.contact_sheet import contact_sheet, tile
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import SinkError, reason
from cyclorama.core.frames import U8, Composite, Frame, Matte
from cyclorama.pictures.encode import save_picture
from cyclorama.pipeline.runtime.build import Parts, open_parts
from cyclorama.pipeline.runtime.chain import Chain, run_chain
from cyclorama.pipeline.runtime.metrics import Metrics, StageTimes
from cyclorama.pipeline.runtime.parts import Matter
from cyclorama.settings.values import CaptureSettings, ComposeSettings, Settings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink

SIZE_WH = (1280, 720)
FPS = 30
FRAMES = 150
"""Five seconds, which is the length of the demo source read as a file."""
BACKGROUND = "office"
TILES = ("none", "matte", "blur", BACKGROUND, "color:#2a9d8f", "transparent")
LABELS = ("original", "matte", "blur", "picture", "colour", "transparent")
SETTINGS = Settings(
    source="demo",
    capture=CaptureSettings(size_wh=SIZE_WH, fps=FPS),
    compose=ComposeSettings(background=BACKGROUND),
)


@dataclass(frozen=True, slots=True)
class DemoReport:
    """The files written, and the speed. ``fps``: frames per second of wall time, encoding included."""

    clip: str
    picture: str
    frames: int
    seconds: float
    fps: float
    model: str
    provider: str
    precision: str
    stages: dict[str, StageTimes]


class _MatteRecorder:
    """Wraps an engine and keeps the frame with number ``seq`` and its matte, for the contact sheet."""

    def __init__(self, engine: Matter, seq: int) -> None:
        self._engine = engine
        self.coarse = engine.coarse
        self.reset = engine.reset
        self._seq = seq
        self.kept: tuple[Frame, Matte] | None = None

    def refine(self, frame: Frame, matte: Matte) -> Matte:
        """Refine with the wrapped engine."""
        matte = self._engine.refine(frame, matte)
        if frame.seq == self._seq:
            self.kept = (frame, matte)
        return matte


def run_demo(
    out: Path,
    *,
    overwrite: bool,
    stop: threading.Event,
    on_progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> DemoReport:
    """Write ``demo.mp4`` and ``demo.png`` into the folder ``out``, which is created if needed.

    Raises SinkError where they cannot be written, ModelError where the bundled files are missing.
    """
    clip, picture = out / "demo.mp4", out / "demo.png"
    _make_folder(out)
    if picture.exists() and not overwrite:
        raise SinkError(f"{picture} exists: give --overwrite to replace it, or another --out")
    metrics = Metrics()
    with open_parts(SETTINGS, metrics, SystemClock(), live=False) as parts:
        assert parts.engine is not None
        recorder = _MatteRecorder(parts.engine, FRAMES // 2)
        sink = ClipSink(clip, overwrite=overwrite)
        begin = time.perf_counter()
        done = _write_clip(parts, recorder, sink, metrics, stop, on_progress)
        seconds = time.perf_counter() - begin
        if stop.is_set() or recorder.kept is None:
            sink.abort()
        else:
            sink.close()
            save_picture(picture, _sheet(*recorder.kept), overwrite=overwrite)
        return _report(clip, picture, done, seconds, parts, metrics)


def _write_clip(
    parts: Parts,
    engine: Matter,
    sink: ClipSink,
    metrics: Metrics,
    stop: threading.Event,
    on_progress: Callable[[int, int | None], None],
) -> int:
    """Run the source through ``engine`` into ``sink`` until it ends or ``stop``; return the number of frames."""
    done = 0

    def write(composite: Composite) -> None:
        nonlocal done
        if done == 0:
            sink.open(OutputFormat(composite.size_wh, Fraction(FPS), time_base=composite.time_base))
        sink.write(composite)
        done += 1
        on_progress(done, FRAMES)

    try:
        run_chain(
            lambda halt: map(parts.prepare, parts.source.frames(halt)),
            Chain(engine, parts.compositor),
            write,
            metrics,
            stop,
        )
    except BaseException:
        sink.abort()
        raise
    return done


def _report(clip: Path, picture: Path, frames: int, seconds: float, parts: Parts, metrics: Metrics) -> DemoReport:
    model = parts.model
    return DemoReport(
        str(clip),
        str(picture),
        frames,
        round(seconds, 3),
        round(frames / seconds, 2),
        model.name,
        model.provider,
        model.precision,
        metrics.stages(),
    )


def _sheet(frame: Frame, matte: Matte) -> U8:
    """Draw the contact sheet: one frame of the demo with each kind of background, BGR uint8."""
    tiles = []
    for name, label in zip(TILES, LABELS, strict=True):
        settings = ComposeSettings(background=name)
        compositor = Compositor(open_background(name), settings, frame.size_wh, finds_rims=True)
        with closing(compositor):
            tiles.append(tile(compositor.compose(frame, matte), label))
    return contact_sheet(tiles, columns=3)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SinkError(f"cannot make the folder {folder}: {reason(error)}; give --out another one") from error
