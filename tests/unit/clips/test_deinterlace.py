"""Fields are joined into whole pictures, with the times of the clip."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.filter import Graph

from cyclorama.clips import losses
from cyclorama.clips.deinterlace import deinterlaced
from cyclorama.clips.reader import ClipReader
from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import U8

SIZE_WH = (128, 96)
STEP = 6


def bar_at(x: int) -> U8:
    """A white bar on black."""
    picture = np.zeros((SIZE_WH[1], SIZE_WH[0], 3), np.uint8)
    picture[:, x : x + 16] = 255
    return picture


@pytest.fixture
def fields(tmp_path: Path) -> Callable[..., Path]:
    """A bar that moves by STEP a field, two fields woven into each frame."""

    def make(name: str = "clip.mpg", count: int = 10, rotation: int = 0) -> Path:
        path = tmp_path / name
        codec = "mpeg2video" if name.endswith("mpg") else "libx264"
        options = {"flags": "+ildct+ilme", "b": "8M"} if codec == "mpeg2video" else {"x264-params": "tff=1", "crf": "8"}
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=25, options=options)
            stream.width, stream.height, stream.pix_fmt = *SIZE_WH, "yuv420p"
            if rotation:
                stream.set_display_rotation(rotation)
            for index in range(count):
                woven = bar_at(2 * index * STEP)
                woven[1::2] = bar_at((2 * index + 1) * STEP)[1::2]
                frame = av.VideoFrame.from_ndarray(woven, format="bgr24").reformat(format="yuv420p")
                frame.pts, frame.time_base = index, Fraction(1, 25)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


def combing(pixels: U8) -> float:
    """Energy of what differs from row to row."""
    grey = pixels[..., 1].astype(float)
    return float(((2 * grey[1:-1] - grey[:-2] - grey[2:]) ** 2).mean())


@pytest.mark.parametrize("name", ["clip.mpg", "clip.mp4", "clip.mkv"])
def test_interlaced_clips_are_deinterlaced_and_it_is_said_once(
    fields: Callable[..., Path], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = fields(name)
    with av.open(str(path)) as container:
        stored = list(container.decode(video=0))
    assert all(frame.interlaced_frame for frame in stored)
    with ClipReader(path) as reader:
        read = list(reader.frames())
        reader.rewind()
        assert len(list(reader.frames())) == len(stored)
        converter = reader.converter()
        assert [frame.time for frame in read] == pytest.approx([frame.time for frame in stored])
        assert [frame.duration for frame in read] == [frame.duration for frame in stored]
        for before, after in list(zip(stored, read, strict=True))[2:8]:
            assert combing(converter.upright(after)) < combing(converter.upright(before)) / 20
    assert caplog.messages == [f"{path}: {losses.INTERLACED}"]


def test_an_interlaced_clip_that_lies_on_its_side(fields: Callable[..., Path]) -> None:
    with ClipReader(fields("clip.mp4", rotation=90)) as reader:
        pixels = reader.converter().upright(next(reader.frames()))
    assert pixels.shape == (128, 96, 3)
    assert pixels[-8].min() > 200, "the bar at the left is at the lower end"


def woven(first: str, count: int = 8) -> Iterator[av.VideoFrame]:
    """The bar in frames that say which of their fields comes first: ``tff``, the upper one, or ``bff``."""
    graph = Graph()
    entry = graph.add_buffer(width=SIZE_WH[0], height=SIZE_WH[1], format="gray", time_base=Fraction(1, 25))
    graph.link_nodes(entry, graph.add("setfield", first), graph.add("buffersink")).configure()
    later = slice(1, None, 2) if first == "tff" else slice(0, None, 2)
    for index in range(count):
        picture = bar_at(2 * index * STEP)[..., 0]
        picture[later] = bar_at((2 * index + 1) * STEP)[later, :, 0]
        frame = av.VideoFrame.from_ndarray(picture.copy(), format="gray")
        frame.pts, frame.time_base = index, Fraction(1, 25)
        graph.vpush(frame)
        yield graph.vpull()


@pytest.mark.parametrize("first", ["tff", "bff"])
def test_each_picture_is_of_the_field_that_comes_first(first: str) -> None:
    light = [out.to_ndarray().astype(float).sum(axis=0) for out in deinterlaced(woven(first), lambda: None)]
    centres = [float((at * np.arange(SIZE_WH[0])).sum() / at.sum()) for at in light]
    assert centres[1:7] == pytest.approx([2 * index * STEP + 7.5 for index in range(1, 7)], abs=STEP / 4)


def plain(number: int, *, size: int = 32) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(np.full((size, size), number, np.uint8), format="gray")
    frame.pts = number
    return frame


def test_a_progressive_picture_among_interlaced_ones_keeps_its_lines() -> None:
    lines = np.zeros(SIZE_WH[::-1], np.uint8)
    lines[::2] = 255
    progressive = [av.VideoFrame.from_ndarray(lines.copy(), format="gray") for _ in range(3)]
    for frame in progressive:
        frame.time_base = Fraction(1, 25)
    out = list(deinterlaced(iter([*woven("tff", 3), *progressive]), lambda: None))
    assert len(out) == 6
    assert all((frame.to_ndarray() == lines).all() for frame in out[3:])


def test_progressive_frames_are_not_touched_or_held_back() -> None:
    given = [plain(number) for number in range(4)]
    assert all(out is frame for out, frame in zip(deinterlaced(given, lambda: pytest.fail()), given, strict=True))


def test_a_size_that_changes_and_an_error_lose_no_frame(fields: Callable[..., Path]) -> None:
    with av.open(str(fields("clip.mpg", 5))) as container:
        woven = list(container.decode(video=0))
    times = [frame.pts for frame in woven]
    found = []

    def broken() -> object:
        yield from woven[:3]
        yield plain(7)
        yield from woven[3:]
        raise CaptureError("broken off")

    seen = []
    with pytest.raises(CaptureError, match="broken off"):
        for frame in deinterlaced(broken(), lambda: found.append(1)):  # type: ignore[arg-type]
            seen.append(frame.pts)
    assert seen == [*times[:3], 7, *times[3:]]
    assert len(found) == 2
