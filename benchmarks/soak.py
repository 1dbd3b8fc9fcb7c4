"""Does a session that runs for long stay as it is? Memory, threads, descriptors and the beat, with a verdict.

    python benchmarks/soak.py --minutes 10 --size 320x180 --fps 15

A live session of the package's own parts (demo source, the bundled network, compositor) sends to a sink whose viewers
leave for a few seconds every now and then, so that the source is released and opened again. One sample a second. After
the warm-up, the last quarter is held against the first: resident memory within 2 %, no threads or descriptors more,
and no tick of the output missed. The rate is that of the sink's own clock, while it is watched; and
it says how soon the picture was there for a viewer who came back.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from fractions import Fraction

import psutil

from cyclorama.background.opening import open_background
from cyclorama.capture.demo import DemoSource
from cyclorama.capture.watchdog import Reopening
from cyclorama.compose.compositor import Compositor
from cyclorama.core.frames import Composite, CompositeKind, SizeWH
from cyclorama.core.opencv import one_thread_each
from cyclorama.matting.engine.engine import MattingEngine
from cyclorama.matting.open import open_model
from cyclorama.pipeline.runtime.parts import SessionContext, SessionParts
from cyclorama.pipeline.runtime.session import Session
from cyclorama.settings.values import ComposeSettings, MattingSettings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.null import NullSink

WARM_UP = 0.2
"""Share of the run that is left out: libraries fill their pools, histories reach their length."""
FLAT = 0.02
PASSING_THREADS = 1
"""A slow network's run beside the pipeline, which comes and goes; what leaks is one more with every break."""
AWAY_S = 4.0
AWAY_EVERY_S = 30.0
"""How long, and how often, nobody watches."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The process at one moment."""

    seconds: float
    rss_mib: float
    threads: int
    descriptors: int
    missed: int
    frames: int


class WatchedSink(NullSink):
    """Takes everything; somebody watches but for a while now and then. Measures the rate while it is watched."""

    knows_viewers = "by the soak"

    def __init__(self) -> None:
        super().__init__()
        self.rates: list[tuple[int, float]] = []
        self.returns: list[float] = []
        """Seconds from somebody's coming to the first picture that is no card."""
        self._waits = False
        self._begin = time.monotonic()
        self._first: float | None = None
        self._last, self._count = 0.0, 0

    def watched(self) -> bool:
        """Whether the soak has somebody watch now."""
        return (time.monotonic() - self._begin) % AWAY_EVERY_S < AWAY_EVERY_S - AWAY_S

    def write(self, composite: Composite) -> None:
        """Count; while nobody watches, and for a second after that, the rate is another one."""
        super().write(composite)
        now = time.monotonic()
        if not self.watched():
            self.end_stretch()
            self._waits = True
            return
        if self._waits and composite.kind is CompositeKind.COMPOSITE:
            self.returns.append((now - self._begin) % AWAY_EVERY_S)
            self._waits = False
        if self._first is not None:
            self._last, self._count = now, self._count + 1
        elif (now - self._begin) % AWAY_EVERY_S > 1.0:
            self._first, self._count = now, 1

    def end_stretch(self) -> None:
        """Keep the rate of the stretch that is over."""
        if self._first is not None and self._count > 10:
            self.rates.append((self._count - 1, self._last - self._first))
        self._first = None

    @property
    def fps(self) -> float:
        """Composites a second over all stretches."""
        seconds = sum(span for _, span in self.rates)
        return sum(count for count, _ in self.rates) / seconds if seconds else 0.0


def soak(
    seconds: float, size_wh: SizeWH, fps: float, on_sample: Callable[[Sample], None] = lambda sample: None
) -> tuple[list[Sample], WatchedSink]:
    """Run a session and sample it every second; returns the samples and the sink."""
    one_thread_each()
    sink = WatchedSink()
    rate = Fraction(fps).limit_denominator(1001)
    with ExitStack() as stack:
        model = stack.enter_context(open_model("auto", live=True))
        compositor = Compositor(open_background("color:#204060"), ComposeSettings(), size_wh)
        stack.callback(compositor.close)
        engine = MattingEngine(model, MattingSettings(), target_fps=fps)
        stack.callback(engine.close)
        source = Reopening(lambda: DemoSource(size_wh, fps, live=True))
        card = compositor.card(time.monotonic_ns(), "starting", 0.0)
        session = Session(
            SessionParts(source, engine, compositor, card),
            [sink],
            OutputFormat(size_wh, rate, compositor.layout),
            SessionContext(on_demand=True),
        )
        session.start()
        try:
            samples = sampled(session, seconds, on_sample)
        finally:
            session.close()
    sink.end_stretch()
    return samples, sink


def sampled(
    session: Session, seconds: float, on_sample: Callable[[Sample], None] = lambda sample: None
) -> list[Sample]:
    """A sample every second of a session that runs in this process."""
    process, samples, begin, tick = psutil.Process(), [], time.monotonic(), threading.Event()
    while (now := time.monotonic() - begin) < seconds and not session.stop_event.is_set():
        rss = process.memory_info().rss / 2**20
        missed, frames = session.dropped["output"], session.metrics.counted("frames")
        samples.append(Sample(round(now, 1), rss, process.num_threads(), process.num_fds(), missed, frames))
        on_sample(samples[-1])
        tick.wait(1.0)
    return samples


def verdict(samples: list[Sample]) -> dict[str, object]:
    """The first quarter after the warm-up against the last."""
    steady = samples[int(len(samples) * WARM_UP) :]
    quarter = max(1, len(steady) // 4)
    first, last = steady[:quarter], steady[-quarter:]
    before, after = (statistics.median(s.rss_mib for s in part) for part in (first, last))
    growth = after / before - 1
    more_threads = min(s.threads for s in last) - min(s.threads for s in first)
    more_descriptors = min(s.descriptors for s in last) - min(s.descriptors for s in first)
    missed = steady[-1].missed - steady[0].missed
    return {
        "rss_mib": [round(before, 1), round(after, 1)],
        "rss_growth": round(growth, 4),
        "more_threads": more_threads,
        "more_descriptors": more_descriptors,
        "missed_ticks": missed,
        "steady": abs(growth) <= FLAT and more_threads <= PASSING_THREADS and more_descriptors <= 0,
        "kept_beat": missed == 0,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--size", default="320x180", help="WIDTHxHEIGHT")
    parser.add_argument("--fps", type=float, default=30.0)
    parser.add_argument("--samples", action="store_true", help="all samples in the result, too")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))

    def tell(sample: Sample) -> None:
        if round(sample.seconds) % 60 == 0:
            print(f"{sample.seconds:6.0f} s  {sample.rss_mib:7.1f} MiB  {sample.threads} threads", file=sys.stderr)

    samples, sink = soak(given.minutes * 60, (width, height), given.fps, tell)
    result = {
        "seconds": samples[-1].seconds,
        "frames": samples[-1].frames,
        "fps": round(sink.fps, 3),
        **verdict(samples),
    }
    if sink.returns:
        waited = statistics.median(sink.returns), max(sink.returns)
        result["picture_after_s"] = {"p50": round(waited[0], 2), "max": round(waited[1], 2)}
    if given.samples:
        result["samples"] = [asdict(sample) for sample in samples]
    print(json.dumps(result, indent=2))
    return 0 if result["steady"] else 1


if __name__ == "__main__":
    sys.exit(main())
