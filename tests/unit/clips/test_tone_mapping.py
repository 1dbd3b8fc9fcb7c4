"""HDR levels as FFmpeg's filters zscale and tonemap map them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from cyclorama.clips.color import BgrConverter
from cyclorama.clips.losses import HDR
from cyclorama.clips.reader import ClipReader
from cyclorama.clips.tone_mapping import peak_of, to_sdr

LEVELS = np.array(
    [[0.2] * 3, [0.5] * 3, [0.58] * 3, [0.75] * 3, [0.6, 0.3, 0.3], [0.3, 0.6, 0.3], [0.3, 0.3, 0.6], [0.55, 0.5, 0.4]]
)
"""RGB, of BT.2020."""
REFERENCE = {
    ColorTrc.SMPTE2084: [
        *([37, 37, 37], [153, 153, 153], [192, 192, 192], [255, 255, 255]),
        *([224, 0, 38], [0, 207, 0], [0, 48, 207], [191, 135, 80]),
    ],
    ColorTrc.ARIB_STD_B67: [
        *([52, 52, 52], [124, 124, 124], [144, 144, 144], [193, 193, 193]),
        *([171, 48, 66], [0, 154, 55], [60, 70, 154], [143, 120, 93]),
    ],
}
"""RGB, by ffmpeg -vf zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709,tonemap=tonemap=hable:desat=0,
zscale=t=bt709:m=gbr:r=full,format=gbrp (FFmpeg 5.1, zimg 3.0.4)."""


@pytest.mark.parametrize("transfer", REFERENCE)
def test_the_formula_is_that_of_ffmpegs_filters(transfer: ColorTrc) -> None:
    mapped = 255 * to_sdr(LEVELS, transfer)
    assert np.abs(mapped - REFERENCE[transfer]).max() < 1.5


@pytest.mark.parametrize("transfer", REFERENCE)
def test_frames_come_out_as_the_formula_says(transfer: ColorTrc) -> None:
    pixels = np.rint(np.repeat(np.repeat(LEVELS[None], 16, 0), 16, 1) * 65535).astype(np.uint16)
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb48le")
    frame = frame.reformat(format="yuv444p12le", dst_colorspace=Colorspace.bt2020, dst_color_range=ColorRange.MPEG)
    frame.color_trc, frame.colorspace, frame.color_range = transfer, Colorspace.bt2020, ColorRange.MPEG
    converter = BgrConverter(Path("clip"))
    for _ in range(2):
        bgr = converter.upright(frame)
        assert np.abs(bgr[8, 8::16, ::-1].astype(int) - REFERENCE[transfer]).max() <= 3
    assert np.abs(converter.covering(frame, (64, 8))[4, 4::8, ::-1].astype(int) - REFERENCE[transfer]).max() <= 6


def ten_bits(path: Path, level: int, transfer: ColorTrc, params: str = "") -> Path:
    """A grey clip of H.265, as phones write them; ``level``: of its luma."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx265", rate=10, options={"x265-params": f"log-level=error{params}"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p10le"
        context = stream.codec_context
        context.color_trc, context.color_primaries = transfer, ColorPrimaries.BT2020
        context.colorspace, context.color_range = Colorspace.bt2020, ColorRange.MPEG
        for index in range(3):
            frame = av.VideoFrame(64, 64, "yuv420p10le")
            for plane, value in zip(frame.planes, (level, 512, 512), strict=True):
                plane.update(np.full(plane.buffer_size // 2, value, np.uint16).tobytes())
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def test_an_hdr_clip_is_read_as_sdr_and_it_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """White of an SDR picture is 75 % in HLG."""
    path = ten_bits(tmp_path / "hlg.mp4", round(64 + 0.75 * 876), ColorTrc.ARIB_STD_B67)
    with ClipReader(path) as reader:
        bgr = [reader.converter().upright(frame) for frame in reader.frames()]
    assert np.abs(bgr[0].astype(int) - 193).max() <= 2
    assert caplog.messages == [f"{path}: {HDR}"], "that its primaries are wide is part of it"


def test_a_clip_may_say_how_bright_it_is(tmp_path: Path) -> None:
    """Its brightest level is white: the same signal is brighter in a clip of 400 cd/m² than in one of 1000."""
    path = ten_bits(tmp_path / "pq.mp4", 512, ColorTrc.SMPTE2084, ":max-cll=400,100:hdr10=1")
    with ClipReader(path) as reader:
        frame = next(reader.frames())
        bgr = reader.converter().upright(frame)
    assert peak_of(frame) == 400
    dim, bright = (float(to_sdr(np.full(3, 448 / 876), ColorTrc.SMPTE2084, peak)[0]) for peak in (1000, 400))
    assert bright > dim + 0.05
    assert np.abs(bgr - 255 * bright).max() <= 2


DISPLAY = ":hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(6000000,50)"
"""Of 0.005 to 600 cd/m²."""


@pytest.mark.parametrize(
    ("params", "peak"),
    [
        (DISPLAY, 600),
        (f"{DISPLAY}:max-cll=400,100", 400),
        (":hdr10=1:max-cll=20000,100", 10_000),
        (":hdr10=1:max-cll=5,2", 100),
    ],
)
def test_whose_word_is_taken_for_the_brightest_level_and_how_far(tmp_path: Path, params: str, peak: float) -> None:
    with ClipReader(ten_bits(tmp_path / "pq.mp4", 512, ColorTrc.SMPTE2084, params)) as reader:
        assert peak_of(next(reader.frames())) == peak


@pytest.mark.parametrize("transfer", REFERENCE)
def test_hdr_with_transparency_keeps_it(transfer: ColorTrc) -> None:
    """The left half is half transparent."""
    pixels = np.full((8, 32, 4), 65535, np.uint16)
    pixels[..., :3] = np.rint(LEVELS[7] * 65535)
    pixels[:, :16, 3] = 128 * 257
    frame = av.VideoFrame.from_ndarray(pixels, format="rgba64le")
    frame = frame.reformat(format="yuva444p12le", dst_colorspace=Colorspace.bt2020, dst_color_range=ColorRange.MPEG)
    frame.color_trc, frame.colorspace, frame.color_range = transfer, Colorspace.bt2020, ColorRange.MPEG
    bgr, alpha = BgrConverter(Path("clip")).upright_with_alpha(frame)
    assert alpha is not None
    assert [int(alpha[4, x]) for x in (8, 24)] == pytest.approx([128, 255], abs=1)
    mapped = np.array(REFERENCE[transfer][7])
    assert np.abs(bgr[4, 24, ::-1] - mapped).max() <= 3
    assert np.abs(bgr[4, 8, ::-1] - (mapped + 255) / 2).max() <= 3, "half of it over white"


def test_a_clip_that_says_nothing_is_of_a_thousand() -> None:
    assert peak_of(av.VideoFrame(16, 16, "yuv420p10le")) == 1000
