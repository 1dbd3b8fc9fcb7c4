"""A clip that is transparent itself, through the engine."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from cyclorama.core.frames import U8
from cyclorama.pipeline.jobs.convert import convert
from cyclorama.settings.values import ComposeSettings, EncodingSettings, Settings
from doubles.null_model import NullModel

PERSON = (60, 40, 200)
SIZE_WH = (96, 64)


def picture(index: int) -> U8:
    """BGRA: the left third is transparent, black below; what is there changes from frame to frame."""
    pixels = np.zeros((SIZE_WH[1], SIZE_WH[0], 4), np.uint8)
    pixels[:, 32:] = *PERSON, 255
    pixels[:8, 32:, 0] = 20 * index
    return pixels


def mov(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("qtrle", rate=10)
        stream.width, stream.height, stream.pix_fmt = *SIZE_WH, "argb"
        for index in range(4):
            frame = av.VideoFrame.from_ndarray(picture(index), format="bgra").reformat(format="argb")
            frame.pts, frame.time_base = index, Fraction(1, 10)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def webp(path: Path) -> Path:
    pictures = [Image.fromarray(picture(index)[..., [2, 1, 0, 3]]) for index in range(4)]
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100, lossless=True)
    return path


@pytest.mark.parametrize(("name", "make"), [("in.mov", mov), ("in.webp", webp)])
def test_it_stays_transparent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[Path], Path]
) -> None:
    """The network takes all but the right third for the person."""
    alpha = np.ones((SIZE_WH[1], SIZE_WH[0]), np.float32)
    alpha[:, 64:] = 0
    monkeypatch.setattr("cyclorama.pipeline.runtime.build.open_model", lambda *_, **__: NullModel(lambda frame: alpha))
    settings = Settings(source=str(make(tmp_path / name)))
    made = {}
    for background in ("transparent", "color:teal"):
        target = tmp_path / f"{background.partition(':')[0]}.mkv"
        chosen = replace(settings, compose=ComposeSettings(background, 0.0), encoding=EncodingSettings("ffv1"))
        assert convert(chosen, target, stop=threading.Event()).frames == 4
        with av.open(str(target)) as container:
            frames = list(container.decode(video=0))
        assert [frame.time for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3], abs=0.001)
        made[background] = frames[-1].to_ndarray(format="bgra")
    cut_out, replaced = made["transparent"], made["color:teal"]
    assert cut_out[:, :28, 3].max() == 0
    assert cut_out[16:, 38:58, 3].min() == 255
    assert cut_out[:, 70:, 3].max() == 0
    assert np.abs(cut_out[16:, 38:58, :3].astype(int) - PERSON).max() <= 2
    assert replaced[32, 10, :3].tolist() == [128, 128, 0]
    assert replaced[32, 48, :3].tolist() == pytest.approx(PERSON, abs=2)
