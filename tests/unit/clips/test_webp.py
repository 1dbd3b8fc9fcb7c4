"""Animated WebP: its times, its transparency, and what is told apart by content."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from cyclorama.clips import webp
from cyclorama.clips.probe import probe_clip
from cyclorama.clips.reader import ClipReader
from cyclorama.clips.readers import is_animation, open_clip
from cyclorama.clips.webp import AnimatedWebp
from cyclorama.core.errors import CaptureError

ALPHA_FLAG = 0x10
"""Of the header chunk VP8X."""
LENGTHS_MS = [40, 100, 0, 250]
SEEN_MS = [40, 100, 100, 250]
"""What is not said is a tenth of a second."""


@pytest.fixture
def animated(tmp_path: Path) -> Path:
    """Four frames of 32x24, each less red; the left half of each transparent."""
    pictures = []
    for index in range(4):
        pixels = np.zeros((24, 32, 4), np.uint8)
        pixels[:, 16:] = 240 - 60 * index, 20, 60, 255
        pictures.append(Image.fromarray(pixels))
    path = tmp_path / "a.webp"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=LENGTHS_MS, lossless=True)
    return path


def test_times_and_pixels(animated: Path) -> None:
    with open_clip(animated) as reader:
        assert isinstance(reader, AnimatedWebp)
        assert (reader.codec, reader.frame_count, reader.is_still) == ("webp", 4, False)
        assert reader.duration_s == pytest.approx(0.49)
        assert reader.fps == pytest.approx(4 / 0.49)
        for _ in range(2):
            frames = list(reader.frames())
            assert [frame.time for frame in frames] == pytest.approx([0, 0.04, 0.14, 0.24])
            assert [frame.duration for frame in frames] == SEEN_MS
            assert reader.packets == 4
            reader.rewind()
        converter = reader.converter()
        for index, frame in enumerate(frames):
            bgr, alpha = converter.upright_with_alpha(frame)
            assert alpha is not None
            assert (alpha[12, 8], alpha[12, 24]) == (0, 255)
            assert bgr[12, 24].tolist() == [60, 20, 240 - 60 * index]
            assert bgr[12, 8].tolist() == [255, 255, 255]


def test_a_later_part_begins_with_the_first_frame(animated: Path) -> None:
    with open_clip(animated) as reader:
        assert [frame.time for frame in reader.frames_from(0.2)] == pytest.approx([0, 0.04, 0.14, 0.24])


def test_it_is_known_by_its_content(animated: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.mp4"
    animated.rename(other)
    with open_clip(other) as reader:
        assert reader.codec == "webp"
    facts, first = probe_clip(other)
    assert (facts.size_wh, facts.seconds, first.shape) == ((32, 24), pytest.approx(0.49), (24, 32, 3))


@pytest.mark.parametrize(("name", "moves"), [("p.webp", True), ("p.png", True), ("p.gif", True), ("p.avif", True)])
def test_what_moves_and_what_does_not(tmp_path: Path, name: str, moves: bool) -> None:
    pictures = [Image.new("RGB", (32, 32), (index * 80, 0, 0)) for index in range(3)]
    pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=100)
    assert is_animation(tmp_path / name) is moves
    pictures[0].save(tmp_path / name)
    assert is_animation(tmp_path / name) is (name == "p.gif")
    pictures[0].save(tmp_path / "p.jpg")
    assert not is_animation(tmp_path / "p.jpg")
    assert not is_animation(tmp_path / "none.webp")


def test_a_still_webp_is_a_picture(tmp_path: Path) -> None:
    Image.new("RGB", (16, 16)).save(tmp_path / "still.webp")
    with open_clip(tmp_path / "still.webp") as reader:
        assert isinstance(reader, ClipReader)
        assert reader.is_still


def test_odd_chunks_and_durations_that_browsers_lengthen(tmp_path: Path) -> None:
    """A colour profile of an odd number of bytes stands before the pictures; 10 ms are shown for 100, 11 are not."""
    pictures = [Image.new("RGB", (16, 16), (60 * index, 0, 0)) for index in range(4)]
    path = tmp_path / "a.webp"
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[10, 11, 20, 1], icc_profile=b"abc")
    with open_clip(path) as reader:
        assert [frame.duration for frame in reader.frames()] == [100, 11, 20, 100]
        assert reader.end == pytest.approx(0.231)


def test_transparency_that_its_header_denies_is_read(animated: Path) -> None:
    data = bytearray(animated.read_bytes())
    data[20] &= ~ALPHA_FLAG
    animated.write_bytes(data)
    with open_clip(animated) as reader:
        _, alpha = reader.converter().upright_with_alpha(next(reader.frames()))
    assert alpha is not None
    assert (alpha[12, 8], alpha[12, 24]) == (0, 255)


def test_stop_is_looked_at_before_each_frame(animated: Path) -> None:
    stop, seen = threading.Event(), 0
    with open_clip(animated) as reader:
        for seen, _ in enumerate(reader.frames(stop=stop), 1):
            if seen == 2:
                stop.set()
    assert seen == 2


def test_it_may_have_so_many_pixels_and_not_one_more(animated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webp, "MAX_PIXELS", 32 * 24)
    open_clip(animated).close()
    monkeypatch.setattr(webp, "MAX_PIXELS", 32 * 24 - 1)
    with pytest.raises(CaptureError, match=r"a\.webp is too large \(32x24 pixels\): scale it down$"):
        open_clip(animated)


def test_what_moves_is_not_told_by_the_pixels_of_a_png(tmp_path: Path) -> None:
    """The four letters stand in a chunk behind the picture."""
    notes = PngInfo()
    notes.add(b"note", b"acTL", after_idat=True)
    Image.new("L", (8, 8)).save(tmp_path / "still.png", pnginfo=notes)
    assert b"acTL" in (tmp_path / "still.png").read_bytes()
    assert not is_animation(tmp_path / "still.png")


@pytest.mark.parametrize("kept", [30, 60, 120])
def test_a_cut_one_is_one_line(animated: Path, kept: int) -> None:
    animated.write_bytes(animated.read_bytes()[:kept])
    with pytest.raises(CaptureError) as caught, open_clip(animated) as reader:
        list(reader.frames())
    assert str(animated) in str(caught.value)
    assert "\n" not in str(caught.value)
