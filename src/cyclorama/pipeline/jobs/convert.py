"""A clip in, a clip out: every frame, in order, at its own time, with its sound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from cyclorama.capture.rate import at_rate
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.core.frames import Composite, Frame
from cyclorama.files.targets import check_not_input
from cyclorama.pipeline.jobs.live import rate_for
from cyclorama.pipeline.runtime.build import Parts, open_parts
from cyclorama.pipeline.runtime.chain import run_chain
from cyclorama.pipeline.runtime.metrics import Metrics, StageTimes
from cyclorama.settings.values import Settings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.open import open_file


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """What became of a clip. ``fps``: frames a second of wall time. ``encoder``: as ``libx264 (software)``."""

    source: str
    target: str
    frames: int
    seconds: float
    fps: float
    model: str
    provider: str
    precision: str
    encoder: str
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
    off is converted up to there, the clip is finished, and its CaptureError is raised. Where ``target`` cannot be
    written any further, what plays is left beside it, and the SinkError says where. After any other error, and when
    stopped, nothing is left. Raises SettingsError, CaptureError, ModelError, SinkError.
    """
    source_path = Path(settings.source)
    check_not_input(target, source_path, settings.compose.background)
    metrics = Metrics()
    sink = open_file(
        target,
        overwrite=settings.overwrite,
        audio_from=source_path,
        trim=settings.capture.trim,
        encoding=settings.encoding,
    )
    sink.check()
    with open_parts(settings, metrics, SystemClock(), live=False) as parts:
        fps = rate_for([sink], parts.fps)
        steady = settings.capture.fps is not None or fps != parts.fps
        total = frame_count(parts, fps if steady else None)
        done = 0

        def frames(halt: threading.Event) -> Iterator[Frame]:
            own = parts.source.frames(halt)
            return map(parts.prepare, at_rate(own, fps) if steady else own)

        def write(composite: Composite) -> None:
            nonlocal done
            if done == 0:
                layout, time_base = parts.compositor.layout, composite.time_base
                sink.open(OutputFormat(composite.size_wh, fps, layout, time_base))
            sink.write(composite)
            done += 1
            on_progress(done, total)

        begin = time.perf_counter()
        try:
            run_chain(frames, parts.engine, parts.compositor, write, metrics, stop)
        except CaptureError:
            if done:
                sink.close()
            raise
        except SinkError as error:
            kept = sink.leave()
            raise SinkError(f"{error}; what there is plays: {kept}" if kept else str(error)) from error
        except BaseException:
            sink.abort()
            raise
        if stop.is_set():
            sink.abort()
        elif not done:
            raise CaptureError(f"{source_path} has no frame in the part that --trim names: check its times")
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
            sink.encoder,
            metrics.stages(),
        )


def frame_count(parts: Parts, fps: Fraction | None) -> int | None:
    """How many frames there will be, as far as the container says; ``fps``: the rate that they are brought to."""
    info = parts.source.info
    if fps is None:
        return info.frame_count
    return None if info.duration_s is None else max(1, round(info.duration_s * fps))
