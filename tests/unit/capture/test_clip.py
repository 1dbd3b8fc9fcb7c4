"""Files: read whole, and played like a camera."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from cyclorama.capture.clip import ClipSource
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import Frame

NEVER = threading.Event()


def read(path: Path) -> list[Frame]:
    with ClipSource(path, live=False) as source:
        return list(source.frames(NEVER))


def test_every_frame_in_order_with_its_time(make_clip: Callable[..., Path]) -> None:
    path = make_clip(count=30)
    with ClipSource(path, live=False) as source:
        info = source.info
        frames = list(source.frames(NEVER))
    assert (info.name, info.size_wh, info.fps, info.live) == ("clip.mp4", (64, 48), Fraction(30), False)
    assert (info.frame_count, info.mode) == (30, "h264 64x48 at 30 fps")
    assert info.duration_s == pytest.approx(1.0)
    assert [frame.seq for frame in frames] == list(range(30))
    assert [frame.time_s for frame in frames] == pytest.approx([index / 30 for index in range(30)])
    levels = [int(frame.pixels[20, 20, 0]) for frame in frames]
    assert levels == sorted(levels)


def test_variable_frame_rates_keep_their_times(make_clip: Callable[..., Path]) -> None:
    times = [0, 1, 5, 6, 20, 21, 22, 60]
    frames = read(make_clip("vfr.mkv", len(times), times=times))
    assert [frame.time_s for frame in frames] == pytest.approx([time / 30 for time in times], abs=0.002)


def test_odd_sizes(make_clip: Callable[..., Path]) -> None:
    frames, even = (read(make_clip(f"{width}.mkv", 3, size_wh=(width, 47), codec="ffv1")) for width in (63, 64))
    assert {frame.size_wh for frame in frames} == {(63, 47)}
    for odd, whole in zip(frames, even, strict=True):
        assert np.abs(odd.pixels.astype(int) - whole.pixels[:, :63]).max() <= 2, "every column, the last one too"


@pytest.mark.parametrize(("turn", "corner"), [(90, (0, -1)), (180, (-1, -1)), (270, (-1, 0))])
def test_a_turned_recording_comes_out_upright(tmp_path: Path, turn: int, corner: tuple[int, int]) -> None:
    """The white corner, at the top left as it was stored, lies where a clockwise turn puts it."""
    stored, turned = tmp_path / "stored.mp4", tmp_path / "turned.mp4"
    with av.open(str(stored), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        picture = np.zeros((32, 64, 3), np.uint8)
        picture[:12, :12] = 255
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
    data = bytearray(stored.read_bytes())
    # The track header's matrix (ISO/IEC 14496-12, 8.3.2): 16.16 fixed point but for the last column, row by row.
    cos, sin = {90: (0, 1), 180: (-1, 0), 270: (0, -1)}[turn]
    begin = data.index(b"tkhd") + 4 + 40
    for place, value in enumerate((cos, sin, 0, -sin, cos)):
        data[begin + 4 * place : begin + 4 * place + 4] = (value * 65536).to_bytes(4, "big", signed=True)
    turned.write_bytes(data)
    (frame,) = read(turned)
    assert frame.size_wh == ((64, 32) if turn == 180 else (32, 64))
    row, column = corner
    assert frame.pixels[row or 2, column or 2].min() > 200
    assert frame.pixels.reshape(-1, 3).mean() < 60


@pytest.mark.parametrize(("height", "wide_range"), [(720, False), (720, True), (480, False)])
def test_colours_follow_the_matrix_and_range(tmp_path: Path, height: int, wide_range: bool) -> None:
    path = tmp_path / "colours.mkv"
    colour = np.array([40, 60, 200], np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, height, "yuv444p"
        if wide_range:
            stream.codec_context.color_range = 2
        picture = av.VideoFrame.from_ndarray(np.tile(colour, (height, 64, 1)), format="bgr24")
        frame = picture.reformat(
            format="yuv444p",
            dst_colorspace="ITU709" if height >= 720 else "ITU601",
            dst_color_range="JPEG" if wide_range else "MPEG",
        )
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    (seen,) = read(path)
    assert np.abs(seen.pixels[10, 10].astype(int) - colour).max() <= 3


def test_played_it_keeps_its_rate_and_starts_again(make_clip: Callable[..., Path]) -> None:
    with ClipSource(make_clip(count=6), live=True) as source:
        assert source.info.live
        assert source.info.frame_count is None
        frames = list(itertools.islice(source.frames(NEVER), 14))
    assert [frame.seq for frame in frames] == list(range(14))
    assert all(frame.pts is None for frame in frames)
    taken_s = (frames[-1].captured_ns - frames[0].captured_ns) / 1e9
    assert taken_s == pytest.approx(13 / 30, abs=0.15)
    assert np.array_equal(frames[0].pixels, frames[6].pixels)


def test_an_animated_gif_is_played(tmp_path: Path) -> None:
    path = tmp_path / "moving.gif"
    pictures = [Image.new("RGB", (32, 24), (level, 0, 0)) for level in (50, 100, 150)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=40, loop=0)
    with ClipSource(path, live=True) as source:
        frames = list(itertools.islice(source.frames(NEVER), 5))
    reds = [int(frame.pixels[5, 5, 2]) for frame in frames]
    assert reds[:3] == pytest.approx([50, 100, 150], abs=4)
    assert reds[3] == reds[0]


def test_a_truncated_file_gives_what_it_has_and_then_fails(make_clip: Callable[..., Path]) -> None:
    path = make_clip(count=60, options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    seen: list[Frame] = []
    with ClipSource(path, live=False) as source, pytest.raises(CaptureError, match=r"breaks off after .* of 60 frames"):
        for frame in source.frames(NEVER):
            seen.append(frame)
    assert 10 < len(seen) < 60


def test_what_cannot_be_a_clip_is_said(tmp_path: Path) -> None:
    text, empty, still = tmp_path / "text.mp4", tmp_path / "empty.mp4", tmp_path / "still.png"
    text.write_text("no video " * 100)
    empty.touch()
    cv2.imwrite(str(still), np.zeros((8, 8, 3), np.uint8))
    for path, reason in (
        (tmp_path / "none.mp4", "there is no file"),
        (tmp_path, "is a folder"),
        (empty, "is empty"),
        (text, "is not a video that can be read"),
        (still, "is a picture, not a video"),
    ):
        with pytest.raises(CaptureError, match=reason):
            ClipSource(path, live=False)
