"""A part of a clip: which frames come out of the source, and the sound that belongs to them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cyclorama.capture.clip import ClipSource
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Composite, CompositeKind, Frame, Layout
from cyclorama.settings.values import Trim
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink

Measure = Callable[[Path], float]
IN_STEP_S = 0.004
PACKET_S = 0.024
"""Sound is cut between packets."""
SOURCES = [("source.mp4", 0), ("source.mkv", 0), ("source.ts", 5)]
"""Two seconds each, 25 frames a second, a tone from 1.0 s on; and where the file's clock begins."""


def frames(path: Path, trim: Trim) -> list[Frame]:
    with ClipSource(path, live=False, trim=trim) as source:
        return list(source.frames(threading.Event()))


def numbers(read: list[Frame]) -> list[int]:
    """A frame's number is its brightness."""
    return [round(float(frame.pixels.mean())) for frame in read]


def rewrite(source: Path, target: Path, trim: Trim) -> None:
    read = frames(source, trim)
    with ClipSink(target, audio_from=source, trim=trim) as sink:
        sink.open(OutputFormat((64, 48), Fraction(25), time_base=read[0].time_base))
        for frame in read:
            sink.write(composite(frame))


def composite(frame: Frame) -> Composite:
    return Composite(frame.pixels, Layout.BGR, CompositeKind.COMPOSITE, frame.seq, 0, frame.pts, frame.time_base)


@pytest.mark.parametrize(("name", "begin_s"), SOURCES)
@pytest.mark.parametrize(
    ("trim", "first", "last"),
    [
        (Trim(0.4, 1.2), 10, 29),
        (Trim(0.41, 1.21), 11, 30),
        (Trim(1.96), 49, 49),
        (Trim(0.0, 0.2), 0, 4),
        (Trim(), 0, 49),
    ],
)
def test_the_frames_from_start_to_before_end(
    sounding_clip: Callable[..., Path], name: str, begin_s: int, trim: Trim, first: int, last: int
) -> None:
    read = frames(sounding_clip(name, begin_s=begin_s), trim)
    assert len(read) == last - first + 1
    assert [frame.seq for frame in read] == list(range(len(read)))
    brightness = numbers(read)
    assert brightness == sorted(brightness)
    assert abs(brightness[0] - first) <= 2
    assert abs(brightness[-1] - last) <= 2


@pytest.mark.parametrize(("name", "begin_s"), SOURCES)
def test_what_is_said_of_it(sounding_clip: Callable[..., Path], name: str, begin_s: int) -> None:
    with ClipSource(sounding_clip(name, begin_s=begin_s), live=False, trim=Trim(0.4, 1.2)) as source:
        info = source.info
        (first, *_) = source.frames(threading.Event())
    assert info.frame_count == 20
    assert info.duration_s == pytest.approx(0.8)
    assert first.time_s - info.begin_s == pytest.approx(0.4, abs=0.002), "the file's own time"


@pytest.mark.parametrize(("name", "begin_s"), SOURCES)
@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize("start_s", [0.4, 0.73])
def test_its_sound_stays_in_step(
    tmp_path: Path,
    sounding_clip: Callable[..., Path],
    beep_after_video_start: Measure,
    name: str,
    begin_s: int,
    extension: str,
    start_s: float,
) -> None:
    source, target = sounding_clip(name, begin_s=begin_s), tmp_path / f"out.{extension}"
    rewrite(source, target, Trim(start_s, 1.6))
    begins = -(-start_s * 25 // 1) / 25  # the first frame that is not before it
    expected = beep_after_video_start(source) - begins
    assert beep_after_video_start(target) == pytest.approx(expected, abs=IN_STEP_S)
    with av.open(str(target)) as container:
        sound = [(f.time, f.time + f.samples / f.sample_rate) for f in container.decode(audio=0)]
    assert sound[0][0] < 2 * PACKET_S
    assert 1.6 - start_s - 2 * PACKET_S < sound[-1][1] < 1.6 - start_s + 2 * PACKET_S


def test_beyond_the_end_is_said(sounding_clip: Callable[..., Path]) -> None:
    with pytest.raises(CaptureError, match=r"2\.0 s long: nothing lies after 7 s"):
        ClipSource(sounding_clip(), live=False, trim=Trim(7.0))


def test_an_end_beyond_the_clips_is_its_end(sounding_clip: Callable[..., Path]) -> None:
    assert len(frames(sounding_clip(), Trim(1.0, 60.0))) == 25


def test_a_part_that_breaks_off_is_said_after_what_there_is(tmp_path: Path) -> None:
    whole = tmp_path / "whole.mp4"
    with av.open(str(whole), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25, options={"g": "5", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for seq in range(250):
            noise = np.random.default_rng(seq).integers(0, 256, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="bgr24")))
        container.mux(stream.encode())
    data = whole.read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    read = []
    with (
        ClipSource(cut, live=False, trim=Trim(2.0, 9.0)) as source,
        pytest.raises(CaptureError, match=r"cut\.mp4 breaks off at [34]\.\d s"),
    ):
        read.extend(frame.seq for frame in source.frames(threading.Event()))
    assert len(frames(cut, Trim(1.0, 2.0))) == 25, "what lies before the cut is whole"
