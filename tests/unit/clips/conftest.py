"""Clips with properties that are known, made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from cyclorama.core.frames import SizeWH

FPS = 10
LEVEL_A_FRAME = 6


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Frames whose number times six is their grey level; a keyframe every ten. ``of_codec``: set on the encoder."""

    def make(
        name: str = "clip.mp4",
        count: int = 30,
        *,
        codec: str = "libx264",
        pixel_format: str = "yuv420p",
        size_wh: SizeWH = (64, 48),
        times: list[int] | None = None,
        options: dict[str, str] | None = None,
        rotation: int = 0,
        **of_codec: Any,
    ) -> Path:
        path = tmp_path / name
        chosen = options if options is not None else ({"g": "10", "bf": "0", "crf": "4"} if "264" in codec else {})
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=FPS, options=chosen)
            stream.width, stream.height, stream.pix_fmt = *size_wh, pixel_format
            for key, value in of_codec.items():
                setattr(stream.codec_context, key, value)
            if rotation:
                stream.set_display_rotation(rotation)
            for index in range(count):
                level = np.full((size_wh[1], size_wh[0], 3), min(250, LEVEL_A_FRAME * index), np.uint8)
                frame = av.VideoFrame.from_ndarray(level, format="bgr24")
                frame.pts, frame.time_base = (times or range(count))[index], Fraction(1, FPS)
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return make


@pytest.fixture
def song_with_cover(tmp_path: Path) -> Path:
    """A second of silence, and a cover picture, which FFmpeg shows as a video stream."""
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=44_100, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        picture = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 250, np.uint8), format="bgr24")
        picture = picture.reformat(format="yuvj420p")
        picture.pts = 0
        container.mux([*cover.encode(picture), *cover.encode()])
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        samples.sample_rate, samples.pts = 44_100, 0
        container.mux([*sound.encode(samples), *sound.encode()])
    return path
