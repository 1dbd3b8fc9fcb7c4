"""Metrics of the pipeline as data: time per stage, drops by place, latency, rate, CPU use."""

from __future__ import annotations

import threading
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median

import numpy as np
from numpy.typing import NDArray

WINDOW = 4096
"""Samples kept per stage: two minutes at 30 fps, or all of a short clip."""
RATE_WINDOW_S = 2.0
RECENT = 60
"""Samples that say how fast a stage is now: two seconds at 30 fps."""


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Median and 95th percentile of one stage's wall time in milliseconds, over ``count`` samples."""

    p50_ms: float
    p95_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class RecordingStatus:
    """State of a recording. ``seconds``: recorded time without pauses. ``starts_in``: whole seconds until it begins,
    None from then on. ``microphone``: its name, None without sound. ``level``: its recent peak, 0 to 1. ``target``: the
    file, or files. ``ended``: finished, or it could not be written."""

    seconds: float
    paused: bool = False
    starts_in: int | None = None
    microphone: str | None = None
    level: float = 0.0
    target: str = ""
    ended: bool = False


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """What is known of the empty room. ``words``: for people. ``since``: Unix time at which it was learned, None while
    it is not known. ``starts_in``: whole seconds until it is captured, 0 while it is, None while no capture runs.
    ``refused``: why the last capture failed; empty if the room was learned since then."""

    words: str
    since: float | None = None
    starts_in: int | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state of a session at one moment, for the status line, the statistics file and the report.

    ``fps``: composites per second that sinks got (over the last two seconds; over the whole run in a final report).
    ``captured_fps``: frames per second that the source gave, over the last two seconds. ``recent_ms``: median time of
    each stage lately, where ``stages`` goes back further.
    ``latency``: from capture to sink, milliseconds. ``dropped``: frames by the place that dropped them. ``cards``:
    times a sink was given the privacy card. ``matte_age``: frames since the network last ran. ``cpu_cores``: CPU
    seconds per second. ``fault``: what is wrong right now. ``away``: name of the away picture while it is shown.
    ``on_demand``: how viewers are detected, None if they cannot be and the source always runs. ``idle``: nobody
    watches, the source is released. ``encoders``: of the output files, as ``libx264 (software)``. ``note``: what
    differs from the settings. ``recording``: None if no clip is recorded. ``room``: what is known of the empty room.
    """

    state: str
    seconds: float
    frames: int
    fps: float
    latency_ms_p50: float | None
    latency_ms_p95: float | None
    dropped: dict[str, int]
    cards: int
    matte_age: int
    model: str
    provider: str
    precision: str
    capture_mode: str
    cpu_cores: float
    fault: str | None
    sinks: list[str] = field(default_factory=list)
    encoders: list[str] = field(default_factory=list)
    stages: dict[str, StageTimes] = field(default_factory=dict)
    away: str | None = None
    on_demand: str | None = None
    idle: bool = False
    note: str = ""
    recording: RecordingStatus | None = None
    captured_fps: float = 0.0
    recent_ms: dict[str, float] = field(default_factory=dict)
    room: RoomStatus = RoomStatus("not known yet")


def percentiles(samples_ms: NDArray[np.float64]) -> StageTimes | None:
    """Median, 95th percentile and count; None without samples."""
    if not samples_ms.size:
        return None
    p50, p95 = np.percentile(samples_ms, (50, 95))
    return StageTimes(round(float(p50), 3), round(float(p95), 3), samples_ms.size)


class Samples:
    """Ring buffer of the newest ``WINDOW`` numbers, allocated once, so that a long session needs no more memory."""

    def __init__(self) -> None:
        self._numbers = array("d", bytes(8 * WINDOW))
        self._count = 0

    def append(self, number: float) -> None:
        """Add a number, which replaces the oldest when full."""
        self._numbers[self._count % WINDOW] = number
        self._count += 1

    def numbers(self) -> NDArray[np.float64]:
        """A copy, in no particular order."""
        return np.array(self._numbers[: self._count])

    def newest(self, count: int) -> list[float]:
        """A copy of the newest ``count``, or of all if there are fewer; the newest first."""
        return [self._numbers[(self._count - 1 - back) % WINDOW] for back in range(min(count, self._count, WINDOW))]


class Rate:
    """Events per second over the last ``RATE_WINDOW_S``, from the first one on: right from the second event."""

    def __init__(self) -> None:
        self._times_ns: deque[int] = deque()

    def add(self, now_ns: int) -> None:
        """Count an event."""
        self._times_ns.append(now_ns)
        self._forget(now_ns)

    def per_second(self, now_ns: int) -> float:
        """The rate; 0.0 with fewer than two events."""
        self._forget(now_ns)
        if len(self._times_ns) < 2 or now_ns == self._times_ns[0]:  # Windows counts in steps of 16 ms
            return 0.0
        return (len(self._times_ns) - 1) * 1e9 / (now_ns - self._times_ns[0])

    def _forget(self, now_ns: int) -> None:
        while self._times_ns and now_ns - self._times_ns[0] >= RATE_WINDOW_S * 1e9:
            self._times_ns.popleft()


class Metrics:
    """Collects samples and counts from all threads; each read returns a consistent copy."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stages: dict[str, Samples] = {}
        self._latency_ms = Samples()
        self._captured, self._shown = Rate(), Rate()
        self._shown_seq = -1
        self._counts: Counter[str] = Counter()
        self._started_ns = time.monotonic_ns()
        self._cpu_started_s = time.process_time()
        self._last_cpu = (self._started_ns, self._cpu_started_s)
        self.matte_age = 0

    def restart(self) -> None:
        """Drop all samples and restart the clock, after a warm-up."""
        with self._lock:
            self._stages.clear()
            self._latency_ms = Samples()
            self._captured, self._shown = Rate(), Rate()
            self._counts.clear()
            self._started_ns = time.monotonic_ns()
            self._cpu_started_s = time.process_time()
            self._last_cpu = (self._started_ns, self._cpu_started_s)

    @contextmanager
    def timer(self, stage: str) -> Iterator[None]:
        """Time the block as one sample of ``stage``."""
        begin = time.perf_counter_ns()
        try:
            yield
        finally:
            self.add(stage, (time.perf_counter_ns() - begin) / 1e6)

    def add(self, stage: str, milliseconds: float) -> None:
        """Record one sample of ``stage``."""
        with self._lock:
            samples = self._stages.get(stage)
            if samples is None:
                samples = self._stages[stage] = Samples()
            samples.append(milliseconds)

    def captured(self) -> None:
        """Count a frame that the source gave."""
        now = time.monotonic_ns()
        with self._lock:
            self._captured.add(now)

    def shown(self, seq: int, captured_ns: int | None) -> None:
        """Count frame ``seq`` once, when the first sink gets it. ``captured_ns``: None = do not record a latency."""
        now = time.monotonic_ns()
        with self._lock:
            if seq <= self._shown_seq:
                return
            self._shown_seq = seq
            self._shown.add(now)
            self._counts["frames"] += 1
            if captured_ns is not None:
                self._latency_ms.append((now - captured_ns) / 1e6)

    def count(self, what: str) -> None:
        """Count one occurrence of ``what``."""
        with self._lock:
            self._counts[what] += 1

    def counted(self, what: str) -> int:
        """The count of ``what``."""
        with self._lock:
            return self._counts[what]

    def stages(self) -> dict[str, StageTimes]:
        """Times per stage, in the order in which the stages first ran."""
        with self._lock:
            samples = {name: values.numbers() for name, values in self._stages.items()}
        summary = {name: percentiles(values) for name, values in samples.items()}
        return {name: times for name, times in summary.items() if times is not None}

    def recent_ms(self) -> dict[str, float]:
        """Median time of each stage over its newest ``RECENT`` samples, in milliseconds."""
        with self._lock:
            samples = {name: values.newest(RECENT) for name, values in self._stages.items()}
        return {name: round(median(values), 3) for name, values in samples.items()}

    def latency(self) -> StageTimes | None:
        """Latency from capture to sink."""
        with self._lock:
            samples = self._latency_ms.numbers()
        return percentiles(samples)

    def elapsed(self) -> tuple[float, float]:
        """Wall time since the start, and CPU time used since, in seconds."""
        with self._lock:
            return (time.monotonic_ns() - self._started_ns) / 1e9, time.process_time() - self._cpu_started_s

    def frames_per_second(self) -> float:
        """Rate of new frames at the sinks over the last two seconds."""
        with self._lock:
            return self._shown.per_second(time.monotonic_ns())

    def captured_per_second(self) -> float:
        """Rate of frames from the source over the last two seconds."""
        with self._lock:
            return self._captured.per_second(time.monotonic_ns())

    def cpu_cores(self) -> float:
        """CPU use since the last call, in cores. One caller only."""
        with self._lock:
            now = (time.monotonic_ns(), time.process_time())
            wall_s, cpu_s = (now[0] - self._last_cpu[0]) / 1e9, now[1] - self._last_cpu[1]
            self._last_cpu = now
        return cpu_s / wall_s if wall_s > 0 else 0.0
