"""Files whose times are missing, broken or uneven: frames as a person would see them, and as long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from cyclorama.capture.clip import ClipSource
from cyclorama.clips.open import open_container
from cyclorama.clips.sound import SoundReader
from cyclorama.clips.times import start_of
from cyclorama.settings.values import WHOLE, Trim

Clips = Callable[..., Path]
TENTHS = [index / 10 for index in range(20)]


def shown(path: Path, trim: Trim = WHOLE) -> tuple[list[float], float]:
    """When each frame begins, after the first one, and when the last one ends."""
    with ClipSource(path, live=False, trim=trim) as source:
        frames = list(source.frames(threading.Event()))
    last = frames[-1]
    assert last.pts is not None and last.time_base is not None and last.duration is not None
    begin_s = frames[0].time_s
    end_s = float((last.pts + last.duration) * last.time_base) - begin_s
    return [round(frame.time_s - begin_s, 3) for frame in frames], round(end_s, 3)


@pytest.mark.parametrize(
    ("name", "codec"), [("raw.h264", "libx264"), ("raw.hevc", "libx265"), ("raw.m2v", "mpeg2video")]
)
def test_a_stream_without_times_has_its_codecs_rate(make_clip: Clips, name: str, codec: str) -> None:
    quiet = {"x265-params": "log-level=error"} if "265" in codec else {}
    fps = 25 if "mpeg" in codec else 10
    path = make_clip(name, 20, codec=codec, options=quiet, **({"framerate": Fraction(25)} if fps == 25 else {}))
    times, end_s = shown(path)
    assert times == pytest.approx([index / fps for index in range(20)], abs=0.001)
    assert end_s == pytest.approx(20 / fps, abs=0.001)
    assert shown(path, Trim(0.2, 0.4))[1] == pytest.approx(0.2, abs=0.001)


@pytest.mark.parametrize("options", [{"bf": "0"}, {"bf": "2"}])
def test_h264_in_avi_which_has_no_times_of_presentation(make_clip: Clips, options: dict[str, str]) -> None:
    assert shown(make_clip("clip.avi", 20, options=options)) == (TENTHS, 2.0)


def test_an_avi_with_dropped_frames_is_whole_and_lasts_to_its_end(make_clip: Clips) -> None:
    """The places of frames 3, 4 and 7 are empty chunks, which the header counts."""
    times = [0, 1, 2, 5, 6, 8, 9]
    path = make_clip("dropped.avi", len(times), codec="mjpeg", pixel_format="yuvj420p", times=times, options={})
    with av.open(str(path)) as container:
        assert container.streams.video[0].frames == 10
    assert shown(path) == ([at / 10 for at in times], 1.0)


def test_a_gap_behind_the_first_frame_of_an_avi_is_not_the_decoders_delay(make_clip: Clips) -> None:
    times, end_s = shown(make_clip("late.avi", 10, codec="mpeg4", times=[0, *range(20, 29)], options={"bf": "2"}))
    assert end_s == pytest.approx(2.9, abs=0.21)
    assert end_s - times[2] == pytest.approx(0.8, abs=0.01)


def test_a_clock_that_begins_below_zero(make_clip: Clips) -> None:
    """A transport stream counts up to 95443.7 s, and FFmpeg takes times shortly before that for negative ones."""
    path = make_clip("wrapped.ts", 20, times=[954_400 + index for index in range(20)])
    with open_container(path) as container:
        assert start_of(container) < 0
    assert shown(path) == (TENTHS, 2.0)
    assert shown(path, Trim(0.5, 1.0)) == (TENTHS[:5], 0.5)


def test_empty_packets_let_the_picture_stand(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As Theora in Ogg has them where nothing moves. They are not damaged, and count at the end too."""
    path = tmp_path / "still.nut"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(9):
            if index in (0, 1, 4):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 20 * index, np.uint8), format="bgr24")
                frame.pts, frame.time_base = index, Fraction(1, 10)
                container.mux(stream.encode(frame))
            else:
                packet: av.Packet[av.VideoStream] = av.Packet(0)
                packet.pts = packet.dts = index
                packet.time_base, packet.duration, packet.stream = Fraction(1, 10), 1, stream
                container.mux(packet)
    assert shown(path) == ([0.0, 0.1, 0.4], pytest.approx(0.9, abs=0.001))
    assert not caplog.messages


@pytest.mark.parametrize(("name", "codec", "pieces"), [("piece.ts", "libx264", 3), ("piece.webm", "libvpx-vp9", 2)])
def test_pieces_that_were_put_together_byte_by_byte(
    make_clip: Clips, caplog: pytest.LogCaptureFixture, name: str, codec: str, pieces: int
) -> None:
    """Of WebM FFmpeg reads no third one."""
    path = make_clip(name, 20, codec=codec, options={})
    path.write_bytes(path.read_bytes() * pieces)
    times, end_s = shown(path)
    assert times == pytest.approx([index / 10 for index in range(20 * pieces)], abs=0.002)
    assert end_s == pytest.approx(2 * pieces, abs=0.002)
    assert caplog.messages == [f"{path}: its clock starts anew inside: its pieces are put one behind the other"]


def test_of_joined_transport_streams_any_part_can_be_read(make_clip: Clips) -> None:
    path = make_clip("piece.ts", 20)
    path.write_bytes(path.read_bytes() * 2)
    for trim, length_s in ((Trim(2.5, 3.5), 1.0), (Trim(1.0, 3.0), 2.0)):
        times, end_s = shown(path, trim)
        assert times == pytest.approx(TENTHS[: round(10 * length_s)], abs=0.002)
        assert end_s == pytest.approx(length_s, abs=0.002)


def piece(path: Path, *, with_picture: bool = True) -> bytes:
    """A second of a transport stream with sound; ``with_picture`` False: its picture does not come."""
    with av.open(str(path), "w") as container:
        stream, sound = container.add_stream("mpeg2video", rate=25), container.add_stream("mp2", rate=48_000)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 9 * index, np.uint8), format="bgr24")
            container.mux(stream.encode(frame) if with_picture else [])
            samples = av.AudioFrame.from_ndarray(np.zeros((1, 2 * 1920), np.int16), format="s16", layout="stereo")
            samples.sample_rate, samples.pts = 48_000, 1920 * index
            container.mux(sound.encode(samples))
        container.mux([*(stream.encode() if with_picture else []), *sound.encode()])
    return path.read_bytes()


def heard(path: Path, from_s: int = 0) -> list[float]:
    """When each packet of sound begins, after the file's start."""
    with SoundReader(path) as reader:
        packets = [packet for packet in reader.packets(reader.start + from_s) if packet.dts is not None]
        return [float(packet.dts * packet.time_base - reader.start) for packet in packets]


@pytest.mark.parametrize("from_s", [0, 2])
def test_the_sound_of_joined_transport_streams_moves_with_the_picture(tmp_path: Path, from_s: int) -> None:
    """Also where it is not to be sought in, because times come more than once."""
    path = tmp_path / "piece.ts"
    path.write_bytes(piece(path) * 3)
    times = heard(path, from_s)
    steps = np.diff(times)
    assert times[0] < 0.1
    assert times[-1] == pytest.approx(3 - 0.024, abs=0.04)
    assert steps.min() > 0.011 and steps.max() < 0.05, "half a packet twice at most, and no hole of one"


def test_the_sound_of_a_last_piece_without_a_picture_is_not_lost(tmp_path: Path) -> None:
    path = tmp_path / "piece.ts"
    path.write_bytes(piece(path) + piece(tmp_path / "more.ts", with_picture=False))
    times = heard(path)
    assert times[-1] == pytest.approx(2 - 0.024, abs=0.04)
    assert max(np.diff(times)) < 0.05


@pytest.mark.parametrize("last_ms", [40, 1500])
def test_the_last_picture_of_a_gif_stands_as_long_as_it_says(tmp_path: Path, last_ms: int) -> None:
    path = tmp_path / "moving.gif"
    pictures = [Image.new("RGB", (32, 24), (level, 0, 0)) for level in (50, 100, 150)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=[100, 300, last_ms], loop=0)
    assert shown(path) == ([0.0, 0.1, 0.4], 0.4 + last_ms / 1000)


@pytest.mark.parametrize("name", ["one.mp4", "one.mkv", "one.h264", "one.ts"])
def test_a_clip_of_one_frame(make_clip: Clips, name: str) -> None:
    times, end_s = shown(make_clip(name, 1))
    assert times == [0.0]
    assert end_s == pytest.approx(0.1, abs=0.001)


def test_a_part_that_lies_in_a_picture_that_stands_shows_it(make_clip: Clips) -> None:
    path = make_clip("slides.mkv", 3, times=[0, 20, 50], codec="ffv1", pixel_format="bgr0", options={})
    assert shown(path, Trim(1.0, 1.5)) == ([0.0], 0.5)
    assert shown(path, Trim(1.0, 3.0)) == ([0.0, 1.0], 2.0)


def test_sound_that_lasts_longer_than_the_picture_is_no_cut(tmp_path: Path) -> None:
    path = tmp_path / "long.mkv"
    with av.open(str(path), "w") as container:
        stream, sound = (
            container.add_stream("mpeg4", rate=10),
            container.add_stream("pcm_s16le", rate=8_000, layout="mono"),
        )
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")))
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 40_000), np.int16), format="s16", layout="mono")
        samples.sample_rate, samples.pts = 8_000, 0
        container.mux([*stream.encode(), *sound.encode(samples), *sound.encode()])
    assert shown(path, Trim(0.5, 4.0))[1] == pytest.approx(0.5, abs=0.002)


def test_an_avi_whose_header_names_an_absurd_rate_has_a_usual_one(make_clip: Clips) -> None:
    path = make_clip("damaged.avi", 6, codec="mjpeg", pixel_format="yuvj420p", options={})
    data = bytearray(path.read_bytes())
    at = data.index(b"strh") + 8 + 20  # scale and rate (AVISTREAMHEADER)
    data[at : at + 8] = (2_130_706_433).to_bytes(4, "little") + (255).to_bytes(4, "little")
    path.write_bytes(data)
    assert shown(path) == (pytest.approx([index / 30 for index in range(6)], abs=0.001), 0.2)


def test_a_sound_track_that_cannot_be_read_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "odd.ts"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("mp2", rate=48_000)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 2 * 11_520), np.int16), format="s16", layout="stereo")
        samples.sample_rate, samples.pts = 48_000, 0
        container.mux([*sound.encode(samples), *sound.encode()])
    data = path.read_bytes()
    path.write_bytes(data.replace(b"\xff\xfd", b"\0\0").replace(b"\xff\xfc", b"\0\0"))  # the frames' sync words
    with SoundReader(path) as reader:
        assert reader.tracks == []
    assert caplog.messages == [f"{path}: sound track 0 cannot be read and is left out"]


def test_a_sound_track_of_no_channels_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "odd.mkv"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("pcm_s16le", rate=8_000, layout="mono")
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), format="s16", layout="mono")
        samples.sample_rate, samples.pts = 8_000, 0
        container.mux([*sound.encode(samples), *sound.encode()])
    data = path.read_bytes()
    assert data.count(b"\x9f\x81\x01") == 1, "the element Channels: 1"
    path.write_bytes(data.replace(b"\x9f\x81\x01", b"\x9f\x81\0"))
    with SoundReader(path) as reader:
        assert reader.tracks == []
    assert caplog.messages == [f"{path}: sound track 0 cannot be read and is left out"]
