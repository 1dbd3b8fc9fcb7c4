"""What the writer puts in a file: frames, timestamps, keyframes, tags, and the sound's offset, read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cyclorama.core.frames import Composite, CompositeKind, Layout, SizeWH
from cyclorama.files.part_file import PartFile
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.formats import CONTAINERS, encoding_for
from cyclorama.sinks.clip.writer import KEYFRAME_S, LONGEST_S, Recorder, Writer
from cyclorama.sinks.timeline import Timeline

SIZE = (64, 48)
TICK = Fraction(1, 1000)
START_NS = 10**12


@dataclass(frozen=True)
class Seen:
    """A decoded file: each frame's time in seconds and its level, and which packets are keyframes."""

    times: list[float]
    levels: list[int]
    keyframes: list[float]
    duration_s: float


def composite(level: int, pts: int | None = None, *, size_wh: SizeWH = SIZE, captured_ns: int = 0) -> Composite:
    pixels = np.full((size_wh[1], size_wh[0], 3), level, np.uint8)
    return Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, level, captured_ns, pts=pts, time_base=TICK)


def write(
    path: Path,
    composites: Sequence[Composite],
    *,
    fps: int = 10,
    size_wh: SizeWH = SIZE,
    own_times: bool = True,
    tick: Fraction = TICK,
    **more: Any,
) -> Path:
    output = OutputFormat(size_wh, Fraction(fps), time_base=tick if own_times else None)
    part = PartFile(path, overwrite=False)
    writer = Writer(part, CONTAINERS[path.suffix], encoding_for(path, Layout.BGR), output, **more)
    for each in composites:
        writer.write(each)
    writer.finish()
    part.keep()
    return path


def read(path: Path) -> Seen:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        duration = stream.duration * stream.time_base if stream.duration else Fraction(container.duration or 0, 10**6)
        packets = [packet for packet in container.demux(stream) if packet.size]
    with av.open(str(path)) as container:
        frames = [(frame.time, frame.to_ndarray(format="bgr24")) for frame in container.decode(video=0)]
    return Seen(
        [round(time, 4) for time, _ in frames],
        [int(pixels[SIZE[1] // 2, SIZE[0] // 2, 1]) for _, pixels in frames],
        [round(float(packet.pts * packet.time_base), 4) for packet in packets if packet.is_keyframe],
        float(duration),
    )


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_every_composite_at_its_own_time(tmp_path: Path, suffix: str) -> None:
    times_ms = [0, 100, 130, 700, 710, 1500]
    levels = [20, 60, 100, 140, 180, 220]
    made = [composite(level, at) for level, at in zip(levels, times_ms, strict=True)]
    seen = read(write(tmp_path / f"clip{suffix}", made))
    assert seen.times == pytest.approx([at / 1000 for at in times_ms], abs=0.001)
    assert seen.levels == pytest.approx(levels, abs=4)


def test_without_times_of_their_own_they_follow_at_the_rate(tmp_path: Path) -> None:
    made = [replace(composite(level), duration=400) for level in range(20, 220, 20)]
    seen = read(write(tmp_path / "clip.mp4", made, fps=25, own_times=False))
    assert seen.times == pytest.approx([index / 25 for index in range(10)], abs=1e-4)
    assert seen.duration_s == pytest.approx(10 / 25), "the last one lasts as long as the others"


def test_times_never_go_back(tmp_path: Path) -> None:
    made = [composite(40 * index, at) for index, at in enumerate((0, 100, 50, 100, 300))]
    assert read(write(tmp_path / "clip.mkv", made)).times == [0, 0.1, 0.101, 0.102, 0.3]


def test_frames_of_a_gif_lie_two_hundredths_apart_at_least(tmp_path: Path) -> None:
    made = [composite(50 * index, at) for index, at in enumerate((0, 5, 10, 200))]
    assert read(write(tmp_path / "clip.gif", made)).times == [0, 0.02, 0.04, 0.2]


def test_so_do_they_where_a_tick_is_no_whole_number_of_hundredths(tmp_path: Path) -> None:
    made = [composite(50 * index, at) for index, at in enumerate((0, 1, 2, 40))]
    times = read(write(tmp_path / "clip.gif", made, tick=Fraction(1, 120))).times
    assert min(np.diff(times)) > 0.019
    assert times[-1] == pytest.approx(40 / 120, abs=0.006)


def test_the_last_frame_lasts_one_frame_though_others_were_written_after_it(tmp_path: Path) -> None:
    """H.264 reorders: the last packet is not of the last picture."""
    made = [composite(20 + 3 * index, 40 * index) for index in range(50)]
    assert read(write(tmp_path / "clip.mp4", made, fps=25)).duration_s == pytest.approx(2.0, abs=0.001)


def test_a_keyframe_every_few_seconds(tmp_path: Path) -> None:
    seen = read(write(tmp_path / "clip.mkv", [composite(90, 100 * index) for index in range(100)]))
    assert seen.keyframes == [0, KEYFRAME_S, 2 * KEYFRAME_S]


def test_odd_sides_grow_by_a_repeated_column_and_row(tmp_path: Path) -> None:
    pixels = np.full((47, 63, 3), 40, np.uint8)
    pixels[:, -8:] = 200
    made = Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, 0, 0, pts=0, time_base=TICK)
    path = write(tmp_path / "clip.mp4", [made], size_wh=(63, 47))
    with av.open(str(path)) as container:
        shown = next(container.decode(video=0)).to_ndarray(format="bgr24")
    assert shown.shape == (48, 64, 3)
    assert shown[:, 63, 1].astype(int) == pytest.approx(np.full(48, 200), abs=6)
    assert shown[47, :40, 1].astype(int) == pytest.approx(np.full(40, 40), abs=6)


@pytest.mark.parametrize(("height", "matrix"), [(480, 6), (720, 1)])
def test_the_file_names_its_colours(tmp_path: Path, height: int, matrix: int) -> None:
    """AVCOL_SPC_BT709 is 1 and AVCOL_SPC_SMPTE170M, whose matrix is that of BT.601, is 6 (or 5, for 625 lines)."""
    path = write(tmp_path / "clip.mkv", [composite(90, 0, size_wh=(64, height))], size_wh=(64, height))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    assert frame.colorspace in ({1} if matrix == 1 else {5, 6})
    assert (frame.color_range, frame.color_trc, frame.color_primaries) == (1, 1, 1)


def test_nothing_written_leaves_no_file(tmp_path: Path) -> None:
    write(tmp_path / "clip.mp4", [])
    assert list(tmp_path.iterdir()) == []


def test_what_was_muxed_is_marked_so_that_a_failure_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "clip.mkv"
    part = PartFile(path, overwrite=False)
    output = OutputFormat(SIZE, Fraction(10), time_base=TICK)
    writer = Writer(part, "matroska", encoding_for(path, Layout.BGR), output)
    for index in range(100):
        writer.write(composite(90, 100 * index))
    part.seal(OSError("disk full"))
    writer.release()
    part.keep()
    seen = read(path)
    assert len(seen.times) > 20
    assert seen.times == [index / 10 for index in range(len(seen.times))]


def test_pictures_and_sound_of_a_clip_that_begins_late_are_moved_alike(
    tmp_path: Path, sounding_clip: Callable[..., Path], beep_after_video_start: Callable[[Path], float]
) -> None:
    source = sounding_clip("late.mkv", begin_s=5)
    made = [composite(60, 5000 + 40 * index) for index in range(50)]
    path = write(tmp_path / "clip.mp4", made, fps=25, audio_from=source)
    seen = read(path)
    assert seen.times[:3] == pytest.approx([0, 0.04, 0.08], abs=0.03)
    assert beep_after_video_start(path) == pytest.approx(1.0, abs=0.03)


def record(path: Path, moments_s: Sequence[float], *, fps: int = 10, run_s: float = 0.0) -> Seen:
    """One composite at each moment, their levels rising by 20; recorded from ``run_s`` on."""
    timeline = Timeline()
    timeline.run(START_NS + round(run_s * 1e9))
    part = PartFile(path, overwrite=False)
    output = OutputFormat(SIZE, Fraction(fps))
    recorder = Recorder(part, CONTAINERS[path.suffix], encoding_for(path, Layout.BGR), output, timeline, None)
    for index, moment_s in enumerate(moments_s):
        recorder.write(composite(20 + 20 * index, captured_ns=START_NS + round(moment_s * 1e9)))
    recorder.finish()
    part.keep()
    return read(path)


def test_a_recording_lies_on_places_from_its_first_picture_on(tmp_path: Path) -> None:
    seen = record(tmp_path / "clip.mkv", [1.0, 1.1, 1.21, 1.29])
    assert seen.times == pytest.approx([0, 0.1, 0.2, 0.3], abs=0.001)
    assert seen.levels == pytest.approx([20, 40, 60, 80], abs=4)


def test_what_was_captured_before_the_recording_runs_is_not_in_it(tmp_path: Path) -> None:
    seen = record(tmp_path / "clip.mkv", [1.0, 1.1, 1.2, 1.3], run_s=1.15)
    assert seen.levels == pytest.approx([60, 80], abs=4)
    assert seen.times == pytest.approx([0, 0.1], abs=0.001)


def test_live_pictures_are_encoded_at_once_whatever_files_are_encoded_with(tmp_path: Path) -> None:
    """x264 notes its settings in the stream: those of the preset "superfast", and a short lookahead."""
    record(tmp_path / "clip.mkv", [1.0, 1.1])
    noted = (tmp_path / "clip.mkv").read_bytes()
    assert [each for each in (b" subme=1 ", b" rc_lookahead=2 ", b" mbtree=1 ") if each not in noted] == []


def test_a_picture_that_stands_long_is_repeated(tmp_path: Path) -> None:
    seen = record(tmp_path / "clip.mkv", [1.0, 1.1, 1.6, 1.7])
    assert seen.times == pytest.approx([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], abs=0.001)
    assert seen.levels == pytest.approx([20, 40, 40, 40, 40, 40, 60, 80], abs=4)
    assert max(np.diff(seen.times)) <= LONGEST_S + 0.001
