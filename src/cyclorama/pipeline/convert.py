"""A clip in, a clip out: every frame, in order, at its own time, with its sound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cyclorama.clock import SystemClock
from cyclorama.errors import CaptureError, SettingsError
from cyclorama.frames import Composite
from cyclorama.pipeline.build import open_parts
from cyclorama.pipeline.chain import run_chain
from cyclorama.pipeline.metrics import Metrics, StageTimes
from cyclorama.settings import Settings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip import ClipSink


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What became of a clip. ``fps``: frames a second of wall time."""

    source: str
    target: str
    frames: int
    seconds: float
    fps: float
    model: str
    provider: str
    precision: str
    stages: dict[str, StageTimes]


def convert(
    settings: Settings,
    target: Path,
    *,
    stop: threading.Event,
    on_progress: Callable[[int, int | None], None] = lambda done, total: None,
) -> ConvertReport:
    """Run the clip ``settings.source`` through the engine into ``target``.

    ``on_progress`` gets frames done and frames in all (None where the container does not say). A source that breaks
    off is converted up to there, the clip is finished, and its CaptureError is raised. After any other error, and
    when stopped, nothing is left at ``target``. Raises SettingsError, CaptureError, ModelError, SinkError.
    """
    source_path = Path(settings.source)
    if target.exists() and source_path.exists() and target.samefile(source_path):
        raise SettingsError(f"{target} is both input and output: give the output another name")
    metrics = Metrics()
    sink = ClipSink(target, overwrite=settings.overwrite, audio_from=source_path)
    sink.check()
    with open_parts(settings, metrics, SystemClock(), live=False) as parts:
        total = parts.source.info.frame_count
        done = 0

        def write(composite: Composite) -> None:
            nonlocal done
            if done == 0:
                layout, time_base = parts.compositor.layout, composite.time_base
                sink.open(OutputFormat(composite.size_wh, parts.fps, layout, time_base))
            sink.write(composite)
            done += 1
            on_progress(done, total)

        begin = time.perf_counter()
        try:
            run_chain(
                lambda halt: map(parts.prepare, parts.source.frames(halt)),
                parts.engine,
                parts.compositor,
                write,
                metrics,
                stop,
            )
        except CaptureError:
            if done:
                sink.close()
            raise
        except BaseException:
            sink.abort()
            raise
        if stop.is_set():
            sink.abort()
        else:
            sink.close()
        seconds = time.perf_counter() - begin
        model = parts.model
        return ConvertReport(
            str(source_path),
            str(target),
            done,
            round(seconds, 3),
            round(done / seconds, 2),
            model.name,
            model.provider,
            model.precision,
            metrics.stages(),
        )
