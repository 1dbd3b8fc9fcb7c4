"""Convert one clip: every frame, in order, with its presentation time and its sound."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

from cyclorama.capture.rate import at_rate
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.core.frames import Composite, Frame, Layout
from cyclorama.files.names import as_file
from cyclorama.files.targets import check_not_input
from cyclorama.pipeline.jobs.estimate import Estimate, Estimator
from cyclorama.pipeline.jobs.live import rate_for
from cyclorama.pipeline.runtime.build import Parts, open_parts
from cyclorama.pipeline.runtime.chain import Chain, run_chain
from cyclorama.pipeline.runtime.metrics import Metrics, StageTimes
from cyclorama.settings.values import Settings
from cyclorama.sinks.base import FileOptions, FileSink, OutputFormat
from cyclorama.sinks.open import open_file


@dataclass(frozen=True, slots=True)
class ConvertReport:
    """The result of a conversion. ``fps``: frames per second of wall time. ``encoder``: as ``libx264 (software)``."""

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
    on_estimate: Callable[[Estimate], None] = lambda estimate: None,
) -> ConvertReport:
    """Run the clip ``settings.source`` through the engine into ``target``.

    ``on_progress`` gets the number of frames done and of all frames (None where the container does not say);
    ``on_estimate``, once, how long the rest takes, of a network that offers a cheaper quality. If the source is
    truncated, the clip is finished with the frames before that, and CaptureError is raised. If ``target`` cannot be
    written any further, the playable part is left beside it, and the SinkError says where. After any other error, and
    after ``stop``, nothing is left. Raises SettingsError, CaptureError, ModelError, SinkError.
    """
    source_path = Path(settings.source)
    if source_path.is_file():
        settings = replace(settings, source=as_file(source_path))
    check_not_input(target, source_path, settings.compose.background)
    metrics = Metrics()
    sink = open_file(target, FileOptions(settings.overwrite, source_path, settings.capture.trim, settings.encoding))
    sink.check()
    with open_parts(settings, metrics, SystemClock(), live=False) as parts:
        fps = rate_for([sink], parts.fps)
        new_rate = fps if settings.capture.fps is not None or fps != parts.fps else None
        total = frame_count(parts, new_rate)
        estimator = Estimator(parts.network.model if parts.network else None, metrics, on_estimate)

        def on_frame(done: int) -> None:
            on_progress(done, total)
            estimator.frame(done, total)

        writer = _ClipWriter(sink, fps, parts.compositor.layout, on_frame)
        begin = time.perf_counter()
        with writer.kept_or_discarded():
            frames = partial(_prepared_frames, parts, new_rate)
            run_chain(frames, Chain(parts.engine, parts.compositor), writer.write, metrics, stop)
        writer.finish(source_path, stopped=stop.is_set())
        seconds = time.perf_counter() - begin
        return _report(source_path, target, writer, seconds, parts, metrics)


def _prepared_frames(parts: Parts, fps: Fraction | None, halt: threading.Event) -> Iterator[Frame]:
    """The source's frames at the output's size; ``fps``: the rate to convert them to, None keeps their own times."""
    frames = parts.source.frames(halt)
    return map(parts.prepare, frames if fps is None else at_rate(frames, fps))


class _ClipWriter:
    """Writes composites to a sink, and decides what becomes of the file when the conversion fails."""

    def __init__(self, sink: FileSink, fps: Fraction, layout: Layout, on_frame: Callable[[int], None]) -> None:
        """``on_frame`` gets the number of frames written, after each one."""
        self.sink = sink
        self.done = 0
        self._fps, self._layout, self._on_frame = fps, layout, on_frame

    def write(self, composite: Composite) -> None:
        """Write one frame; the first one gives the size and the time base with which the sink is opened."""
        if self.done == 0:
            self.sink.open(OutputFormat(composite.size_wh, self._fps, self._layout, composite.time_base))
        self.sink.write(composite)
        self.done += 1
        self._on_frame(self.done)

    def finish(self, source: Path, *, stopped: bool) -> None:
        """Close the file, or discard it if the conversion was stopped. Raises CaptureError where it has no frame."""
        if stopped:
            self.sink.abort()
        elif not self.done:
            raise CaptureError(f"{source} has no frame in the part that --trim names: check its times")
        else:
            self.sink.close()

    @contextmanager
    def kept_or_discarded(self) -> Iterator[None]:
        """Finish the file after a CaptureError, leave it beside the target after a SinkError, else discard it.

        Raises the error again; a SinkError then names the file that is left.
        """
        try:
            yield
        except CaptureError:
            if self.done:
                self.sink.close()
            raise
        except SinkError as error:
            kept = self.sink.leave()
            raise SinkError(f"{error}; what there is plays: {kept}" if kept else str(error)) from error
        except BaseException:
            self.sink.abort()
            raise


def _report(
    source: Path, target: Path, writer: _ClipWriter, seconds: float, parts: Parts, metrics: Metrics
) -> ConvertReport:
    model = parts.model
    return ConvertReport(
        str(source),
        str(target),
        writer.done,
        round(seconds, 3),
        round(writer.done / seconds, 2),
        model.name,
        model.provider,
        model.precision,
        writer.sink.encoder,
        metrics.stages(),
    )


def frame_count(parts: Parts, fps: Fraction | None) -> int | None:
    """The number of output frames, None where the container does not say; ``fps``: the target rate, if it changes."""
    info = parts.source.info
    if fps is None:
        return info.frame_count
    return None if info.duration_s is None else max(1, round(info.duration_s * fps))
