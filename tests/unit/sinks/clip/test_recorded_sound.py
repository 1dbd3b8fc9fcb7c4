"""A microphone's blocks in a file: where each sample lies, read back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cyclorama.core.frames import F32
from cyclorama.core.sound import SoundBlock
from cyclorama.sinks.clip.recorded_sound import FILLED_S, LATE_S, RATE, RecordedSound
from cyclorama.sinks.timeline import Timeline

START_NS = 10**12
BLOCK_S = 0.02
TONE_S = 0.1
NEAR_S = 0.004
"""AAC smears the beginning of a tone over some of its 21 ms long frames; this is the error that is left."""


def ns(time_s: float) -> int:
    return START_NS + round(time_s * 1e9)


class Source:
    """A tone of ``TONE_S`` from each of ``tones_s`` on, in blocks.

    ``missing_s``: a span that is not given, as the block after it says.
    """

    def __init__(
        self,
        tones_s: list[float],
        *,
        rate: int = 44_100,
        channels: int = 1,
        missing_s: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        self.rate, self.channels = rate, channels
        self._tones_s, self._missing_s = tones_s, missing_s
        self._next = 0
        self.now_s = 0.0

    def read(self) -> list[SoundBlock]:
        blocks = []
        while (begin_s := self._next * BLOCK_S) + BLOCK_S <= self.now_s + 1e-9:
            if not self._missing_s[0] <= begin_s < self._missing_s[1]:
                after_gap = 0 < self._missing_s[1] <= begin_s < self._missing_s[1] + BLOCK_S
                blocks.append(SoundBlock(self._samples(begin_s), ns(begin_s), after_gap=after_gap))
            self._next += 1
        return blocks

    def _samples(self, begin_s: float) -> F32:
        times = begin_s + np.arange(round(BLOCK_S * self.rate)) / self.rate
        on = np.any([(times >= at_s) & (times < at_s + TONE_S) for at_s in self._tones_s], axis=0)
        tone = np.where(on, 0.5 * np.sin(2 * np.pi * 1000 * times), 0.0)
        levels = (1.0, 0.25)[: self.channels]
        return np.stack([tone * level for level in levels], axis=1).astype(np.float32)


def record(
    path: Path, source: Source, timeline: Timeline, until_s: float, *, begin_ns: int = 0, end_s: float | None = None
) -> Path:
    """Take the sound every tenth of a second up to ``until_s``; the picture ends at ``end_s`` in the file."""
    with av.open(str(path), "w") as container:
        sound = RecordedSound(source, timeline, container)
        for step in range(1, round(until_s * 10) + 1):
            source.now_s = step / 10
            sound.mux(begin_ns, step / 10 - begin_ns / 1e9)
        sound.finish(begin_ns, until_s if end_s is None else end_s)
    return path


def running() -> Timeline:
    timeline = Timeline()
    timeline.run(START_NS)
    return timeline


def samples_of(path: Path) -> tuple[F32, float]:
    """float32 (N, channels), and the time of the first in seconds."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    assert {frame.sample_rate for frame in frames} == {RATE}
    return np.concatenate([frame.to_ndarray().T for frame in frames]).astype(np.float32), frames[0].time or 0.0


def tones_in(path: Path) -> list[float]:
    """When each tone begins, in seconds of the file."""
    samples, begin_s = samples_of(path)
    loud = np.flatnonzero(np.abs(samples[:, 0]) > 0.1) / RATE
    firsts = loud[np.flatnonzero(np.diff(loud, prepend=-1.0) > TONE_S / 2)]
    return [float(first) + begin_s for first in firsts]


def length_s(path: Path) -> float:
    samples, begin_s = samples_of(path)
    return begin_s + len(samples) / RATE


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm"])
def test_each_sample_lies_where_it_was_captured(tmp_path: Path, suffix: str) -> None:
    path = record(tmp_path / f"sound.{suffix}", Source([0.5, 1.25, 2.0]), running(), 3.0)
    assert tones_in(path) == pytest.approx([0.5, 1.25, 2.0], abs=NEAR_S)
    assert length_s(path) == pytest.approx(3.0, abs=0.03)


def test_places_count_from_the_first_picture(tmp_path: Path) -> None:
    path = record(tmp_path / "sound.mkv", Source([0.1, 0.5, 1.25]), running(), 2.0, begin_ns=250_000_000, end_s=1.75)
    assert tones_in(path) == pytest.approx([0.25, 1.0], abs=NEAR_S)
    assert length_s(path) == pytest.approx(1.75, abs=0.03)


def test_what_is_heard_before_the_recording_runs_is_not_in_it(tmp_path: Path) -> None:
    timeline, source = Timeline(), Source([0.2, 1.2])
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        sound = RecordedSound(source, timeline, container)
        source.now_s = 1.0
        sound.listen()
        assert sound._heard == [], "hours may pass before the recording runs"
        timeline.run(ns(1.0))
        source.now_s = 2.0
        sound.listen()
        sound.finish(0, 1.0)
    assert tones_in(path) == pytest.approx([0.2], abs=NEAR_S)


def test_a_pause_is_cut_out_to_the_sample(tmp_path: Path) -> None:
    timeline = running()
    timeline.pause(ns(1.01))  # in the middle of a block
    timeline.run(ns(1.5))
    path = record(tmp_path / "sound.mkv", Source([0.5, 1.01, 1.2, 1.75]), timeline, 2.5, end_s=2.01)
    assert tones_in(path) == pytest.approx([0.5, 1.26], abs=NEAR_S)
    assert length_s(path) == pytest.approx(2.01, abs=0.03)


def test_a_gap_in_the_sound_is_silence_and_moves_nothing(tmp_path: Path) -> None:
    source = Source([0.5, 1.1, 1.75], missing_s=(1.0, 1.3))
    path = record(tmp_path / "sound.mkv", source, running(), 2.5)
    assert tones_in(path) == pytest.approx([0.5, 1.75], abs=NEAR_S)
    assert length_s(path) == pytest.approx(2.5, abs=0.03)


def test_a_dead_microphone_leaves_silence_as_long_as_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "sound.mkv"
    with av.open(str(path), "w") as container:
        sound = RecordedSound(Source([0.5]), running(), container)
        sound.mux(0, LATE_S - 0.1)
        assert sound._end_s == 0, "it may still come"
        sound.mux(0, 3.0)
        assert sound._end_s == pytest.approx(3.0 - FILLED_S)
        sound.finish(0, 3.2)
    assert tones_in(path) == []
    assert length_s(path) == pytest.approx(3.2, abs=0.03)


def test_stereo_keeps_its_sides(tmp_path: Path) -> None:
    path = record(tmp_path / "sound.mkv", Source([0.5], channels=2, rate=48_000), running(), 1.0)
    samples, _ = samples_of(path)
    peaks = np.abs(samples).max(axis=0)
    assert peaks == pytest.approx([0.5, 0.125], rel=0.15)


def test_the_codec_follows_the_container(tmp_path: Path) -> None:
    for suffix, codec in (("mp4", "aac"), ("mkv", "aac"), ("webm", "opus")):
        path = record(tmp_path / f"sound.{suffix}", Source([]), running(), 0.5)
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            assert (stream.codec_context.name, stream.rate, stream.channels) == (codec, RATE, 1)
            assert stream.time_base <= Fraction(1, 1000)
