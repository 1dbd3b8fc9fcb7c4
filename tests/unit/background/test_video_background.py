"""Clips as backgrounds: their own rate, the loop, and what goes wrong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from cyclorama.background.opening import open_background
from cyclorama.background.video import Video
from cyclorama.core.errors import SettingsError

LEVELS = [20, 60, 100, 140, 180, 220]


def make_clip(path: Path, rate: int = 10, size_wh: tuple[int, int] = (64, 48)) -> Path:
    """One grey level a frame, lossless."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.width, stream.height = size_wh
        stream.pix_fmt = "bgr0"
        for i, level in enumerate(LEVELS):
            pixels = np.full((size_wh[1], size_wh[0], 3), level, np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts, frame.time_base = i, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def level(video: Video, time_s: float) -> int:
    picture = video.card((32, 24), time_s)
    assert picture.shape == (24, 32, 3)
    return int(picture[12, 16, 1])


def test_it_plays_at_its_own_rate_and_loops(tmp_path: Path) -> None:
    video = Video("clip", make_clip(tmp_path / "clip.mkv"))
    shown = [level(video, 1000.0 + i / 30) for i in range(60)]  # 30 renders a second of a clip of 10
    assert shown == [LEVELS[i // 3 % 6] for i in range(60)]
    video.close()


def test_slow_renders_skip_frames_but_keep_time(tmp_path: Path) -> None:
    video = Video("clip", make_clip(tmp_path / "clip.mkv"))
    assert [level(video, i * 0.25) for i in range(4)] == [20, 100, 220, 60]
    video.close()


def test_time_that_jumps_or_runs_backwards_holds_the_picture(tmp_path: Path) -> None:
    video = Video("clip", make_clip(tmp_path / "clip.mkv"))
    level(video, 0.0)
    assert level(video, 0.15) == 60
    assert level(video, 500.0) == 60
    assert level(video, 3.0) == 60
    assert level(video, 3.1) == 100
    video.close()


def test_the_same_frame_is_the_same_array(tmp_path: Path) -> None:
    video = Video("clip", make_clip(tmp_path / "clip.mkv"))
    assert video.card((32, 24), 0.0) is video.card((32, 24), 0.01)
    assert video.card((48, 24), 0.01).shape == (24, 48, 3)
    video.close()


def test_an_animated_gif_with_frames_of_unequal_length(tmp_path: Path) -> None:
    path = tmp_path / "anim.gif"
    frames = [Image.new("L", (40, 30), value) for value in (0, 128, 255)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=[100, 300, 200], loop=0)
    choice = open_background(str(path))
    assert isinstance(choice.background, Video)
    shown = [level(choice.background, i * 0.1) // 100 for i in range(12)]
    assert shown == [0, 1, 1, 1, 2, 2] * 2
    choice.background.close()


def test_a_still_gif_and_a_clip_of_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "still.gif"
    Image.new("L", (40, 30), 200).save(path)
    video = Video("still", path)
    assert [level(video, t / 10) for t in range(30)] == [200] * 30
    video.close()


def test_a_truncated_clip_loops_at_its_last_good_frame(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mkv")
    cut = tmp_path / "cut.mkv"
    data = whole.read_bytes()
    cut.write_bytes(data[: len(data) * 2 // 3])
    video = Video("cut", cut)
    shown = [level(video, i / 10) for i in range(40)]
    assert set(shown) <= set(LEVELS)
    assert shown.count(20) > 1
    video.close()


def test_a_clip_that_vanishes_keeps_its_last_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = make_clip(tmp_path / "clip.mkv")
    video = Video("clip", path)
    shown = [level(video, i / 10) for i in range(4)]
    path.unlink()
    shown += [level(video, i / 10) for i in range(4, 20)]
    assert shown == LEVELS + [220] * 14
    assert "its last frame stays" in caplog.text
    video.close()
    assert level(video, 99.0) == 220


@pytest.mark.parametrize("content", [b"", b"not a video", b"\x1aE\xdf\xa3" + b"\0" * 200])
def test_what_is_no_video_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.mkv"
    path.write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        Video("bad", path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["moves.webp", "moves.png", "moves.gif"])
def test_an_animated_picture_moves(tmp_path: Path, name: str) -> None:
    pictures = [Image.new("RGB", (64, 48), (value, value, value)) for value in LEVELS]
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=100)
    video = open_background(str(tmp_path / name)).background
    assert isinstance(video, Video)
    assert [level(video, 0.1 * index + 0.01) for index in range(8)] == pytest.approx([*LEVELS, *LEVELS[:2]], abs=2)
    video.close()


def test_transparent_parts_are_white_and_it_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pictures = [Image.new("RGBA", (64, 48), (value, 0, 0, 0)) for value in LEVELS]
    pictures[0].save(tmp_path / "clear.png", save_all=True, append_images=pictures[1:], duration=100)
    video = Video("clear", tmp_path / "clear.png")
    assert level(video, 0.0) == 255
    video.close()
    assert caplog.messages == [f"background {tmp_path / 'clear.png'}: its transparent parts are white"]
