"""From a decoded frame to upright BGR: display matrix, shape of pixels, colour matrix, range, alpha."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace, ColorTrc
from hypothesis import given
from hypothesis import strategies as st

from cyclorama.clips import color, geometry
from cyclorama.clips.geometry import Orientation
from cyclorama.clips.reader import ClipReader
from cyclorama.core.frames import U8
from doubles.lying_clip import EIGHT, colors_of, lying


def test_a_slanted_matrix_is_the_nearest_right_angle(make_clip: Callable[..., Path]) -> None:
    for rotation, expected in ((10, Orientation(oblique=True)), (-80, Orientation(True, True, False, True))):
        with ClipReader(make_clip("turned.mp4", 2, rotation=rotation)) as reader:
            assert geometry.orientation_of(next(reader.frames())) == expected
    with ClipReader(make_clip("turned.mp4", 2, rotation=0.2)) as reader:
        assert not geometry.orientation_of(next(reader.frames())).oblique, "rounding errors are none"


def test_a_kind_of_side_data_that_pyav_does_not_know_hides_no_other(make_clip: Callable[..., Path]) -> None:
    """The decoder of TIFF attaches Exif; PyAV read none of such a frame's side data, and raised a ValueError."""
    with ClipReader(make_clip("exif.mov", 1, codec="tiff", pixel_format="rgb24", rotation=90)) as reader:
        assert geometry.orientation_of(next(reader.frames())) == Orientation(True, False, True)


@pytest.mark.parametrize(
    ("size_wh", "aspect", "expected"),
    [
        ((720, 576), Fraction(64, 45), (1024, 576)),
        ((720, 576), Fraction(16, 15), (768, 576)),
        ((1440, 1080), Fraction(4, 3), (1920, 1080)),
        ((720, 480), Fraction(8, 9), (720, 540)),
        ((353, 289), Fraction(1), (353, 289)),
        ((64, 48), Fraction(9), (64, 48)),
        ((64, 48), Fraction(1, 9), (64, 48)),
    ],
)
def test_pixels_become_square(size_wh: tuple[int, int], aspect: Fraction, expected: tuple[int, int]) -> None:
    assert geometry.square_size(size_wh, aspect) == expected


@given(st.integers(16, 4000), st.integers(16, 4000), st.fractions(Fraction(1, 8), 8, max_denominator=100))
def test_one_side_grows_to_an_even_number(width: int, height: int, aspect: Fraction) -> None:
    square = geometry.square_size((width, height), aspect)
    grown = [(side, before) for side, before in zip(square, (width, height), strict=True) if side != before]
    assert len(grown) <= 1
    assert all(side % 2 == 0 and side >= before - 1 for side, before in grown)
    assert abs(square[0] / square[1] / (width / height * float(aspect)) - 1) < 2 / min(square)


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_wide_pixels_of_a_picture_that_lies_on_its_side(tmp_path: Path, container: str) -> None:
    matrix, upright = EIGHT["to the right"]
    path = lying(tmp_path / f"clip.{container}", matrix, sample_aspect_ratio=Fraction(3, 2))
    with ClipReader(path) as reader:
        frame = next(reader.frames())
        pixels = reader.converter().upright(frame)
    assert pixels.shape == (96, 32, 3), "64 pixels of one and a half, turned"
    assert colors_of(pixels) == upright


def test_the_matrix_that_is_assumed_and_the_one_that_is_named() -> None:
    assert (color.assumed_matrix(719), color.assumed_matrix(720)) == (Colorspace.ITU601, Colorspace.ITU709)
    small, large = av.VideoFrame(64, 480, "yuv420p"), av.VideoFrame(64, 720, "yuv420p")
    assert (color.matrix_of(small), color.matrix_of(large)) == (Colorspace.ITU601, Colorspace.ITU709)
    small.color_trc = ColorTrc.SMPTE2084
    assert color.matrix_of(small) == Colorspace.bt2020, "HDR has BT.2020's"
    small.colorspace = Colorspace.ITU709
    assert color.matrix_of(small) == Colorspace.ITU709


def test_full_and_limited_range() -> None:
    """The luma of 235 is white in limited range, and light grey in full range."""
    frame = av.VideoFrame.from_ndarray(np.full((48, 32), 235, np.uint8), format="gray").reformat(format="yuv420p")
    plane = np.frombuffer(frame.planes[0], np.uint8).reshape(32, -1).copy()
    plane[:] = 235
    frame.planes[0].update(plane.tobytes())
    levels = {}
    for value in (ColorRange.MPEG, ColorRange.JPEG):
        frame.color_range = value
        levels[value] = int(color.BgrConverter(Path("clip")).upright(frame)[4, 4, 1])
    assert levels[ColorRange.MPEG] == pytest.approx(255, abs=1)
    assert levels[ColorRange.JPEG] == pytest.approx(235, abs=1)


@pytest.mark.parametrize("pixel_format", ["bgra", "rgba", "argb", "yuva420p", "yuva444p10le", "gbrap"])
def test_transparent_parts_are_over_white_and_the_alpha_is_kept(pixel_format: str) -> None:
    """Left transparent, middle half, right opaque; all of one blue."""
    pixels = np.full((48, 96, 4), (200, 40, 20, 255), np.uint8)
    pixels[:, :32, 3], pixels[:, 32:64, 3] = 0, 128
    frame = av.VideoFrame.from_ndarray(pixels, format="bgra").reformat(format=pixel_format)
    bgr, alpha = color.BgrConverter(Path("clip")).upright_with_alpha(frame)
    assert alpha is not None
    assert [int(alpha[20, x]) for x in (10, 48, 90)] == pytest.approx([0, 128, 255], abs=1)
    for x, expected in ((10, (255, 255, 255)), (48, (227, 147, 137)), (90, (200, 40, 20))):
        assert bgr[20, x].tolist() == pytest.approx(expected, abs=3)


def test_what_is_opaque_all_over_has_no_alpha() -> None:
    frame = av.VideoFrame.from_ndarray(np.full((8, 8, 4), 255, np.uint8), format="bgra")
    assert color.BgrConverter(Path("clip")).upright_with_alpha(frame)[1] is None


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("clip.webm", "libvpx-vp9", "yuva420p"),
        ("clip.webm", "libvpx", "yuva420p"),
        ("clip.mkv", "libvpx-vp9", "yuva420p"),
        ("clip.mov", "prores_ks", "yuva444p10le"),
        ("clip.mov", "qtrle", "argb"),
        ("clip.mov", "png", "rgba"),
        ("clip.mkv", "ffv1", "bgra"),
        ("clip.apng", "apng", "rgba"),
        ("clip.gif", "gif", "pal8"),
    ],
)
def test_the_alpha_of_a_clip_is_read(tmp_path: Path, name: str, codec: str, pixel_format: str) -> None:
    picture = np.full((32, 64, 4), (200, 40, 20, 255), np.uint8)
    picture[:, :32, 3] = 0
    with av.open(str(tmp_path / name), "w") as container:
        options = {"auto-alt-ref": "0"} if "vpx" in codec else {}
        stream = container.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 32, pixel_format
        for index in range(3):
            frame = _pal8(picture) if pixel_format == "pal8" else av.VideoFrame.from_ndarray(picture, format="bgra")
            frame = frame if pixel_format == "pal8" else frame.reformat(format=pixel_format)
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with ClipReader(tmp_path / name) as reader:
        frames = list(reader.frames())
        converted = [reader.converter().upright_with_alpha(frame) for frame in frames]
    assert len(frames) == 3
    assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.2])
    for bgr, alpha in converted:
        assert alpha is not None
        assert (alpha[16, 8], alpha[16, 56]) == (0, 255)
        assert bgr[16, 8].tolist() == [255, 255, 255]
        assert bgr[16, 56].tolist() == pytest.approx([200, 40, 20], abs=8)


def _pal8(bgra: U8) -> av.VideoFrame:
    palette = np.zeros((256, 4), np.uint8)
    palette[1] = 255, 20, 40, 200
    pair: Any = (bgra[..., 3] // 255).astype(np.uint8), palette
    return av.VideoFrame.from_ndarray(pair, format="pal8")
