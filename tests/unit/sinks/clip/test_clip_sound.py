"""Sound: copied or encoded anew, in step with the picture."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext
from av.stream import Disposition

from cyclorama.core.frames import Composite
from cyclorama.sinks.base import OutputFormat
from cyclorama.sinks.clip import copied_sound
from cyclorama.sinks.clip.clip import ClipSink

Plain = Callable[..., Composite]
Measure = Callable[[Path], float]
IN_STEP_S = 0.004


def rewrite(source: Path, target: Path, plain: Plain) -> None:
    """A clip of ``source``'s times and sound."""
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        times = [frame.pts for frame in container.decode(stream)]
        time_base, rate = stream.time_base, stream.average_rate
    with ClipSink(target, audio_from=source) as sink:
        sink.open(OutputFormat((64, 48), Fraction(rate), time_base=time_base))
        for seq, pts in enumerate(times):
            sink.write(plain((64, 48), seq=seq, pts=pts))


def sound_packets(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize("sound_from_s", [0.0, 0.3])
def test_sound_stays_in_step(
    tmp_path: Path,
    plain: Plain,
    sounding_clip: Callable[..., Path],
    beep_after_video_start: Measure,
    extension: str,
    sound_from_s: float,
) -> None:
    source, target = sounding_clip(sound_from_s=sound_from_s), tmp_path / f"out.{extension}"
    rewrite(source, target, plain)
    assert beep_after_video_start(target) == pytest.approx(beep_after_video_start(source), abs=IN_STEP_S)
    with av.open(str(target)) as container:
        assert container.duration / av.time_base == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("extension", ["mp4", "mov"])
def test_aac_is_copied_to_the_last_packet(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path], extension: str
) -> None:
    source, target = sounding_clip(), tmp_path / f"out.{extension}"
    rewrite(source, target, plain)
    assert sound_packets(target) == sound_packets(source)


def test_aac_is_copied_into_matroska_without_its_priming(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path]
) -> None:
    source, target = sounding_clip(), tmp_path / "out.mkv"
    rewrite(source, target, plain)
    assert sound_packets(target) == sound_packets(source)[1:]
    with av.open(str(target)) as container:
        assert next(container.decode(video=0)).pts == 0


def test_packets_without_a_length_are_copied_from_the_first_on(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path]
) -> None:
    """As those of WavPack in Matroska, half a second each."""
    source, target = sounding_clip("source.mkv", codec="wavpack"), tmp_path / "out.mkv"
    rewrite(source, target, plain)
    assert sound_packets(target) == sound_packets(source)


@pytest.mark.parametrize("codec", ["pcm_u8", "tta"])
def test_matroska_with_sound_that_is_encoded_does_not_begin_with_its_priming(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path], codec: str
) -> None:
    """TTA is one of them: copied, it cannot be decoded where the file's length is another one."""
    source, target = sounding_clip("source.mkv", codec=codec), tmp_path / "out.mkv"
    rewrite(source, target, plain)
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert container.start_time == 0
        assert next(container.demux(audio=0)).pts == 0


def test_chapters_are_left_out_and_said(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    plain_clip, source, target = sounding_clip("plain.mkv"), tmp_path / "source.mkv", tmp_path / "out.mkv"
    with av.open(str(plain_clip)) as given, av.open(str(source), "w") as container:
        streams = {stream.index: container.add_stream_from_template(stream) for stream in given.streams}
        container.set_chapters(
            [{"id": 1, "start": 0, "end": 900, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}]
        )
        for packet in given.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                container.mux(packet)
    rewrite(source, target, plain)
    assert caplog.messages == [f"{source}: its chapters are left out"]
    with av.open(str(target)) as container:
        assert container.chapters() == []


@pytest.mark.parametrize(("rate", "codec"), [(11_025, "aac"), (16_000, "mp3")])
def test_mp3_of_old_cameras_becomes_aac_where_mp4_does_not_take_it(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path], rate: int, codec: str
) -> None:
    source, target = sounding_clip("source.mkv", codec="libmp3lame", rate=rate), tmp_path / "out.mp4"
    rewrite(source, target, plain)
    with av.open(str(target)) as container:
        assert container.streams.audio[0].codec_context.name.startswith(codec)


def test_damaged_pieces_of_sound_are_counted(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path], caplog: pytest.LogCaptureFixture
) -> None:
    source, target = sounding_clip("source.mkv", codec="flac"), tmp_path / "out.mp4"
    data = bytearray(source.read_bytes())
    for packet in sound_packets(source)[2:5]:
        data[data.index(packet)] ^= 0xFF
    source.write_bytes(bytes(data))
    rewrite(source, target, plain)
    assert caplog.messages == ["damaged pieces of sound that were left out: 3"]


def test_damaged_pieces_of_copied_sound_are_counted(
    tmp_path: Path,
    plain: Plain,
    sounding_clip: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """AAC of a transport stream has a header of its own in each packet, which may be wrong."""
    source, target, seen = sounding_clip("source.ts"), tmp_path / "out.mov", []

    class Filter:
        def __init__(self, *arguments: Any) -> None:
            self._real = BitStreamFilterContext(*arguments)

        def filter(self, packet: Any) -> list[Any]:
            seen.append(packet)
            if len(seen) in (5, 6):
                broken = av.Packet(b"\xff\xf1" + bytes(30))
                broken.pts, broken.dts, broken.time_base = packet.pts, packet.dts, packet.time_base
                packet = broken
            return list(self._real.filter(packet))

    monkeypatch.setattr(copied_sound, "BitStreamFilterContext", Filter)
    rewrite(source, target, plain)
    assert caplog.messages == ["damaged pieces of sound that were left out: 2"]
    assert len(sound_packets(target)) == len(sound_packets(source)) - 2


def test_webm_gets_opus_at_48_khz(tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path]) -> None:
    source, target = sounding_clip(), tmp_path / "out.webm"
    rewrite(source, target, plain)
    with av.open(str(target)) as container:
        audio = container.streams.audio[0]
        assert (audio.codec_context.name, audio.rate) == ("opus", 48_000)


def test_opus_is_copied_into_webm(tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path]) -> None:
    source, target = sounding_clip("source.mkv", codec="libopus", rate=48_000), tmp_path / "out.webm"
    rewrite(source, target, plain)
    assert sound_packets(target) == sound_packets(source)


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
def test_a_transport_stream_that_does_not_begin_at_zero(
    tmp_path: Path,
    plain: Plain,
    sounding_clip: Callable[..., Path],
    beep_after_video_start: Measure,
    extension: str,
) -> None:
    source, target = sounding_clip("source.ts", begin_s=5), tmp_path / f"out.{extension}"
    with av.open(str(source)) as container:
        assert container.start_time > 4 * av.time_base, "or this test shows nothing"
    rewrite(source, target, plain)
    with av.open(str(target)) as container:
        assert container.start_time < av.time_base // 10
    assert beep_after_video_start(target) == pytest.approx(beep_after_video_start(source), abs=IN_STEP_S)


@pytest.mark.parametrize("what", ["missing", "silent", "not a clip"])
def test_no_sound_to_take_is_no_error(tmp_path: Path, plain: Plain, what: str) -> None:
    source, target = tmp_path / "source.mp4", tmp_path / "out.mp4"
    if what == "silent":
        with ClipSink(source) as sink:
            sink.open(OutputFormat((64, 48), Fraction(25)))
            sink.write(plain((64, 48)))
    elif what == "not a clip":
        source.write_text("words")
    with ClipSink(target, audio_from=source) as sink:
        sink.open(OutputFormat((64, 48), Fraction(25)))
        sink.write(plain((64, 48)))
    with av.open(str(target)) as container:
        assert not container.streams.audio


def test_damaged_sound_ends_early_and_the_picture_stays(
    tmp_path: Path, plain: Plain, sounding_clip: Callable[..., Path]
) -> None:
    source, target = sounding_clip("source.ts"), tmp_path / "out.webm"
    data = bytearray(source.read_bytes())
    for offset in range(len(data) // 2, len(data), 97):
        data[offset] ^= 0x5A
    source.write_bytes(bytes(data[: len(data) * 3 // 4]))
    with ClipSink(target, audio_from=source) as sink:
        sink.open(OutputFormat((64, 48), Fraction(25)))
        for seq in range(50):
            sink.write(plain((64, 48), seq=seq))
    with av.open(str(target)) as container:
        assert len(list(container.decode(video=0))) == 50


def test_real_sound(tmp_path: Path, plain: Plain, shared: Path) -> None:
    source, target = shared / "clips" / "room_720p.mp4", tmp_path / "out.mp4"
    rewrite(source, target, plain)
    assert sound_packets(target) == sound_packets(source)
    with av.open(str(source)) as before, av.open(str(target)) as after:
        for kind in ("video", "audio"):
            (old,), (new,) = getattr(before.streams, kind), getattr(after.streams, kind)
            assert float(new.duration * new.time_base) == pytest.approx(float(old.duration * old.time_base), abs=0.002)
            assert float(new.start_time * new.time_base) == pytest.approx(0, abs=0.002)


def described(path: Path) -> tuple[dict[str, str], list[tuple[str | None, str | None, int]]]:
    """The notes of a file, and the language, title and disposition of its sound tracks."""
    with av.open(str(path)) as container:
        tracks = [
            (
                track.metadata.get("language"),
                track.metadata.get("title", track.metadata.get("name")),
                int(track.disposition),
            )
            for track in container.streams.audio
        ]
        return dict(container.metadata), tracks


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize("given", ["mp4", "mkv"])
def test_tracks_keep_their_names_and_the_file_its_date_but_not_its_place(
    tmp_path: Path, plain: Plain, given: str, extension: str
) -> None:
    source, target = tmp_path / f"source.{given}", tmp_path / f"out.{extension}"
    with av.open(str(source), "w") as container:
        container.metadata.update({"creation_time": "2024-05-01T10:00:00.000000Z", "location": "+52.5200+013.4050/"})
        video = container.add_stream("libx264", rate=25)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        tracks = [container.add_stream("aac", rate=44_100, layout="mono") for _ in range(2)]
        for track, language, title, flags in zip(
            tracks, ("eng", "deu"), ("Talk", "Kommentar"), (Disposition.default, Disposition.comment), strict=True
        ):
            track.metadata.update({"language": language, "title": title})
            track.disposition = flags
        frame = av.VideoFrame.from_ndarray(np.zeros((48, 64), np.uint8), format="gray")
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        container.mux(video.encode(frame))
        for track in tracks:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 4410), np.float32), format="flt", layout="mono")
            silence.sample_rate, silence.pts = 44_100, 0
            container.mux(track.encode(silence))
        for stream in (video, *tracks):
            container.mux(stream.encode())
    before, _ = described(source)
    assert any("location" in key.lower() for key in before)
    rewrite(source, target, plain)
    notes, made = described(target)
    assert notes["creation_time"] == "2024-05-01T10:00:00.000000Z"
    assert not [key for key, value in notes.items() if "location" in key.lower() or "52.52" in value]
    assert [language for language, _, _ in made] == ["eng", "ger" if extension == "mov" else "deu"]
    assert [title for _, title, _ in made] == ["Talk", "Kommentar"]
    assert [bool(flags & Disposition.default) for _, _, flags in made] == [True, False]
    if (given, extension) == ("mkv", "mkv"):  # others have no place for it
        assert [bool(flags & Disposition.comment) for _, _, flags in made] == [False, True]
