"""What a clip holds when it is finished: colours, times, alpha."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cyclorama.core.errors import SettingsError, SinkError
from cyclorama.core.frames import U8, Composite, CompositeKind, Layout
from cyclorama.files.part_file import PartFile
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink

Plain = Callable[..., Composite]
COLOURS = [(40, 60, 200), (60, 200, 40), (200, 40, 60), (128, 128, 128), (235, 240, 250), (10, 5, 0)]


def frames_of(path: Path, pixel_format: str) -> list[U8]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format=pixel_format) for frame in container.decode(video=0)]


def times_of(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize(("size_wh", "matrix"), [((1280, 720), 1), ((320, 240), 5)])
def test_colours_survive_and_the_tags_say_how(
    tmp_path: Path, plain: Plain, extension: str, size_wh: tuple[int, int], matrix: int
) -> None:
    path = tmp_path / f"clip.{extension}"
    with ClipSink(path) as sink:
        sink.open(OutputFormat(size_wh, Fraction(25)))
        for seq, colour in enumerate(COLOURS):
            sink.write(plain(size_wh, seq=seq, colour=colour))
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.color_range, context.colorspace) == (1, matrix)
    decoded = frames_of(path, "bgr24")
    assert len(decoded) == len(COLOURS)
    for picture, colour in zip(decoded, COLOURS, strict=True):
        assert picture.shape[:2] == size_wh[::-1]
        off = np.abs(np.median(picture, axis=(0, 1)) - colour).max()
        assert off <= 3, (colour, np.median(picture, axis=(0, 1)))


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
def test_constant_rate(tmp_path: Path, plain: Plain, extension: str) -> None:
    path = tmp_path / f"clip.{extension}"
    with ClipSink(path) as sink:
        sink.open(OutputFormat((64, 48), Fraction(30000, 1001)))
        for seq in range(45):
            sink.write(plain((64, 48), seq=seq, pts=seq * 7))  # without a time base, their own times do not count
    for index, time in enumerate(times_of(path)):
        assert abs(time - index * Fraction(1001, 30000)) <= Fraction(1, 1000)
    with av.open(str(path)) as container:
        assert container.duration / av.time_base == pytest.approx(45 * 1001 / 30000, abs=0.002)


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
def test_variable_frame_times_are_kept(tmp_path: Path, plain: Plain, extension: str) -> None:
    path = tmp_path / f"clip.{extension}"
    time_base = Fraction(1, 90_000)
    pts = np.cumsum([45_000] + [3000, 1500, 9000, 3003, 180] * 10).tolist()
    with ClipSink(path) as sink:
        sink.open(OutputFormat((64, 48), Fraction(30), time_base=time_base))
        for seq, moment in enumerate(pts):
            sink.write(plain((64, 48), seq=seq, pts=moment))
    got = times_of(path)
    if extension in ("mp4", "mov"):
        assert got == [moment * time_base for moment in pts]
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            assert stream.duration * stream.time_base == pts[-1] * time_base - Fraction(1, 2) + Fraction(1, 30)
    else:
        assert len(got) == len(pts)
        assert max(abs(a - b * time_base) for a, b in zip(got, pts, strict=True)) <= Fraction(1, 1000)


def test_times_that_stand_still_or_lack_still_make_a_clip(tmp_path: Path, plain: Plain) -> None:
    path = tmp_path / "clip.mp4"
    with ClipSink(path) as sink:
        sink.open(OutputFormat((64, 48), Fraction(10), time_base=Fraction(1, 1000)))
        for seq, moment in enumerate([0, 100, 100, 90, None, 400]):
            sink.write(plain((64, 48), seq=seq, pts=moment))
    assert times_of(path) == [Fraction(n, 1000) for n in (0, 100, 101, 102, 202, 400)]


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
def test_an_odd_size_grows_by_a_repeated_edge(tmp_path: Path, extension: str) -> None:
    ramp = np.tile(np.linspace(30, 220, 101, dtype=np.uint8)[None, :, None], (75, 1, 3))
    path = tmp_path / f"clip.{extension}"
    with ClipSink(path) as sink:
        sink.open(OutputFormat((101, 75), Fraction(25)))
        for seq in range(10):
            sink.write(Composite(ramp, Layout.BGR, CompositeKind.COMPOSITE, seq, 0))
    decoded = frames_of(path, "bgr24")
    assert len(decoded) == 10
    assert decoded[0].shape == (76, 102, 3)
    assert np.abs(decoded[0][:, -1].astype(int) - 220).max() <= 6, "no green or black stripe"
    assert np.abs(decoded[0][-1, :101].astype(int) - ramp[0]).max() <= 8


def test_a_matte_in_mkv_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "matte.mkv"
    mattes = [np.random.default_rng(seq).integers(0, 256, (75, 101), np.uint8) for seq in range(5)]
    with ClipSink(path) as sink:
        sink.open(OutputFormat((101, 75), Fraction(25), Layout.GRAY))
        for seq, matte in enumerate(mattes):
            sink.write(Composite(matte, Layout.GRAY, CompositeKind.COMPOSITE, seq, 0))
    decoded = frames_of(path, "gray")
    assert all(np.array_equal(a, b) for a, b in zip(decoded, mattes, strict=True))


@pytest.mark.parametrize("extension", ["mp4", "mov", "webm"])
def test_a_matte_elsewhere_is_grey_within_two_levels(tmp_path: Path, plain: Plain, extension: str) -> None:
    path = tmp_path / f"matte.{extension}"
    levels = [0, 1, 16, 128, 235, 254, 255]
    with ClipSink(path) as sink:
        sink.open(OutputFormat((64, 48), Fraction(25), Layout.GRAY))
        for seq, level in enumerate(levels):
            sink.write(plain((64, 48), Layout.GRAY, seq=seq, colour=(level,)))
    for picture, level in zip(frames_of(path, "bgr24"), levels, strict=True):
        assert np.abs(picture.astype(int) - level).max() <= 2


@pytest.mark.parametrize(("extension", "tolerance"), [("mkv", 0), ("mov", 3), ("webm", 12)])
def test_transparency(tmp_path: Path, extension: str, tolerance: int) -> None:
    path = tmp_path / f"clip.{extension}"
    pixels = np.empty((96, 128, 4), np.uint8)
    pixels[:] = (40, 60, 200, 0)
    pixels[:, 32:64, 3], pixels[:, 64:, 3] = 128, 255
    with ClipSink(path) as sink:
        sink.open(OutputFormat((128, 96), Fraction(25), Layout.BGRA))
        for seq in range(5):
            sink.write(Composite(pixels, Layout.BGRA, CompositeKind.COMPOSITE, seq, 0))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if extension == "webm":
            assert stream.metadata["alpha_mode"] == "1"
            decoder = av.CodecContext.create("libvpx-vp9", "r")
            decoded = [f for packet in container.demux(stream) for f in decoder.decode(packet)]
        else:
            decoded = list(container.decode(stream))
    assert len(decoded) == 5
    for frame in decoded:
        got = frame.to_ndarray(format="bgra").astype(int)
        for left, right in ((4, 28), (36, 60), (68, 124)):
            assert np.abs(got[8:-8, left:right] - pixels[8:-8, left:right]).max() <= tolerance


def test_mp4_says_which_files_carry_transparency(tmp_path: Path) -> None:
    sink = ClipSink(tmp_path / "clip.mp4")
    assert Layout.BGRA not in sink.layouts
    with pytest.raises(SettingsError, match=r"transparency.*\.mov, \.mkv, \.webm"):
        sink.open(OutputFormat((64, 48), Fraction(25), Layout.BGRA))
    assert not list(tmp_path.iterdir())


def test_an_extension_that_is_no_clips() -> None:
    with pytest.raises(SettingsError, match=r"\.mp4, \.mov"):
        ClipSink(Path("clip.avi"))


def test_the_name_is_taken_only_by_close(tmp_path: Path, plain: Plain) -> None:
    path = tmp_path / "clip.mp4"
    sink = ClipSink(path)
    sink.open(OutputFormat((64, 48), Fraction(25)))
    sink.write(plain((64, 48)))
    assert [item.name for item in tmp_path.iterdir()] == ["clip.part.mp4"]
    sink.close()
    assert [item.name for item in tmp_path.iterdir()] == ["clip.mp4"]


def test_abort_leaves_nothing_and_keeps_what_was_there(tmp_path: Path, plain: Plain) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"older")
    sink = ClipSink(path, overwrite=True)
    sink.open(OutputFormat((64, 48), Fraction(25)))
    sink.write(plain((64, 48)))
    sink.abort()
    sink.close()
    assert [item.name for item in tmp_path.iterdir()] == ["clip.mp4"]
    assert path.read_bytes() == b"older"


def test_a_clip_without_pictures_is_no_file(tmp_path: Path) -> None:
    with ClipSink(tmp_path / "clip.mkv") as sink:
        sink.open(OutputFormat((64, 48), Fraction(25)))
    assert not list(tmp_path.iterdir())


def test_an_existing_file_is_replaced_only_when_told_to(tmp_path: Path, plain: Plain) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"older")
    with pytest.raises(SinkError, match="--overwrite"):
        ClipSink(path).check()
    with pytest.raises(SinkError, match="--overwrite"):
        ClipSink(path).open(OutputFormat((64, 48), Fraction(25)))
    assert path.read_bytes() == b"older"
    with ClipSink(path, overwrite=True) as sink:
        sink.open(OutputFormat((64, 48), Fraction(25)))
        sink.write(plain((64, 48)))
    assert len(frames_of(path, "gray")) == 1


@pytest.mark.parametrize(
    ("error", "told"),
    [(OSError("no such size"), SinkError), (ValueError("odd"), SinkError), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_a_clip_that_cannot_be_started_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, told: type[BaseException]
) -> None:
    def fail(part: PartFile, *_: object) -> None:
        part.write(b"header")
        raise error

    monkeypatch.setattr("cyclorama.sinks.clip.clip.Writer", fail)
    with pytest.raises(told):
        ClipSink(tmp_path / "clip.mp4").open(OutputFormat((64, 48), Fraction(10)))
    assert list(tmp_path.iterdir()) == []
