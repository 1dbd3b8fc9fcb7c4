"""Every container that is written, read again: times, end, transparency and sound are those that went in."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from cyclorama.clips.sound import SoundReader
from cyclorama.core.errors import CaptureError, SinkError
from cyclorama.core.frames import Composite, CompositeKind, Layout
from cyclorama.settings.values import EncodingSettings, Trim
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip.clip import ClipSink
from cyclorama.sinks.clip.copied_sound import Sound
from cyclorama.sinks.clip.formats import ENCODINGS

TB = Fraction(1, 100)
STARTS, LAST = (0, 10, 30, 44), 120
"""The last picture stands for 1.2 seconds; the average of all would be 0.41."""
CHANNELS = {Layout.BGR: 3, Layout.BGRA: 4, Layout.GRAY: 0}
WRITTEN = [
    (suffix, layout, codec) for (suffix, layout), codecs in ENCODINGS.items() for codec in codecs if suffix != ".webp"
]


def uneven(layout: Layout) -> list[Composite]:
    """Pictures whose left half is clear, of uneven durations."""
    ends = (*STARTS[1:], STARTS[-1] + LAST)
    made = []
    for seq, (start, end) in enumerate(zip(STARTS, ends, strict=True)):
        shape = (48, 64, CHANNELS[layout]) if CHANNELS[layout] else (48, 64)
        pixels = np.full(shape, 60 + 40 * seq, np.uint8)
        if layout is Layout.BGRA:
            pixels[..., 3] = np.where(np.arange(64) < 32, 0, 255)
        made.append(Composite(pixels, layout, CompositeKind.COMPOSITE, seq, seq, start, TB, duration=end - start))
    return made


def written(path: Path, layout: Layout, codec: str = "auto", **options: Any) -> Path:
    with ClipSink(path, encoding=EncodingSettings(codec="auto" if codec == "gif" else codec), **options) as sink:
        sink.open(OutputFormat((64, 48), Fraction(100 * len(STARTS), STARTS[-1] + LAST), layout, TB))
        for composite in uneven(layout):
            sink.write(composite)
    return path


def alpha_of(path: Path) -> np.ndarray:
    """Of the first picture; WebM's lies in a layer that only libvpx decodes."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        if stream.codec_context.name == "vp9":
            decoder = av.CodecContext.create("libvpx-vp9", "r")
            frames = [frame for packet in container.demux(stream) for frame in decoder.decode(packet)]
        else:
            frames = list(container.decode(stream))
    return frames[0].reformat(format="rgba").to_ndarray()[..., 3]


@pytest.mark.parametrize(("suffix", "layout", "codec"), WRITTEN)
def test_times_and_end(tmp_path: Path, suffix: str, layout: Layout, codec: str) -> None:
    path = written(tmp_path / f"out{suffix}", layout, codec)
    with av.open(str(path)) as container:
        assert container.duration / av.time_base == pytest.approx((STARTS[-1] + LAST) / 100, abs=0.002)
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx([start / 100 for start in STARTS], abs=0.001)


def test_times_and_end_of_webp(tmp_path: Path) -> None:
    path = written(tmp_path / "out.webp", Layout.BGR)
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        durations = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            image.load()
            durations.append(image.info["duration"])
    assert durations == [100, 200, 140, 1200]


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [(suffix, codec) for suffix, layout, codec in WRITTEN if layout is Layout.BGRA],
)
def test_alpha(tmp_path: Path, suffix: str, codec: str) -> None:
    alpha = alpha_of(written(tmp_path / f"out{suffix}", Layout.BGRA, codec))
    assert alpha[:, 4:24].max() <= 8
    assert alpha[:, 40:60].min() >= 247


def tone(path: Path, codec: str, rate: int, layout: str, *, sound_first: bool = False) -> Path:
    """Half a second of a tone, of a picture that does not matter; ``sound_first``: in the order of the streams."""
    with av.open(str(path), "w") as container:
        for kind in ("sound", "picture") if sound_first else ("picture", "sound"):
            if kind == "picture":
                stream = container.add_stream("mpeg4", rate=10)
                stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            else:
                sound = container.add_stream(codec, rate=rate, layout=layout, options={"strict": "experimental"})
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")))
        wave = (8000 * np.sin(np.arange(rate // 2) * 2 * np.pi * 440 / rate)).astype(np.int16)
        channels = av.AudioLayout(layout).nb_channels
        samples = av.AudioFrame.from_ndarray(np.repeat(wave, channels)[None], format="s16", layout=layout)
        samples.sample_rate, samples.pts = rate, 0
        container.mux([*stream.encode(), *sound.encode(samples), *sound.encode()])
    return path


def loudness(path: Path) -> tuple[str, int, float]:
    """Codec, rate and root mean square of the sound between a tenth and four tenths of a second."""
    with av.open(str(path)) as container:
        context = container.streams.audio[0].codec_context
        resampler = av.AudioResampler("flt", "mono", context.sample_rate)
        parts = [out.to_ndarray()[0] for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        rate = context.sample_rate
        heard = np.concatenate(parts)[rate // 10 : rate * 4 // 10]
        return context.codec.canonical_name, rate, float(np.sqrt(np.mean(heard**2)))


SOUNDS = [
    ("pcm_s24le", 48_000, "mov", {".mov", ".mkv"}),
    ("pcm_s24be", 96_000, "mov", {".mov"}),
    ("pcm_s16le", 192_000, "mov", {".mov", ".mkv"}),
    ("pcm_u8", 11_025, "avi", set()),
    ("pcm_u8", 37_800, "avi", set()),
    ("pcm_u8", 7_000, "avi", set()),
    ("flac", 44_100, "mkv", {".mkv"}),
    ("alac", 44_100, "mov", {".mov", ".mkv"}),
    ("libopus", 48_000, "mkv", {".mkv", ".webm"}),
    ("vorbis", 44_100, "mkv", {".mkv", ".webm"}),
    ("mp2", 48_000, "mkv", {".mkv"}),
    ("ac3", 48_000, "mkv", {".mov", ".mkv"}),
    ("libmp3lame", 44_100, "mkv", {".mp4", ".mov", ".mkv"}),
]
"""An encoder, its rate, the container of the source, and where such sound is copied."""
AAC_RATES = {192_000: 96_000, 37_800: 32_000, 7_000: 8_000}
"""What is taken for rates that AAC does not know: the next below, as far as there is one."""


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".webm"])
@pytest.mark.parametrize(("codec", "rate", "source", "plays"), SOUNDS)
def test_sound_plays_there_and_is_as_loud(
    tmp_path: Path, suffix: str, codec: str, rate: int, source: str, plays: set[str]
) -> None:
    given = tone(tmp_path / f"in.{source}", codec, rate, "stereo" if codec == "vorbis" else "mono")
    before, _, level = loudness(given)
    after, kept_rate, kept_level = loudness(written(tmp_path / f"out{suffix}", Layout.BGR, audio_from=given))
    assert after == (before if suffix in plays else "opus" if suffix == ".webm" else "aac")
    assert kept_rate == (48_000 if after == "opus" else rate if after == before else AAC_RATES.get(rate, rate))
    assert kept_level == pytest.approx(level, rel=0.05)


def test_a_failure_of_the_sound_is_not_laid_on_the_pictures_encoder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tone(tmp_path / "in.mov", "pcm_s16le", 48_000, "mono")

    def refuse(*_: object) -> Iterator[None]:
        raise av.error.InvalidDataError(22, "Invalid argument")
        yield

    monkeypatch.setattr("cyclorama.sinks.clip.copied_sound._Track.carry", refuse)
    with pytest.raises(SinkError, match=r"^cannot write .*out\.mkv: the sound of in\.mov: Invalid argument") as caught:
        written(tmp_path / "out.mkv", Layout.BGR, audio_from=given)
    assert "libx264" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".mp4", ".webm"])
def test_sound_may_be_the_first_stream(tmp_path: Path, suffix: str) -> None:
    given = tone(tmp_path / "in.mov", "pcm_s16le", 48_000, "mono", sound_first=True)
    with av.open(str(given)) as container:
        assert [stream.type for stream in container.streams] == ["audio", "video"]
    _, _, level = loudness(given)
    assert loudness(written(tmp_path / f"out{suffix}", Layout.BGR, audio_from=given))[2] == pytest.approx(
        level, rel=0.05
    )


@pytest.mark.parametrize(("suffix", "channels"), [(".mkv", 6), (".mp4", 2)])
def test_channels_that_are_lost_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, channels: int
) -> None:
    given = tone(tmp_path / "in.mkv", "ac3", 48_000, "5.1")
    with av.open(str(written(tmp_path / f"out{suffix}", Layout.BGR, audio_from=given))) as container:
        assert container.streams.audio[0].channels == channels
    said = "the sound's 6 channels become two: its codec does not play in such a file"
    assert caplog.messages == ([said] if channels == 2 else [])


def test_stereo_stays_stereo_when_it_is_encoded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    given = tone(tmp_path / "in.mkv", "flac", 48_000, "stereo")
    with av.open(str(written(tmp_path / "out.mp4", Layout.BGR, audio_from=given))) as container:
        assert container.streams.audio[0].channels == 2
    assert caplog.messages == []


def test_subtitles_that_are_left_out_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    words, given = tmp_path / "words.srt", tmp_path / "in.mkv"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    with av.open(str(words)) as source, av.open(str(given), "w") as container:
        lines = container.add_stream_from_template(source.streams.subtitles[0])
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = lines
                container.mux_one(packet)
    written(tmp_path / "out.mp4", Layout.BGR, audio_from=given)
    assert caplog.messages == [f"{given}: its subtitles are left out"]


def test_sound_that_overlaps_is_heard_once_and_moves_on_by_less_than_half(tmp_path: Path) -> None:
    """Tenths of a second: that of 0.12 was heard before, and that of 0.26 begins at 0.3, where the one before ends."""
    given, target = tmp_path / "in.mkv", tmp_path / "out.mp4"
    with av.open(str(given), "w") as container:
        sound = container.add_stream("pcm_s16be", rate=48_000, layout="mono")
        for begin_ms in (0, 100, 120, 200, 260, 400):
            packet = av.Packet(bytes(9_600))
            packet.stream, packet.time_base = sound, Fraction(1, 1000)
            packet.pts = packet.dts = begin_ms
            packet.duration = 100
            container.mux_one(packet)
    written(target, Layout.BGR, audio_from=given)
    with av.open(str(target)) as container:
        (sound,) = container.streams.audio
        assert sound.codec_context.name == "aac"
        assert float(sound.duration * sound.time_base) == pytest.approx(0.5, abs=0.03)


def test_sound_that_cannot_be_read_any_further_ends_early_and_the_picture_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    given, packets = tone(tmp_path / "in.mkv", "flac", 48_000, "mono"), SoundReader.packets

    def breaking(reader: SoundReader, from_s: Fraction) -> Iterator[Any]:
        yield next(packets(reader, from_s))
        raise CaptureError("in.mkv cannot be read any further: Input/output error")

    monkeypatch.setattr(SoundReader, "packets", breaking)
    path = written(tmp_path / "out.mkv", Layout.BGR, audio_from=given)
    assert caplog.messages == ["the sound ends early: in.mkv cannot be read any further: Input/output error"]
    with av.open(str(path)) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]
        assert len(list(container.decode(video=0))) == len(STARTS)


def test_a_track_that_lags_in_the_file_is_trimmed_at_its_own_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its packets stand 0.6 s behind those of the other track."""
    given, packets = tmp_path / "in.mkv", SoundReader.packets
    with av.open(str(given), "w") as container:
        tracks = [container.add_stream("pcm_s16le", rate=8_000, layout="mono") for _ in range(2)]
        for tenth in range(20):
            for track in tracks:
                packet = av.Packet(bytes(1_600))
                packet.stream, packet.time_base, packet.duration = track, Fraction(1, 10), 1
                packet.pts = packet.dts = tenth
                container.mux_one(packet)

    def place(packet: Any) -> float:
        return 99.0 if packet.dts is None else float(packet.dts * packet.time_base) + 0.6 * packet.stream.index

    monkeypatch.setattr(SoundReader, "packets", lambda *given: iter(sorted(packets(*given), key=place)))
    path = written(tmp_path / "out.mov", Layout.BGR, audio_from=given, trim=Trim(0.0, 1.0))
    with av.open(str(path)) as container:
        lengths = [float(track.duration * track.time_base) for track in container.streams.audio]
    assert lengths == pytest.approx([1.0, 1.0], abs=0.001)


def test_sound_is_written_up_to_the_picture_and_not_ahead_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clip that is cut short would lose the picture of sound that was written long before it."""
    given, seen = tone(tmp_path / "in.mkv", "flac", 48_000, "mono"), []

    def carry(track: Any, packet: Any) -> Iterator[Any]:
        seen.append(float((packet.dts or 0) * packet.time_base))
        return iter(())

    monkeypatch.setattr("cyclorama.sinks.clip.copied_sound._Track.carry", carry)
    with av.open(str(tmp_path / "out.mkv"), "w") as container:
        sound = Sound(given, container)
        for until_s in (0.1, 0.3):
            sound.mux_until(until_s)
            assert until_s - 0.1 < max(seen) <= until_s
        sound.close()
