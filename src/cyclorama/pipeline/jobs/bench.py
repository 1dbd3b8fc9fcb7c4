"""Measure the speed of the pipeline on this machine, stage by stage, with a file or the demo as the source and no
sink."""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice

from cyclorama.capture.open import open_source
from cyclorama.core.clock import SystemClock
from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import Composite, Frame
from cyclorama.pipeline.jobs.live import run_live
from cyclorama.pipeline.runtime.build import LIVE_FPS, Parts, open_parts
from cyclorama.pipeline.runtime.chain import Chain, run_chain
from cyclorama.pipeline.runtime.metrics import Metrics, StageTimes
from cyclorama.settings.values import Settings

WARM_UP_FRAMES = 30
HELD_FRAMES = 16
"""Number of frames for ``memory``: enough for motion; 400 MB at 4K."""
ENGINE_STAGES = ("prepare", "motion", "temporal", "edges", "compose", "sink")


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What was measured. ``fps``: frames per second of wall time. ``cpu_cores``: processor seconds per second.
    ``latency``: from capture to sink, live only. ``beside_network_ms_p50``: see :func:`beside_network`."""

    mode: str
    source: str
    background: str
    model: str
    provider: str
    precision: str
    frames: int
    seconds: float
    fps: float
    cpu_cores: float
    beside_network_ms_p50: float
    latency_ms_p50: float | None
    latency_ms_p95: float | None
    dropped: dict[str, int]
    stages: dict[str, StageTimes]
    machine: str


def run_bench(
    settings: Settings, *, seconds: float, live: bool, stop: threading.Event, memory: bool = False
) -> BenchReport:
    """Measure for about ``seconds`` after a warm-up, as fast as possible, or, if ``live``, at the source's own rate.

    ``memory``: take frames from memory, without the cost of a camera or decoder. Raises SettingsError if ``live`` and
    ``memory`` are both set, and whatever opening the source, background and network raises.
    """
    if live and memory:
        raise SettingsError("--live and --memory exclude each other: frames in memory have no rate of their own")
    return _measure_live(settings, seconds, stop) if live else _measure_unpaced(settings, seconds, stop, memory=memory)


def beside_network(stages: dict[str, StageTimes]) -> float:
    """The sum of the medians of all stages between source and sink except the network, in ms per frame.

    The stages run one after the other for each frame, so their medians may be added.
    """
    return round(sum(stages[name].p50_ms for name in ENGINE_STAGES if name in stages), 3)


def _measure_unpaced(settings: Settings, seconds: float, stop: threading.Event, *, memory: bool) -> BenchReport:
    """Run the pipeline of files, which drops no frame, as fast as it goes."""
    metrics = Metrics()
    clock = SystemClock()
    enough = threading.Event()
    written = 0

    def write(composite: Composite) -> None:
        nonlocal written
        written += 1
        if written == WARM_UP_FRAMES:
            metrics.restart()
        if stop.is_set() or (written > WARM_UP_FRAMES and metrics.elapsed()[0] >= seconds):
            enough.set()

    with open_parts(settings, metrics, clock, live=False) as parts:
        held = list(islice(parts.source.frames(stop), HELD_FRAMES)) if memory else []
        run_chain(
            lambda halt: map(parts.prepare, ping_pong(held) if held else _looped(parts, settings, halt)),
            Chain(parts.engine, parts.compositor),
            write,
            metrics,
            enough,
        )
        wall_s, cpu_s = metrics.elapsed()
        mode = "flat out, frames in memory" if memory else "flat out"
        return _report(mode, settings, parts, metrics, metrics.counted("frames"), wall_s, cpu_s / wall_s)


def _looped(parts: Parts, settings: Settings, halt: threading.Event) -> Iterator[Frame]:
    """Repeat the source's frames until ``halt``; ``seq`` keeps increasing."""
    seq = 0
    for frame in parts.source.frames(halt):
        yield replace(frame, seq=seq)
        seq += 1
    while not halt.is_set():
        with open_source(settings.source, settings.capture, live=False) as source:
            for frame in source.frames(halt):
                yield replace(frame, seq=seq)
                seq += 1


def ping_pong(held: Sequence[Frame]) -> Iterator[Frame]:
    """Repeat ``held`` forwards and backwards without end, so that motion stays continuous; ``seq`` and time increase.

    Each frame is a new view of its pixels, because the engine caches results by array identity.
    """
    time_base = 1 / LIVE_FPS
    turn = 2 * max(1, len(held) - 1)
    for seq in count():
        at = seq % turn
        frame = held[min(at, turn - at) % len(held)]
        yield replace(frame, pixels=frame.pixels.view(), seq=seq, pts=seq, time_base=time_base)


def _measure_live(settings: Settings, seconds: float, stop: threading.Event) -> BenchReport:
    """Run a live session into the null sink; its counters restart after the warm-up."""
    metrics = Metrics()
    warm = threading.Timer(min(1.0, seconds / 4), metrics.restart)
    warm.name, warm.daemon = "cyclorama-warm-up", True
    warm.start()
    try:
        end = run_live(replace(settings, to=("null",), duration_s=seconds), stop=stop, metrics=metrics)
    finally:
        warm.cancel()
    return BenchReport(
        "live",
        settings.source,
        settings.compose.background,
        end.model,
        end.provider,
        end.precision,
        end.frames,
        end.seconds,
        end.fps,
        end.cpu_cores,
        beside_network(end.stages),
        end.latency_ms_p50,
        end.latency_ms_p95,
        end.dropped,
        end.stages,
        _machine(),
    )


def _report(
    mode: str, settings: Settings, parts: Parts, metrics: Metrics, frames: int, wall_s: float, cores: float
) -> BenchReport:
    model = parts.model
    stages = metrics.stages()
    return BenchReport(
        mode,
        settings.source,
        settings.compose.background,
        model.name,
        model.provider,
        model.precision,
        frames,
        round(wall_s, 3),
        round(frames / wall_s, 2),
        round(cores, 3),
        beside_network(stages),
        None,
        None,
        {},
        stages,
        _machine(),
    )


def _machine() -> str:
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
