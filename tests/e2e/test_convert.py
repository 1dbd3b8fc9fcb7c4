"""Whole clips through the command: every frame, every time, the sound in step."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from cyclorama.models.bundled import bundled_path

pytestmark = pytest.mark.e2e
Run = Callable[..., Any]
MILLISECOND = 0.0011
"""Matroska counts in milliseconds."""


def times(path: Path) -> list[float]:
    """When each picture is shown, in seconds from the first."""
    with av.open(str(path)) as container:
        shown = [frame.time for frame in container.decode(video=0)]
    return [time - shown[0] for time in shown]


def sound_offset_s(path: Path) -> float:
    """When the sound begins, against the first picture."""
    with av.open(str(path)) as container:
        picture = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        return float(next(container.decode(audio=0)).time - picture)


def sound(path: Path) -> np.ndarray:
    """All samples of the first channel, in [-1, 1]."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def write_clip(path: Path, size_wh: tuple[int, int], pts: list[int], time_base: Fraction) -> None:
    """The portrait, with its frame's number as the brightness of a corner."""
    portrait = cv2.resize(cv2.imread(str(bundled_path("portrait.png"))), size_wh, interpolation=cv2.INTER_AREA)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1" if path.suffix == ".mkv" else "libx264", rate=30)
        stream.width, stream.height = size_wh
        stream.pix_fmt = "bgr0" if path.suffix == ".mkv" else "yuv420p"
        stream.time_base = stream.codec_context.time_base = time_base
        for number, when in enumerate(pts):
            picture = portrait.copy()
            picture[:16, :16] = 6 * number
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts, frame.time_base = when, time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv"])
def test_a_real_clip_keeps_frames_times_and_sound(cyclorama: Run, shared: Path, tmp_path: Path, target: str) -> None:
    source = shared / "clips" / "room_720p.mp4"
    done = cyclorama("convert", source, target, "--background", "office", "--quality", "fast", "--json")
    assert done.code == 0, done.err
    out = tmp_path / target
    before, after = times(source), times(out)
    assert len(after) == len(before) == 282
    assert np.abs(np.subtract(after, before)).max() < (MILLISECOND if target.endswith("mkv") else 1e-6)
    assert abs(sound_offset_s(out) - sound_offset_s(source)) < 0.002
    ours, theirs = sound(out), sound(source)
    assert abs(len(ours) - len(theirs)) <= 2048
    # copied, not encoded again: in step to the sample
    begin = (
        next(shift for shift in range(0, 4097, 64) if np.allclose(ours[shift : shift + 9600], theirs[:9600]))
        if (len(ours) > len(theirs))
        else 0
    )
    assert np.allclose(ours[begin : begin + len(theirs) // 2], theirs[: len(theirs) // 2])


@pytest.mark.parametrize("target", ["out.mp4", "out.mkv", "out.mov"])
def test_a_variable_frame_rate_is_kept(cyclorama: Run, tmp_path: Path, target: str) -> None:
    pts = [0, 20, 70, 75, 200, 230, 500, 520, 600, 660]
    write_clip(tmp_path / "in.mp4", (320, 240), pts, Fraction(1, 600))
    done = cyclorama("convert", "in.mp4", target, "--background", "color:teal")
    assert done.code == 0, done.err
    assert np.allclose(times(tmp_path / target), times(tmp_path / "in.mp4"), atol=MILLISECOND)
    assert np.allclose(times(tmp_path / "in.mp4"), np.array(pts) / 600)


@pytest.mark.parametrize("size_wh", [(321, 241), (127, 233)])
def test_an_odd_size(cyclorama: Run, tmp_path: Path, size_wh: tuple[int, int]) -> None:
    write_clip(tmp_path / "in.mkv", size_wh, list(range(6)), Fraction(1, 30))
    assert cyclorama("convert", "in.mkv", "out.mp4", "--background", "dusk").code == 0
    assert cyclorama("convert", "in.mkv", "alpha.mkv", "--background", "matte").code == 0
    with av.open(str(tmp_path / "out.mp4")) as container:
        frames = list(container.decode(video=0))
    assert (frames[0].width, frames[0].height) == (size_wh[0] + size_wh[0] % 2, size_wh[1] + size_wh[1] % 2)
    with av.open(str(tmp_path / "alpha.mkv")) as container:
        mattes = list(container.decode(video=0))
        assert container.streams.video[0].codec_context.name == "ffv1"
    assert (mattes[0].width, mattes[0].height, mattes[0].format.name) == (*size_wh, "gray")
    assert len(frames) == len(mattes) == 6


def test_frames_stay_in_order(cyclorama: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "in.mkv", (320, 240), list(range(24)), Fraction(1, 30))
    assert cyclorama("convert", "in.mkv", "out.mkv", "--background", "none").code == 0
    with av.open(str(tmp_path / "out.mkv")) as container:
        corners = [float(frame.to_ndarray(format="gray")[4:12, 4:12].mean()) for frame in container.decode(video=0)]
    assert np.allclose(np.diff(corners), 6, atol=3)


def test_a_truncated_clip_is_converted_as_far_as_it_goes(cyclorama: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "whole.mkv", (320, 240), list(range(40)), Fraction(1, 30))
    data = (tmp_path / "whole.mkv").read_bytes()
    (tmp_path / "cut.mkv").write_bytes(data[: len(data) // 2])
    done = cyclorama("convert", "cut.mkv", "out.mp4", "--background", "color:teal")
    assert done.code in (0, 3), done.err  # Matroska does not say how many frames there were to be
    assert 10 < len(times(tmp_path / "out.mp4")) < 40


def test_a_truncated_mp4_is_said_and_what_could_be_read_is_kept(cyclorama: Run, shared: Path, tmp_path: Path) -> None:
    fast = tmp_path / "fast.mp4"
    with (
        av.open(str(shared / "clips" / "room_720p.mp4")) as source,
        av.open(str(fast), "w", options={"movflags": "faststart"}) as target,
    ):
        video = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = video
                target.mux(packet)
    data = fast.read_bytes()
    (tmp_path / "cut.mp4").write_bytes(data[: len(data) // 3])
    done = cyclorama("convert", "cut.mp4", "out.mp4", "--background", "color:teal")
    done.failed(3, "cut.mp4", "of 282 frames")
    assert 30 < len(times(tmp_path / "out.mp4")) < 200


def test_a_phone_held_upright_stays_upright(cyclorama: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "flat.mp4", (320, 240), list(range(5)), Fraction(1, 30))
    data = bytearray((tmp_path / "flat.mp4").read_bytes())
    matrix = data.index(b"tkhd") + 44  # ISO 14496-12, 8.3.2: the track header's transformation, 16.16 and 2.30
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -(1 << 16), 0, 0, 240 << 16, 0, 1 << 30)
    (tmp_path / "turned.mp4").write_bytes(data)
    assert cyclorama("convert", "turned.mp4", "out.mp4", "--background", "color:teal").code == 0
    with av.open(str(tmp_path / "out.mp4")) as container:
        frame = next(container.decode(video=0))
    assert (frame.width, frame.height) == (240, 320)


def test_the_matte_of_the_portrait_is_a_person(cyclorama: Run, tmp_path: Path) -> None:
    write_clip(tmp_path / "in.mkv", (512, 512), list(range(3)), Fraction(1, 30))
    assert cyclorama("convert", "in.mkv", "alpha.mkv", "--background", "matte").code == 0
    with av.open(str(tmp_path / "alpha.mkv")) as container:
        alpha = list(container.decode(video=0))[-1].to_ndarray()
    assert alpha[100:170, 200:250].min() > 240, "the face"
    assert alpha[:60, 350:].max() < 16, "the wall"
