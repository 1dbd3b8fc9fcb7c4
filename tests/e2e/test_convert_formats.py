"""What convert writes, read back: decoders are asked, not containers."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from PIL import Image, ImageSequence

from cyclorama.models.bundled import bundled_path

pytestmark = pytest.mark.e2e
Run = Callable[..., Any]
Convert = Callable[..., str]
SIZE, FPS, FRAMES, BEEP_S = 320, 25, 30, 0.6
ALPHA_ERROR, OVER_WHITE_ERROR, COLOUR_ERROR = 1.5, 2.0, 3
"""Mean levels of 255."""
TRANSPARENT = [
    ("a.webm", ()),
    ("a.mov", ()),
    ("b.mov", ("--codec", "qtrle")),
    ("a.mkv", ()),
    ("a.webp", ()),
    ("frames/%03d.png", ()),
]


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The portrait, moving, and a tone that begins after BEEP_S."""
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    portrait = cv2.resize(cv2.imread(str(bundled_path("portrait.png"))), (SIZE, SIZE), interpolation=cv2.INTER_AREA)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FPS, options={"crf": "12"})
        video.width, video.height, video.pix_fmt = SIZE, SIZE, "yuv420p"
        audio = container.add_stream("aac", rate=48_000, layout="mono")
        for number in range(FRAMES):
            moved = np.roll(portrait, number, axis=1)  # WebP joins equal pictures
            container.mux(video.encode(av.VideoFrame.from_ndarray(moved, format="bgr24")))
        times = np.arange(48_000 * FRAMES // FPS) / 48_000
        tone = np.where(times >= BEEP_S, 0.5 * np.sin(2 * np.pi * 1000 * times), 0).astype(np.float32)
        samples = av.AudioFrame.from_ndarray(tone[None], format="flt", layout="mono")
        samples.sample_rate, samples.time_base, samples.pts = 48_000, Fraction(1, 48_000), 0
        container.mux(audio.encode(samples))
        container.mux(video.encode())
        container.mux(audio.encode())
    return path


@pytest.fixture
def convert(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Convert:
    """Run ``cyclorama convert`` in an empty folder, in this process: returns what it printed, checks its exit code."""

    def convert(*arguments: str | Path, code: int = 0) -> str:
        from cyclorama.cli.app import run

        monkeypatch.chdir(tmp_path)
        ended = run(["convert", *map(str, arguments)])
        printed = capsys.readouterr()
        assert ended == code, printed.err
        return printed.err if code else printed.out

    return convert


@pytest.fixture(scope="module")
def direct(talk: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[np.ndarray]]:
    """The engine's own composites, kept without loss: the alpha, and the person over white."""
    from cyclorama.cli.app import run

    folder = tmp_path_factory.mktemp("direct")
    plain = ("--light-wrap", "0")
    assert run(["convert", str(talk), str(folder / "alpha.mkv"), "--background", "matte"]) == 0
    white = ["convert", str(talk), str(folder / "white.mkv"), "--background", "color:white", "--codec", "ffv1", *plain]
    assert run(white) == 0
    return {
        "alpha": [frame.to_ndarray(format="gray") for frame, _ in frames(folder / "alpha.mkv")],
        "white": [frame.to_ndarray(format="bgr24") for frame, _ in frames(folder / "white.mkv")],
    }


def frames(path: Path) -> Iterator[tuple[av.VideoFrame, float]]:
    """Frames and their times in seconds from the first; VP9 by the decoder that knows its alpha."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if path.suffix == ".webm":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
            decoded = (frame for packet in container.demux(stream) for frame in decoder.decode(packet))
        else:
            decoded = container.decode(stream)
        begin = None
        for frame in decoded:
            begin = frame.pts if begin is None else begin
            yield frame, float((frame.pts - begin) * stream.time_base)


def pictures(path: Path) -> list[np.ndarray]:
    """BGRA pictures of any file that convert writes."""
    if path.suffix == ".png":
        return [cv2.imread(str(file), cv2.IMREAD_UNCHANGED) for file in sorted(path.parent.glob("*.png"))]
    if path.suffix in (".webp", ".gif"):
        with Image.open(path) as image:
            return [np.asarray(frame.convert("RGBA"))[..., [2, 1, 0, 3]] for frame in ImageSequence.Iterator(image)]
    return [frame.to_ndarray(format="bgra") for frame, _ in frames(path)]


def over_white(pixels: np.ndarray) -> np.ndarray:
    alpha = pixels[..., 3:] / 255
    return pixels[..., :3] * alpha + 255 * (1 - alpha)


def beep_s(path: Path) -> float:
    """When the tone begins, after the first picture."""
    with av.open(str(path)) as container:
        first = next(container.decode(video=0)).time
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            samples = np.abs(frame.to_ndarray().astype(np.float64)).max(axis=0)
            loud = np.flatnonzero(samples > (0.1 if samples.max() <= 1.5 else 3000))
            if loud.size:
                return float(frame.time + loud[0] / frame.sample_rate - first)
    raise AssertionError(f"no tone in {path}")


@pytest.mark.parametrize(("name", "more"), TRANSPARENT)
def test_transparency_read_back_is_what_went_in(
    convert: Convert, talk: Path, direct: dict[str, list[np.ndarray]], tmp_path: Path, name: str, more: tuple[str, ...]
) -> None:
    convert(talk, name, "--background", "transparent", *more)
    got = pictures(tmp_path / name)
    assert len(got) == FRAMES
    lossless = name.endswith(("mkv", "png")) or "qtrle" in more
    for pixels, alpha, white in zip(got, direct["alpha"], direct["white"], strict=True):
        alpha_error = np.abs(pixels[..., 3].astype(float) - alpha).mean()
        assert alpha_error == 0 if lossless else alpha_error < ALPHA_ERROR
        assert np.abs(over_white(pixels) - white).mean() < (0.3 if lossless else OVER_WHITE_ERROR)
        solid = alpha == 255
        assert np.abs((pixels[..., :3].astype(float) - white)[solid].mean(axis=0)).max() < COLOUR_ERROR
        edge = (alpha > 8) & (alpha < 248)
        assert np.abs(over_white(pixels) - white)[edge].mean() < 5, "no dark or light rim"


@pytest.mark.parametrize(("name", "more"), TRANSPARENT[:4])
def test_times_and_sound_of_transparent_clips(
    convert: Convert, talk: Path, tmp_path: Path, name: str, more: tuple[str, ...]
) -> None:
    convert(talk, name, "--background", "transparent", *more)
    times = [time for _, time in frames(tmp_path / name)]
    assert np.allclose(times, np.arange(FRAMES) / FPS, atol=0.0011)
    assert beep_s(tmp_path / name) == pytest.approx(beep_s(talk), abs=0.005)


def sound(path: Path, from_s: float) -> np.ndarray:
    """Two thirds of a second of the first channel at 48 kHz, counted from the first picture."""
    with av.open(str(path)) as container:
        begin = next(container.decode(video=0)).time + from_s
    resampler = av.AudioResampler("flt", "mono", 48_000)
    with av.open(str(path)) as container:
        pieces = [
            (piece.time, piece.to_ndarray()[0]) for f in container.decode(audio=0) for piece in resampler.resample(f)
        ]
    samples = np.concatenate([piece for _, piece in pieces])
    first = round((begin - pieces[0][0]) * 48_000)
    return samples[first : first + 32_000]


@pytest.mark.parametrize("name", ["a.webm", "a.mov"])
def test_a_second_of_a_real_clip(convert: Convert, shared: Path, tmp_path: Path, name: str) -> None:
    """The middle of a clip with speech: alpha as it was, all frames, the sound in step to five milliseconds."""
    source, part = shared / "clips" / "room_720p.mp4", ("--trim", "2-3")
    convert(source, name, "--background", "transparent", *part)
    convert(source, "alpha.mkv", "--background", "matte", *part)
    got = pictures(tmp_path / name)
    wanted = [frame.to_ndarray(format="gray") for frame, _ in frames(tmp_path / "alpha.mkv")]
    assert len(got) == len(wanted) == 30
    for pixels, alpha in zip(got, wanted, strict=True):
        assert np.abs(pixels[..., 3].astype(float) - alpha).mean() < ALPHA_ERROR
    ours, theirs = sound(tmp_path / name, 0.2), sound(source, 2.2)
    assert np.abs(ours).max() > 0.02, "somebody speaks"
    likeness = np.fft.irfft(np.fft.rfft(theirs, 1 << 17) * np.conj(np.fft.rfft(ours, 1 << 17)))
    lag = int(likeness.argmax())
    assert min(lag, (1 << 17) - lag) < 0.005 * 48_000
    assert likeness.max() > 0.9 * np.linalg.norm(ours) * np.linalg.norm(theirs)


def test_under_full_transparency_lies_the_persons_colour(convert: Convert, talk: Path, tmp_path: Path) -> None:
    """The wall behind the portrait is bright grey-brown: nothing of it, and no black that a scaler would mix in."""
    convert(talk, "a.mov", "--background", "transparent")
    for pixels in pictures(tmp_path / "a.mov")[::10]:
        clear, solid = pixels[..., 3] == 0, pixels[..., 3] == 255
        near = cv2.dilate(solid.astype(np.uint8), np.ones((25, 25))) > 0
        rim = pixels[..., :3][clear & near].astype(float)
        person = pixels[..., :3][solid].astype(float)
        assert np.abs(rim.mean(axis=0) - person.mean(axis=0)).max() < 60
        assert rim.mean() > 20


def test_hevc_and_the_rest_keep_colours(
    convert: Convert, talk: Path, direct: dict[str, list[np.ndarray]], tmp_path: Path
) -> None:
    for name, more in (("a.mp4", ("--codec", "hevc", "--crf", "14")), ("a.mp4", ("--crf", "14")), ("a.gif", ())):
        options = ("--background", "color:white", "--light-wrap", "0", "--overwrite", *more)
        assert "encoder" in convert(talk, name, *options, "--stages")
        got = pictures(tmp_path / name)
        assert len(got) == FRAMES
        for pixels, white in zip(got, direct["white"], strict=True):
            off = pixels[..., :3].astype(float) - white
            assert np.abs(off.mean(axis=(0, 1))).max() < COLOUR_ERROR
            assert np.abs(off).mean() < 4


def test_a_part_at_another_size_and_rate(convert: Convert, talk: Path, tmp_path: Path) -> None:
    options = ("--trim", "0.4-1.0", "--size", "160x90", "--fps", "10", "--background", "color:teal")
    convert(talk, "a.mp4", *options)
    shown = list(frames(tmp_path / "a.mp4"))
    assert np.allclose([time for _, time in shown], np.arange(6) / 10)
    assert {(frame.width, frame.height) for frame, _ in shown} == {(160, 90)}
    assert beep_s(tmp_path / "a.mp4") == pytest.approx(beep_s(talk) - 0.4, abs=0.005)
    # the same part, not another one: compared with the raw picture
    convert(talk, "raw.mkv", "--trim", "0.4-1", "--background", "none", "--codec", "ffv1")
    source = [frame.to_ndarray(format="bgr24") for frame, _ in frames(talk)][10:25]
    part = [frame.to_ndarray(format="bgr24") for frame, _ in frames(tmp_path / "raw.mkv")]
    assert len(part) == 15
    assert all(np.abs(a.astype(int) - b).mean() < 2 for a, b in zip(part, source, strict=True))


def test_a_gif_is_never_faster_than_players_can(convert: Convert, tmp_path: Path) -> None:
    with av.open(str(tmp_path / "fast.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=100)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(40):
            level = np.full((64, 64, 3), 6 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(level, format="bgr24")))
        container.mux(stream.encode())
    convert("fast.mp4", "a.gif", "--background", "none")
    with Image.open(tmp_path / "a.gif") as image:
        durations = [frame.info["duration"] for frame in ImageSequence.Iterator(image)]
    assert durations == [20] * 20


@pytest.fixture
def slides(tmp_path: Path) -> Path:
    """A clip whose frame at each tenth of a second has that number as its brightness; longer than the talk."""
    path = tmp_path / "slides.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        for number in range(20):
            level = np.full((SIZE, SIZE, 3), 12 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(level, format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize("trim", [(), ("--trim", "0.5-1.1")])
def test_a_clip_behind_plays_in_step(
    convert: Convert, talk: Path, slides: Path, tmp_path: Path, trim: tuple[str, ...]
) -> None:
    convert(talk, "a.mkv", "--foreground-over", slides, "--codec", "ffv1", *trim)
    begin, shown = (0.52 if trim else 0.0), list(frames(tmp_path / "a.mkv"))
    assert len(shown) == (15 if trim else FRAMES)
    for frame, time in shown:
        corner = frame.to_ndarray(format="bgr24")[:40, -40:].mean()
        assert round((corner + 1.5) / 12) == int((begin + time + 0.003) * 10)


def test_a_batch_goes_on_where_it_was(cyclorama: Run, talk: Path, tmp_path: Path) -> None:
    for name in ("one.mp4", "in/one.mov", "in/two.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(talk, tmp_path / name)
    (tmp_path / "in" / "words.mp4").write_text("no clip")
    batch = ("convert", "one.mp4", "in/*", "out/", "--trim", "0-0.2", "--background", "color:teal", "--jobs", "2",
             "--stages")  # fmt: skip
    done = cyclorama(*batch)
    done.failed(3, "words.mp4")
    assert "3 of 4 clips made and 1 failed, in " in done.out
    assert "libx264" in done.out or "hardware" in done.out
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["one.mov", "one.mp4", "two.mp4"]
    (tmp_path / "in" / "words.mp4").unlink()
    (tmp_path / "out" / "two.mp4").unlink()
    again = cyclorama(*batch)
    assert again.code == 0, again.err
    assert "2 there before (--overwrite makes them again)" in again.out
    assert sum(1 for _ in frames(tmp_path / "out" / "two.mp4")) == 5
    png = cyclorama("convert", "in/two.mp4", "out", "--format", "png", "--trim", "0-0.2", "--json")
    assert png.code == 0, png.err
    assert len(list((tmp_path / "out" / "two").glob("*.png"))) == 5


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("a.mp4", "--trim", "3-1"), 2, "--trim"),
        (("a.mp4", "--trim", "60-"), 3, "nothing lies after 60 s"),
        (("a.mp4", "--size", "9"), 2, "--size"),
        (("a.mp4", "--fps", "900"), 2, "--fps"),
        (("a.webm", "--codec", "h264"), 2, "--codec h264"),
        (("a.mp4", "--codec", "h265"), 2, "--codec"),
        (("a.mov", "--crf", "20", "--background", "transparent"), 2, "--crf"),
        (("a.mp4", "--crf", "99"), 2, "--crf"),
        (("a.mp4", "--jobs", "0"), 2, "--jobs"),
        (("a.mp4", "--format", "gif"), 2, "--format"),
        (("out/", "--format", "avi"), 2, "--format"),
        (("a.mp4", "--foreground-over", "color:teal"), 2, "'color:teal' is no clip and no picture"),
        (("a.mp4", "--foreground-over", "missing.mp4"), 2, "missing.mp4"),
        (("a.mp4", "--foreground-over", "a.png", "--background", "office"), 2, "leave --background out"),
        (("out/none*.mp4", "out/"), 3, "none*.mp4"),
        (("n" * 300 + ".mp4", "out/"), 3, "File name too long; check the name"),
        (("n" * 300 + "*.mp4", "out/"), 3, "File name too long; check the name"),
        (("n" * 300 + ".mp4",), 2, "File name too long; give another name"),
        (("n" * 300 + "%d.png",), 2, "File name too long; give another name"),
        ((), 2, "OUT"),
        (("a.mp4", "b.mp4"), 2, "b.mp4 is one file for 2 clips"),
        (("%d/%d.jpg",), 2, "%05d.png"),
        (("no/where/%d.png",), 5, "there is no folder"),
    ],
)
def test_what_cannot_be_is_one_line(
    convert: Convert, talk: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    (line,) = convert(talk, *arguments, code=code).splitlines()
    assert line.startswith("cyclorama: error: ")
    assert says in line
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What no codec makes small."""
    path = tmp_path_factory.mktemp("noise") / "noise.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "10", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = SIZE, SIZE, "yuv420p"
        for number in range(60):
            pixels = np.random.default_rng(number).integers(0, 256, (SIZE, SIZE, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        container.mux(stream.encode())
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small file system")
@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.webm", "a.gif", "a.webp", "%d.png"])
def test_a_disk_of_one_mebibyte(convert: Convert, noise: Path, tmp_path: Path, name: str) -> None:
    """What there is plays, under another name: a batch that goes on later makes it again. A WebP is written at once."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], check=False).returncode:
        pytest.skip("mounting a small disk needs the right to mount")
    try:
        good = ("--crf", "4") if name.endswith(("mp4", "mov", "mkv", "webm")) else ()
        error = convert(noise, disk / name, "--background", "none", *good, code=5)
        (line,) = [line for line in error.splitlines() if line.startswith("cyclorama: error: ")]
        assert "No space left on device; free some space" in line
        left = list(disk.iterdir())
        if name == "a.webp":
            assert left == []
            return
        (part,) = left
        assert part.name == ("%d.png.part" if name.endswith("png") else f"a.part{Path(name).suffix}")
        assert f"what there is plays: {part}" in line
        count = len(list(part.iterdir())) if part.is_dir() else len(pictures(part))
        assert 0 < count < 60
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
