"""The sound track of a recording: a microphone's blocks, resampled onto the clock of the pictures."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.filter import Graph

from cyclorama.core.frames import F32
from cyclorama.core.sound import SoundSource
from cyclorama.sinks.clip.copied_sound import TRANSCODE_TO, is_priming, sound_named
from cyclorama.sinks.clip.sample_clock import SampleClock
from cyclorama.sinks.timeline import Timeline

RATE = 48_000
LAYOUTS = {1: "mono", 2: "stereo"}
MICROSECOND = Fraction(1, 1_000_000)
STRETCH = (
    # libswresample holds its output to the blocks' timestamps: it stretches by 1 % at most for a sound card that runs
    # fast or slow, fills gaps of more than 20 ms with silence, and drops overlaps of as much
    f"{RATE}:async={RATE // 100}:min_comp=0.001:comp_duration=1:min_hard_comp=0.02:first_pts=0"
)
LATE_S, FILLED_S = 1.0, 0.5
"""Sound that is later than LATE_S is replaced by silence, up to FILLED_S before the picture."""


class RecordedSound:
    """One sound track, AAC or (WebM) Opus, from the blocks that ``source`` gives while ``timeline`` runs.

    The track stays in sync with the picture whatever the source does: a microphone that dies leaves silence.
    """

    start = Fraction(0)

    def __init__(self, source: SoundSource, timeline: Timeline, container: OutputContainer) -> None:
        """Add the track to ``container``."""
        self._source = source
        self._timeline = timeline
        self._container = container
        self._clock = SampleClock(source.rate)
        self._heard: list[tuple[F32, float]] = []
        self._end_s = 0.0
        layout = LAYOUTS[source.channels]
        stream = container.add_stream(TRANSCODE_TO.get(container.format.name, "aac"), rate=RATE, layout=layout)
        assert isinstance(stream, AudioStream)
        self._stream = stream
        self._layout = layout
        self._graph = Graph()
        entry = self._graph.add_abuffer(
            sample_rate=source.rate, format="flt", layout=layout, channels=source.channels, time_base=MICROSECOND
        )
        stretch = self._graph.add("aresample", STRETCH)
        self._out = self._graph.add("abuffersink")
        entry.link_to(stretch)
        stretch.link_to(self._out)
        self._graph.configure()
        self._in = entry

    def listen(self) -> None:
        """Drain the source; blocks are kept for ``mux`` once the recording has started."""
        for block in self._source.read():
            begin_ns = self._clock.begin_ns(block)
            if self._timeline.started:
                self._heard.append((block.samples, begin_ns))

    def mux(self, begin_ns: int, time_s: float) -> None:
        """Write the blocks so far.

        ``begin_ns``: the file's time zero in the recording. ``time_s``: the picture's time in the file.
        """
        self.listen()
        for samples, heard_ns in self._heard:
            self._add(samples, heard_ns, begin_ns)
        self._heard.clear()
        if self._end_s < time_s - LATE_S:
            self._fill(time_s - FILLED_S)

    def finish(self, begin_ns: int, end_s: float) -> None:
        """Write the rest, up to the end of the picture, and flush the encoder."""
        self.mux(begin_ns, end_s)
        if self._end_s < end_s:
            self._fill(end_s)
        self._in.push(None)
        self._encode(self._ready())
        self._container.mux(self._stream.encode(None))

    def _add(self, samples: F32, heard_ns: float, begin_ns: int) -> None:
        """The recorded parts of one block."""
        rate = self._source.rate
        for low_ns, high_ns, placed_ns in self._timeline.cut(
            round(heard_ns), round(heard_ns + 1e9 * len(samples) / rate)
        ):
            first = round((low_ns - heard_ns) * rate / 1e9)
            last = round((high_ns - heard_ns) * rate / 1e9)
            at_s = (placed_ns - begin_ns) / 1e9
            if last > first and at_s + (last - first) / rate > 0:
                self._push(samples[first:last], at_s)

    def _fill(self, until_s: float) -> None:
        count = round((until_s - self._end_s) * self._source.rate)
        self._push(np.zeros((count, self._source.channels), np.float32), self._end_s)

    def _push(self, samples: F32, at_s: float) -> None:
        packed = np.ascontiguousarray(samples, np.float32).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="flt", layout=self._layout)
        frame.sample_rate = self._source.rate
        frame.pts, frame.time_base = round(at_s * 1e6), MICROSECOND
        self._in.push(frame)
        self._end_s = max(self._end_s, at_s + len(samples) / self._source.rate)
        self._encode(self._ready())

    def _ready(self) -> Iterator[av.AudioFrame]:
        while True:
            try:
                frame = self._out.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, av.AudioFrame)
            yield frame

    def _encode(self, frames: Iterator[av.AudioFrame]) -> None:
        with sound_named("the microphone's sound"):
            for frame in frames:
                for packet in self._stream.encode(frame):
                    if not is_priming(packet, self._container.format.name):
                        self._container.mux_one(packet)
