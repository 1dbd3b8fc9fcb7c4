"""What the codecs beside the usual ones hold when it is read back."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from PIL import Image, ImageSequence

from cyclorama.core.frames import U8, Composite, CompositeKind, Layout
from cyclorama.settings.values import EncodingSettings
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink

Plain = Callable[..., Composite]
SIZE = (64, 48)
SMPTE170M = 6
"""The same matrix as ITU601."""


def write(path: Path, pictures: list[U8], layout: Layout, codec: str = "auto", pts: list[int] | None = None) -> None:
    """At 25 fps, or with times in milliseconds."""
    settings = EncodingSettings(codec)  # type: ignore[arg-type]
    with ClipSink(path, encoding=settings) as sink:
        size_wh = pictures[0].shape[1], pictures[0].shape[0]
        sink.open(OutputFormat(size_wh, Fraction(25), layout, Fraction(1, 1000) if pts else None))
        for seq, pixels in enumerate(pictures):
            moment = pts[seq] if pts else None
            sink.write(Composite(pixels, layout, CompositeKind.COMPOSITE, seq, 0, pts=moment))


def animation(path: Path) -> tuple[list[U8], list[int]]:
    """BGRA pictures and how long each is shown, in milliseconds."""
    pictures, durations = [], []
    with Image.open(path) as image:
        for frame in ImageSequence.Iterator(image):
            pictures.append(np.asarray(frame.convert("RGBA"))[..., [2, 1, 0, 3]])
            durations.append(frame.info["duration"])
    return pictures, durations


def noise(channels: int, count: int = 4) -> list[U8]:
    return [np.random.default_rng(seq).integers(0, 256, (47, 63, channels), np.uint8) for seq in range(count)]


@pytest.mark.parametrize(
    ("name", "codec", "layout", "pixel_format"),
    [
        ("a.mov", "qtrle", Layout.BGRA, "bgra"),
        ("a.mov", "qtrle", Layout.BGR, "bgr24"),
        ("a.mkv", "ffv1", Layout.BGR, "bgr24"),
        ("a.mkv", "ffv1", Layout.BGRA, "bgra"),
    ],
)
def test_lossless_codecs_are(tmp_path: Path, name: str, codec: str, layout: Layout, pixel_format: str) -> None:
    pictures = noise(4 if layout is Layout.BGRA else 3)
    write(tmp_path / name, pictures, layout, codec)
    with av.open(str(tmp_path / name)) as container:
        assert container.streams.video[0].codec_context.name == codec
        decoded = [frame.to_ndarray(format=pixel_format) for frame in container.decode(video=0)]
    assert len(decoded) == len(pictures)
    for got, wanted in zip(decoded, pictures, strict=True):
        assert np.array_equal(got, wanted)


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
def test_hevc(tmp_path: Path, extension: str) -> None:
    colours = [(40, 60, 200), (60, 200, 40), (200, 40, 60), (128, 128, 128)]
    path = tmp_path / f"a.{extension}"
    write(path, [np.full((*SIZE[::-1], 3), colour, np.uint8) for colour in colours], Layout.BGR, "hevc")
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert context.name == "hevc"
        assert extension == "mkv" or context.codec_tag == "hvc1"
        decoded = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    assert len(decoded) == len(colours), "the last one lasts as long as the others"
    for picture, colour in zip(decoded, colours, strict=True):
        assert np.abs(np.median(picture, axis=(0, 1)) - colour).max() <= 3


def test_a_lower_rate_factor_is_larger(tmp_path: Path) -> None:
    sizes = []
    for crf in (15, 40):
        path = tmp_path / f"{crf}.mp4"
        with ClipSink(path, encoding=EncodingSettings(crf=crf)) as sink:
            sink.open(OutputFormat((63, 47), Fraction(25)))
            for seq, pixels in enumerate(noise(3)):
                sink.write(Composite(pixels, Layout.BGR, CompositeKind.COMPOSITE, seq, 0))
        sizes.append(path.stat().st_size)
    assert sizes[0] > 1.5 * sizes[1]


@pytest.mark.parametrize("extension", ["gif", "webp"])
def test_animations_keep_times_and_repeat(tmp_path: Path, extension: str) -> None:
    path = tmp_path / f"a.{extension}"
    pts = [0, 40, 80, 300, 320, 500]
    write(path, [np.full((48, 64, 3), 30 * seq, np.uint8) for seq in range(6)], Layout.BGR, pts=pts)
    pictures, durations = animation(path)
    assert [int(picture[..., 0].mean().round(-1)) for picture in pictures] == [0, 30, 60, 90, 120, 150]
    assert durations[:5] == [40, 40, 220, 20, 180]
    with Image.open(path) as image:
        assert image.info["loop"] == 0, "for ever"


def test_a_gif_of_any_times_never_makes_players_stumble(tmp_path: Path) -> None:
    """Times of less than two hundredths are shown as ten."""
    path = tmp_path / "a.gif"
    pts = np.cumsum(np.random.default_rng(3).integers(1, 60, 60)).tolist()
    write(path, [np.full((48, 64, 3), (4 * seq) % 256, np.uint8) for seq in range(60)], Layout.BGR, pts=pts)
    pictures, durations = animation(path)
    assert len(pictures) == 60
    assert min(durations) >= 10
    assert sum(duration < 20 for duration in durations) <= 6, "rounding alone"
    assert abs(sum(durations[:-1]) - (pts[-1] - pts[0])) < 200


def test_webp_alpha_is_exact_and_gif_alpha_its_nearest(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(0, 255, 64).astype(np.uint8), (48, 1))
    pictures = [np.dstack([np.full((48, 64, 3), (60, 90, 200 - 20 * seq), np.uint8), ramp]) for seq in range(3)]
    for extension in ("webp", "gif"):
        write(tmp_path / f"a.{extension}", pictures, Layout.BGRA)
        decoded, _ = animation(tmp_path / f"a.{extension}")
        assert len(decoded) == 3
        for got, wanted in zip(decoded, pictures, strict=True):
            alpha = ramp if extension == "webp" else np.where(ramp < 128, 0, 255)
            assert np.array_equal(got[..., 3], alpha)
            seen = ramp > 128
            assert np.abs(got[..., :3].astype(int) - wanted[..., :3])[seen].mean() < 3


def test_a_webp_of_any_times_has_no_picture_that_is_shown_for_longer(tmp_path: Path) -> None:
    path, pts = tmp_path / "a.webp", [0, 5, 9, 40, 45, 100, 104]
    write(path, [np.full((48, 64, 3), 30 * seq, np.uint8) for seq in range(7)], Layout.BGR, pts=pts)
    assert animation(path)[1][:6] == [11, 11, 18, 11, 49, 11]


@pytest.mark.parametrize("extension", ["gif", "webp"])
def test_animations_leave_the_sound_out(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path], extension: str
) -> None:
    path = tmp_path / f"a.{extension}"
    with ClipSink(path, audio_from=sounding_clip()) as sink:
        sink.open(OutputFormat(SIZE, Fraction(25)))
        for seq in range(3):
            sink.write(plain(SIZE, seq=seq))
    assert len(animation(path)[0]) == 3


def test_only_animations_have_a_highest_rate(tmp_path: Path) -> None:
    assert ClipSink(tmp_path / "a.gif").max_fps == 50
    assert ClipSink(tmp_path / "a.webp").max_fps == 90, "up to a hundredth of a second is shown as ten"
    assert ClipSink(tmp_path / "a.mp4").max_fps is None


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_last_pictures_are_shown_however_many_there_are(tmp_path: Path, codec: str) -> None:
    """A picture that is shown last may be written before others, and those may be all that the last fragment holds."""
    ramp = np.tile(np.arange(64, dtype=np.uint8), (48, 1))
    for count in range(12, 36):
        path = tmp_path / f"{count}.mp4"
        moving = [np.dstack([np.roll(ramp * 3, 2 * seq, axis=1)] * 3) for seq in range(count)]
        write(path, moving, Layout.BGR, codec)
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert len(list(container.decode(stream))) == count
            assert stream.duration * stream.time_base == Fraction(count, 25)


@pytest.mark.parametrize(
    ("name", "layout", "codec", "expected"),
    [
        ("a.mp4", Layout.BGR, "auto", (Colorspace.ITU601, ColorRange.MPEG, ColorPrimaries.BT709, ColorTrc.BT709)),
        ("a.mov", Layout.BGRA, "auto", (SMPTE170M, ColorRange.MPEG, ColorPrimaries.BT709, ColorTrc.BT709)),
        ("a.webm", Layout.BGR, "auto", (Colorspace.ITU601, ColorRange.MPEG, ColorPrimaries.BT709, ColorTrc.BT709)),
        ("a.mkv", Layout.BGR, "ffv1", (0, ColorRange.JPEG, ColorPrimaries.BT709, ColorTrc.IEC61966_2_1)),
        ("a.mkv", Layout.BGRA, "auto", (0, ColorRange.JPEG, ColorPrimaries.BT709, ColorTrc.IEC61966_2_1)),
    ],
)
def test_colours_are_labelled_as_what_they_are(
    tmp_path: Path, plain: Plain, name: str, layout: Layout, codec: Any, expected: tuple[int, ...]
) -> None:
    with ClipSink(tmp_path / name, encoding=EncodingSettings(codec)) as sink:
        sink.open(OutputFormat((64, 48), Fraction(25), layout))
        sink.write(plain((64, 48), layout))
    with av.open(str(tmp_path / name)) as container:
        frame = next(container.decode(video=0))
    assert (frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc) == expected
