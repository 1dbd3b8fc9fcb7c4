"""Recordings: sound and picture of a decoded file, from a camera and a microphone whose every moment is known."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pytest

from cyclorama.core.frames import U8, Composite, CompositeKind, Layout
from cyclorama.core.sound import SoundBlock
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink
from cyclorama.sinks.timeline import Timeline

Watch = Callable[[Path], Any]
SIZE = (32, 32)
START_NS = 10**12
LATENCY_S = 0.08
"""From a picture's capture to the sink: sound that was captured meanwhile is there by then."""
FLASH_S, CLICK_S = 0.1, 0.05
IN_STEP_MS = 5.0
"""Of the 40 that a viewer may see; the picture's own raster comes on top, and is known here."""


class StudioMicrophone:
    """Clicks at every whole second of true time, heard by a sound card that tells its times with a jitter.

    It is ``ppm`` too fast, and from ``turn_s`` on as much too slow. ``dead``, ``lost``: spans in seconds in which
    nothing comes, or sound is lost without a word.
    """

    channels = 1

    def __init__(
        self,
        *,
        ppm: float = 0.0,
        turn_s: float = 1e9,
        rate: int = 48_000,
        dead: tuple[float, float] = (0, 0),
        lost: tuple[float, float] = (0, 0),
        block_s: float = 0.02,
    ) -> None:
        self.rate = rate
        self._block_s = block_s
        self.now_s = 0.0
        self._ppm, self._turn_s = ppm, turn_s
        self._dead, self._lost = dead, lost
        self._next_s = 0.0
        self._random = np.random.default_rng(7)

    def read(self) -> list[SoundBlock]:
        count, blocks = round(self.rate * self._block_s), []
        while self._next_s + self._block_s + 0.03 <= self.now_s:
            off = self._ppm * (1e-6 if self._next_s < self._turn_s else -1e-6)
            times = self._next_s + np.arange(count) / (self.rate * (1 + off))
            self._next_s += count / (self.rate * (1 + off))
            if any(low <= times[0] < high for low, high in (self._dead, self._lost)):
                continue
            click = np.where(times % 1.0 < CLICK_S, 0.5 * np.sin(2 * np.pi * 1000 * times), 0)
            said = times[0] + self._random.uniform(-0.005, 0.005)
            blocks.append(SoundBlock(click.astype(np.float32)[:, None], START_NS + round(said * 1e9)))
        return blocks


def picture(time_s: float, seq: int) -> Composite:
    """White in the first moments of every second, else black."""
    level = 255 if (time_s + 1e-6) % 1.0 < FLASH_S else 0
    pixels: U8 = np.full((SIZE[1], SIZE[0], 3), level, np.uint8)
    return Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, seq, START_NS + round(time_s * 1e9))


def record(
    path: Path,
    microphone: StudioMicrophone | None,
    seconds: float,
    *,
    fps: int = 20,
    begin_s: float = 0.5,
    pauses: list[tuple[float, float]] | None = None,
) -> Timeline:
    """Record from ``begin_s`` on; a camera's pictures lie at exact multiples of 1/fps."""
    timeline = Timeline()
    orders: list[tuple[float, Callable[[int], None]]] = [(begin_s, timeline.run)]
    for low, high in pauses or []:
        orders += [(low, timeline.pause), (high, timeline.run)]
    with ClipSink(path, timeline=timeline, microphone=microphone) as sink:
        sink.open(OutputFormat(SIZE, Fraction(fps)))
        for seq in range(round(seconds * fps)):
            time_s = seq / fps
            while orders and orders[0][0] <= time_s + LATENCY_S:
                at_s, order = orders.pop(0)
                order(START_NS + round(at_s * 1e9))
            if microphone is not None:
                microphone.now_s = time_s + LATENCY_S
            sink.write(picture(time_s, seq))
    return timeline


@pytest.fixture(scope="module")
def watch(watched: ModuleType) -> Watch:
    """Decode a recording."""
    decode: Watch = watched.watch
    return decode


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_lips_and_voice_match_in_every_container(tmp_path: Path, watch: Watch, extension: str, rate: int) -> None:
    path = tmp_path / f"clip.{extension}"
    record(path, StudioMicrophone(rate=rate), 6)
    seen = watch(path)
    assert len(seen.flashes) >= 5
    assert np.abs(seen.off_ms).max() < IN_STEP_MS, seen.off_ms
    assert seen.flashes[0] == pytest.approx(0.5, abs=0.03), "begins where the recording did"
    assert seen.times[0] == pytest.approx(0, abs=0.03)
    assert seen.sound_s == pytest.approx(5.5, abs=0.15)


def test_a_recording_that_begins_within_a_block_of_sound_has_that_blocks_end(tmp_path: Path, watch: Watch) -> None:
    path = tmp_path / "clip.mp4"
    record(path, StudioMicrophone(block_s=0.4), 3.5, begin_s=0.9)  # there is one from 0.8 to 1.2
    seen = watch(path)
    assert seen.clicks[:2] == pytest.approx([0.1, 1.1], abs=0.01)
    assert np.abs(seen.off_ms).max() < IN_STEP_MS, seen.off_ms


def test_in_sync_over_ten_minutes_with_a_sound_card_that_runs_fast_and_then_slow(tmp_path: Path, watch: Watch) -> None:
    path = tmp_path / "long.mp4"
    record(path, StudioMicrophone(ppm=200, turn_s=300), 600.5, fps=10)
    seen = watch(path)
    assert len(seen.flashes) == 600
    assert np.abs(seen.off_ms).max() < IN_STEP_MS, seen.off_ms
    assert seen.times[-1] == pytest.approx(600, abs=0.15)
    assert seen.sound_s == pytest.approx(600, abs=0.2)


@pytest.mark.parametrize("extension", ["mp4", "webm"])
def test_a_pause_cuts_sound_and_picture_together(tmp_path: Path, watch: Watch, extension: str) -> None:
    path = tmp_path / f"clip.{extension}"
    timeline = record(path, StudioMicrophone(), 9, pauses=[(2.3, 4.7), (5.2, 6.8)])
    seen = watch(path)
    # true seconds 1, 2, 5, 7, 8 are recorded, each earlier by what was left out before it
    assert seen.flashes == pytest.approx([0.5, 1.5, 2.1, 2.5, 3.5], abs=0.06)
    assert np.abs(seen.off_ms).max() < 1000 / 20 / 2 + IN_STEP_MS, "the picture's raster moves with each cut"
    assert max(np.diff(seen.times)) < 0.11, "no gap"
    length = timeline.length_ns(START_NS + 9 * 10**9) / 1e9
    assert length == pytest.approx(4.5)
    assert seen.times[-1] == pytest.approx(length, abs=0.1)
    assert seen.sound_s == pytest.approx(length, abs=0.15)


def test_a_microphone_that_dies_leaves_silence_and_may_come_back(tmp_path: Path, watch: Watch) -> None:
    path = tmp_path / "clip.mp4"
    record(path, StudioMicrophone(dead=(2.5, 6.5)), 10)
    seen = watch(path)
    assert seen.sound_s == pytest.approx(9.5, abs=0.15), "as long as the picture"
    assert seen.clicks == pytest.approx([0.5, 1.5, 6.5, 7.5, 8.5], abs=0.02)
    assert seen.sound[round(2.2 * 48_000) : round(5.8 * 48_000)].max() < 0.01


def test_the_silence_lasts_until_the_last_picture_has_been_shown(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    record(path, StudioMicrophone(dead=(0.4, 99)), 2, fps=5, begin_s=0)
    with av.open(str(path)) as container:
        picture, sound = (float(stream.duration * stream.time_base) for stream in container.streams)
    assert picture == pytest.approx(2.0, abs=0.001)
    assert sound == pytest.approx(picture, abs=0.03), "a fifth of a second is a picture"


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_killed_after_the_microphone_died_all_but_two_seconds_play(
    tmp_path: Path, watch: Watch, extension: str
) -> None:
    """A muxer waits for sound before it writes the picture beside it: silence has to come in its place."""
    microphone, timeline = StudioMicrophone(dead=(2, 99)), Timeline()
    timeline.run(START_NS)
    with ClipSink(tmp_path / f"clip.{extension}", timeline=timeline, microphone=microphone) as sink:
        sink.open(OutputFormat(SIZE, Fraction(20)))
        for seq in range(8 * 20):
            microphone.now_s = seq / 20 + LATENCY_S
            sink.write(picture(seq / 20, seq))
        left = shutil.copy(tmp_path / f"clip.part.{extension}", tmp_path / f"left.{extension}")
    seen = watch(Path(left))
    assert seen.times[-1] > 6
    assert seen.sound_s > 6


def test_sound_that_is_lost_without_a_word_does_not_shift_the_rest(tmp_path: Path, watch: Watch) -> None:
    path = tmp_path / "clip.mp4"
    record(path, StudioMicrophone(lost=(2.3, 2.5)), 8)
    seen = watch(path)
    later = seen.off_ms[seen.flashes > 3]
    assert len(later) >= 4
    assert np.abs(later).max() < IN_STEP_MS, seen.off_ms


def test_a_recording_without_a_microphone_has_no_sound(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    record(path, None, 1)
    with av.open(str(path)) as container:
        assert not container.streams.audio
        assert len(list(container.decode(video=0))) == 10


@pytest.mark.parametrize("extension", ["mp4", "webm", "gif"])
def test_a_picture_that_stands_long_is_repeated_and_the_next_keeps_its_time(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"clip.{extension}"
    timeline = Timeline()
    timeline.run(START_NS)
    with ClipSink(path, timeline=timeline) as sink:
        sink.open(OutputFormat(SIZE, Fraction(30)))
        for seq, time_s in enumerate([0.3, 0.3 + 1 / 30, 1.0, 1.5]):
            sink.write(picture(time_s, seq))
    with av.open(str(path)) as container:
        shown = [(frame.time, frame.to_ndarray(format="gray").mean()) for frame in container.decode(video=0)]
    times = np.array([time for time, _ in shown])
    assert max(np.diff(times)) < 0.115
    assert times[-1] - times[0] == pytest.approx(1.2, abs=0.02)
    light = [time - times[0] for time, level in shown if level > 128]
    assert light[0] == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize("with_session", [False, True])
@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm", "gif"])
def test_it_is_as_long_as_what_was_recorded_though_the_last_pictures_came_too_late(
    tmp_path: Path, watch: Watch, extension: str, with_session: bool
) -> None:
    """A busy encoder: three seconds were recorded, the last picture that it could take is of 1.9."""
    path, timeline, microphone = tmp_path / f"clip.{extension}", Timeline(), StudioMicrophone()
    timeline.run(START_NS)
    with ClipSink(path, timeline=timeline, microphone=microphone) as sink:
        sink.open(OutputFormat(SIZE, Fraction(20)))
        for seq in range(39):
            microphone.now_s = seq / 20 + LATENCY_S
            sink.write(picture(seq / 20, seq))
        end = sink.conclude if with_session else timeline.pause
        end(START_NS + 3 * 10**9)
        microphone.now_s = 3.3
    assert timeline.length_ns(START_NS + 4 * 10**9) == 3 * 10**9, "what the report says"
    with av.open(str(path)) as container:
        assert container.duration / av.time_base == pytest.approx(3.0, abs=0.04)
    if extension != "gif":
        assert watch(path).clicks == pytest.approx([1.0, 2.0], abs=0.04)


def test_an_encoder_that_is_late_repeats_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 0.2 s a picture, repeating what stands every 0.1 s would make it later and later."""
    from cyclorama.sinks.clip import writer

    clock = [0.0]
    encode = writer.Recorder._encode

    def slow(recorder: writer.Recorder, frame: Any, pts: int) -> None:
        clock[0] += 0.2
        encode(recorder, frame, pts)

    monkeypatch.setattr(writer.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(writer.Recorder, "_encode", slow)
    timeline = Timeline()
    timeline.run(START_NS)
    with ClipSink(tmp_path / "clip.mp4", timeline=timeline) as sink:
        sink.open(OutputFormat(SIZE, Fraction(20)))
        for seq in range(10):
            sink.write(picture(seq / 2, seq))
    with av.open(str(tmp_path / "clip.mp4")) as container:
        count = sum(1 for _ in container.decode(video=0))
    assert count == 10 + 4 * 4, "until five pictures told how slow it is"


def test_a_recording_that_never_began_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    record(path, StudioMicrophone(), 1, begin_s=5)
    assert list(tmp_path.iterdir()) == []


def test_stereo_keeps_its_sides(tmp_path: Path) -> None:
    class Stereo(StudioMicrophone):
        channels = 2

        def read(self) -> list[SoundBlock]:
            return [
                SoundBlock(np.hstack([block.samples, 0 * block.samples]), block.captured_ns) for block in super().read()
            ]

    path = tmp_path / "clip.mkv"
    record(path, Stereo(), 3)
    with av.open(str(path)) as container:
        peaks = np.max([np.abs(frame.to_ndarray()).max(axis=1) for frame in container.decode(audio=0)], axis=0)
    assert peaks[0] > 0.3 > 0.02 > peaks[1]
