"""Decoding in order, from the middle on, and through damage."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorTrc

from cyclorama.clips import losses
from cyclorama.clips.base import DecodedFrame
from cyclorama.clips.color import BgrConverter
from cyclorama.clips.reader import ClipReader
from cyclorama.core.errors import CaptureError


def number(frame: DecodedFrame) -> int:
    """By its grey level, which loses a level or two on its way through YCbCr."""
    return round((float(BgrConverter(Path("clip")).upright(frame).mean()) + 1.5) / 6)


def test_all_frames_in_order_and_again_after_a_rewind(make_clip: Callable[..., Path]) -> None:
    with ClipReader(make_clip(count=25)) as reader:
        assert [number(frame) for frame in reader.frames()] == list(range(25))
        assert (reader.packets, reader.damaged) == (25, 0)
        assert list(reader.frames()) == []
        reader.rewind()
        assert reader.packets == 0
        assert number(next(reader.frames())) == 0


def test_from_a_keyframe_at_or_before_a_time(make_clip: Callable[..., Path]) -> None:
    for name, first in (("clip.mp4", 20), ("clip.mkv", 20), ("clip.avi", 20)):
        with ClipReader(make_clip(name, 40)) as reader:
            begin_s = next(reader.frames()).time or 0.0
            frames = [number(frame) for frame in reader.frames_from(begin_s + 2.4)]
        assert frames == list(range(first, 40)), name


def test_from_the_first_frame_where_the_file_cannot_be_sought_in(make_clip: Callable[..., Path]) -> None:
    """A transport stream without an index is sought by its bytes, and ends up where it happens to."""
    with ClipReader(make_clip("clip.ts", 40)) as reader:
        begin_s = next(reader.frames()).time or 0.0
        frames = [number(frame) for frame in reader.frames_from(begin_s + 2.4)]
    assert frames[0] <= 24
    assert frames == list(range(frames[0], 40))


def test_a_seek_that_fails_begins_anew(make_clip: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_seek(reader: ClipReader, time_s: float) -> None:
        raise av.error.PermissionError(1, "not here")

    monkeypatch.setattr(ClipReader, "_seek", no_seek)
    with ClipReader(make_clip(count=25)) as reader:
        assert [number(frame) for frame in reader.frames_from(2.0)] == list(range(25))


def test_stop_is_looked_at_between_packets(make_clip: Callable[..., Path]) -> None:
    stop = threading.Event()
    seen = []
    with ClipReader(make_clip(count=30), threads="SLICE") as reader:
        for frame in reader.frames(stop=stop):
            seen.append(number(frame))
            if len(seen) == 4:
                stop.set()
    assert seen == [0, 1, 2, 3]


def test_reordered_pictures_whose_first_packets_have_no_decoding_time(make_clip: Callable[..., Path]) -> None:
    """As Matroska has them: that is no clock that starts anew."""
    path = make_clip("clip.mkv", 30, options={"bf": "3", "b-pyramid": "normal", "crf": "4"})
    with av.open(str(path)) as container:
        assert [packet.dts for packet in container.demux(video=0)][:2] == [None, None]
    with ClipReader(path) as reader:
        times = [frame.time for frame in reader.frames()]
    assert times == pytest.approx([index / 10 for index in range(30)], abs=0.001)


def damaged(make_clip: Callable[..., Path]) -> Path:
    """Frames 5 and 6 have no picture in them; each frame stands alone."""
    path = make_clip("clip.mov", 12, codec="png", pixel_format="rgb24")
    data = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux() if packet.size]
    for packet in packets[5:7]:
        begin = data.index(packet)
        data[begin : begin + len(packet)] = bytes(len(packet))
    path.write_bytes(data)
    return path


def test_damaged_packets_are_left_out_or_are_an_error(make_clip: Callable[..., Path]) -> None:
    path = damaged(make_clip)
    with ClipReader(path, threads="SLICE") as reader:
        assert [number(frame) for frame in reader.frames()] == [0, 1, 2, 3, 4, 7, 8, 9, 10, 11]
        assert reader.damaged == 2
        reader.rewind()
        seen = []
        with pytest.raises(CaptureError, match=r"clip\.mov cannot be read any further: Invalid data") as caught:
            for frame in reader.frames(skip_damaged=False):
                seen.append(number(frame))
        assert seen == [0, 1, 2, 3, 4]
        assert isinstance(caught.value.__cause__, av.error.InvalidDataError)


def test_a_file_without_video_is_closed_again(song_with_cover: Path) -> None:
    with pytest.raises(CaptureError, match=r"song\.mp3 is sound only"):
        ClipReader(song_with_cover)


def test_what_is_read_with_a_loss_is_said_once(
    make_clip: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = make_clip("clip.mp4", 3, color_trc=ColorTrc.ARIB_STD_B67, sample_aspect_ratio=Fraction(40, 1), rotation=45)
    with ClipReader(path) as reader:
        for _ in range(2):
            list(reader.frames())
            reader.rewind()
    texts = [losses.HDR, losses.OBLIQUE, "its pixels are said to be 40:1: they are taken for square ones"]
    assert caplog.messages == [f"{path}: {text}" for text in texts]


def test_wide_colours_without_hdr_are_said(make_clip: Callable[..., Path], caplog: pytest.LogCaptureFixture) -> None:
    path = make_clip("clip.mp4", 3, color_primaries=ColorPrimaries.SMPTE432)
    with ClipReader(path) as reader:
        list(reader.frames())
    assert caplog.messages == [f"{path}: {losses.WIDE}"]


@pytest.mark.parametrize("matrix", [8, 10, 14])
def test_a_matrix_that_is_not_known_is_said_and_no_error(
    make_clip: Callable[..., Path], caplog: pytest.LogCaptureFixture, matrix: int
) -> None:
    """YCgCo, BT.2020 with constant luminance, ICtCp: FFmpeg converts none of them."""
    path = make_clip("clip.mp4", 3, colorspace=matrix)
    with ClipReader(path) as reader:
        converter = reader.converter()
        assert [int(converter.upright(frame).mean()) for frame in reader.frames()] == pytest.approx([0, 6, 12], abs=3)
    assert caplog.messages == [f"{path}: {losses.MATRIX}"]


@pytest.mark.parametrize(("size_wh", "said"), [((48, 64), [losses.RESHAPED]), ((128, 96), [])])
def test_a_shape_that_changes_is_said(
    make_clip: Callable[..., Path], caplog: pytest.LogCaptureFixture, size_wh: tuple[int, int], said: list[str]
) -> None:
    path, later = make_clip("clip.h264", 3), make_clip("later.h264", 3, size_wh=size_wh)
    path.write_bytes(path.read_bytes() + later.read_bytes())
    with ClipReader(path) as reader:
        assert [(frame.width, frame.height) for frame in reader.frames()] == [(64, 48)] * 3 + [size_wh] * 3
    assert caplog.messages == [f"{path}: {text}" for text in said]


def test_what_is_read_without_a_loss_is_not_mentioned(
    make_clip: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    with ClipReader(make_clip("clip.mp4", 3, sample_aspect_ratio=Fraction(4, 3), rotation=90)) as reader:
        list(reader.frames())
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.avi"])
def test_back_from_the_end_the_times_are_those_of_the_file(make_clip: Callable[..., Path], name: str) -> None:
    """No piece that follows the one before it."""
    with ClipReader(make_clip(name, 30)) as reader:
        times = [frame.time for frame in reader.frames()]
        again = [(number(frame), frame.time) for frame in reader.frames_from((times[0] or 0.0) + 1.2)]
    assert again == [(index, times[index]) for index in range(10, 30)]


def test_several_videos_in_a_file_are_said_and_the_sizes_of_a_stream_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        for size in (32, 64):
            stream = container.add_stream("ffv1", rate=10)
            stream.width, stream.height, stream.pix_fmt = size, size, "gray"
        for stream in container.streams.video:
            still = av.VideoFrame.from_ndarray(np.zeros((stream.height, stream.width), np.uint8), format="gray")
            container.mux([*stream.encode(still), *stream.encode()])
    with ClipReader(path) as reader:
        assert next(reader.frames()).width == 64
    assert caplog.messages == [f"{path}: {losses.SEVERAL}"]
    monkeypatch.setattr("cyclorama.clips.reader.open_container", lambda place: av.open(str(path)))
    with ClipReader("rtsp://camera.lan/stream"):
        assert len(caplog.messages) == 1
