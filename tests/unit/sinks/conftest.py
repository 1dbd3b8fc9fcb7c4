"""Composites and clips made on the spot."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cyclorama.core.frames import U8, Composite, CompositeKind, Layout, SizeWH

CHANNELS = {Layout.BGR: 3, Layout.BGRA: 4, Layout.GRAY: 1}
BEEP_S = 1.0


def make_composite(pixels: U8, layout: Layout, seq: int = 0, pts: int | None = None) -> Composite:
    """A composite such as the compositor makes: read-only pixels."""
    pixels = np.ascontiguousarray(pixels)
    pixels.flags.writeable = False
    return Composite(pixels, layout, CompositeKind.COMPOSITE, seq, captured_ns=seq, pts=pts)


@pytest.fixture
def plain() -> Callable[..., Composite]:
    """Composites of one colour, or one level for each seq: dark, brighter, brighter, then dark again."""

    def make(
        size_wh: SizeWH,
        layout: Layout = Layout.BGR,
        *,
        seq: int = 0,
        pts: int | None = None,
        colour: tuple[int, ...] | None = None,
    ) -> Composite:
        channels = CHANNELS[layout]
        levels = colour or (20 + (seq * 20) % 200,) * channels
        pixels = np.empty((size_wh[1], size_wh[0], channels), np.uint8)
        pixels[:] = levels
        return make_composite(pixels[..., 0] if layout is Layout.GRAY else pixels, layout, seq, pts)

    return make


@pytest.fixture
def noise() -> Callable[[SizeWH, int], Composite]:
    """Composites that compress badly, so that files grow fast."""

    def make(size_wh: SizeWH, seq: int) -> Composite:
        pixels = np.random.default_rng(seq).integers(0, 255, (size_wh[1], size_wh[0], 3), np.uint8)
        return make_composite(pixels, Layout.BGR, seq)

    return make


@pytest.fixture
def sounding_clip(tmp_path: Path) -> Callable[..., Path]:
    """Two seconds of grey video with a tone that begins after BEEP_S; the sound or all of it may start late."""

    def make(
        name: str = "source.mp4",
        *,
        begin_s: int = 0,
        sound_from_s: float = 0.0,
        codec: str = "aac",
        rate: int = 44_100,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
            video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
            audio = container.add_stream(codec, rate=rate, layout="mono")
            for index in range(50):
                frame = av.VideoFrame.from_ndarray(np.full((48, 64), index, np.uint8), format="gray")
                frame.pts, frame.time_base = begin_s * 25 + index, Fraction(1, 25)
                container.mux(video.encode(frame))
            times = np.arange(int(sound_from_s * rate), 2 * rate) / rate
            tone = np.where(times >= BEEP_S, 0.5 * np.sin(2 * np.pi * 1000 * times), 0).astype(np.float32)
            samples = av.AudioFrame.from_ndarray(tone[None], format="flt", layout="mono")
            samples.sample_rate, samples.time_base = rate, Fraction(1, rate)
            samples.pts = int((begin_s + sound_from_s) * rate)
            container.mux(audio.encode(samples))
            container.mux(video.encode())
            container.mux(audio.encode())
        return path

    return make


@pytest.fixture
def beep_after_video_start() -> Callable[[Path], float]:
    """Seconds from a clip's first picture to the tone in its sound."""

    def measure(path: Path) -> float:
        with av.open(str(path)) as container:
            first = next(container.decode(video=0)).time
        with av.open(str(path)) as container:
            for frame in container.decode(audio=0):
                samples = np.abs(frame.to_ndarray().astype(np.float64)).max(axis=0)
                if samples.max() > 1.0:
                    samples = samples / 32768
                loud = np.flatnonzero(samples > 0.1)
                if loud.size:
                    return frame.time + loud[0] / frame.sample_rate - first
        raise AssertionError(f"no tone in {path}")

    return measure
