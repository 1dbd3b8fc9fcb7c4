"""The sound tracks of a clip as packets."""

from __future__ import annotations

import struct
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cyclorama.clips.sound import SoundReader
from cyclorama.core.errors import CaptureError

RATE = 48_000


def two_tracks(path: Path, begin_s: int = 0) -> Path:
    """Four seconds of two tracks, the second of a quarter of the level of the first."""
    with av.open(str(path), "w") as container:
        tracks = [container.add_stream("pcm_s16le", rate=RATE, layout="mono") for _ in range(2)]
        for second in range(4):
            for track, level in zip(tracks, (8000, 2000), strict=True):
                samples = np.full((1, RATE), level + second, np.int16)
                frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
                frame.sample_rate, frame.time_base, frame.pts = RATE, Fraction(1, RATE), (begin_s + second) * RATE
                container.mux(track.encode(frame))
    return path


def levels(reader: SoundReader, from_s: Fraction) -> list[tuple[int, int]]:
    """Track and level of each packet with data."""
    packets = [packet for packet in reader.packets(from_s) if packet.size]
    return [(packet.stream_index, int(np.frombuffer(bytes(packet), np.int16)[0])) for packet in packets]


def test_packets_of_all_tracks_in_the_order_of_the_file(tmp_path: Path) -> None:
    with SoundReader(two_tracks(tmp_path / "sound.mkv")) as reader:
        assert [track.index for track in reader.tracks] == [0, 1]
        assert reader.start == 0
        seen = levels(reader, reader.start)
    assert sorted(set(seen)) == [(0, 8000 + n) for n in range(4)] + [(1, 2000 + n) for n in range(4)]
    assert [level for track, level in seen if track == 0] == sorted(level for track, level in seen if track == 0)


@pytest.mark.parametrize("picture_at", [0, 2])
def test_each_track_ends_with_a_packet_without_data_for_its_decoder(tmp_path: Path, picture_at: int) -> None:
    path, kinds = tmp_path / "clip.mkv", ["audio", "audio"]
    kinds.insert(picture_at, "video")
    with av.open(str(path), "w") as container:
        for kind in kinds:
            if kind == "video":
                picture = container.add_stream("ffv1", rate=10)
                picture.width, picture.height, picture.pix_fmt = 64, 48, "gray"
            else:
                container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        container.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64), np.uint8), format="gray")))
        for track in container.streams.audio:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, RATE), np.int16), format="s16", layout="mono")
            silence.sample_rate, silence.pts = RATE, 0
            container.mux(track.encode(silence))
        container.mux([packet for stream in container.streams for packet in stream.encode()])
    with SoundReader(path) as reader:
        packets = [(packet.stream.index, packet.size > 0) for packet in reader.packets(reader.start)]
        tracks = [track.index for track in reader.tracks]
    assert [index for index, has_data in packets if not has_data] == tracks
    assert all(has_data for _, has_data in packets[: -len(tracks)])


def test_from_a_time_on_the_clock_of_the_file(tmp_path: Path) -> None:
    with SoundReader(two_tracks(tmp_path / "sound.mkv", begin_s=7)) as reader:
        assert reader.start == 7
        seen = levels(reader, Fraction(9))
    assert (0, 8003) in seen
    assert (0, 8000) not in seen


def test_a_track_that_lists_its_channels_does_not_end_the_process(tmp_path: Path) -> None:
    """PyAV frees such a list twice; in a process of its own, as nothing catches that."""
    path, samples = tmp_path / "camera.mov", np.zeros((1, 6 * 4800), np.int16)
    with av.open(str(path), "w") as container:
        track = container.add_stream("pcm_s16le", rate=RATE, layout="5.1")
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="5.1")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux([*track.encode(frame), *track.encode(None)])
    data = bytearray(path.read_bytes())
    struct.pack_into(">II", data, data.index(b"chan") + 8, 122 << 16 | 6, 0)  # MPEG 5.1 B: L R Ls Rs C LFE
    path.write_bytes(data)
    code = f"""
from cyclorama.clips.sound import SoundReader
with SoundReader(__import__("pathlib").Path({str(path)!r})) as reader:
    (track,) = reader.tracks
    frames = [frame for packet in reader.packets(reader.start) for frame in track.codec_context.decode(packet)]
    print(track.channels, frames[-1].layout.name, sum(frame.samples for frame in frames))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["6", "5.1", "4800"]), done.stderr


def test_a_picture_alone_has_no_tracks_and_what_is_no_file_says_so(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no sound " * 50)
    with pytest.raises(CaptureError, match=r"text\.mp4 is not a video that can be read"):
        SoundReader(text)
