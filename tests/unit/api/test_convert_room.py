"""The seconds of a clip that show the empty room, given to ``convert``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import cyclorama
from cyclorama.cli import app
from cyclorama.core.frames import F32, Frame
from cyclorama.pipeline.runtime import build
from doubles.null_model import NullModel
from doubles.room_scene import FPS, Scene, guessed, person_at

ALPHA = person_at(200)
GUESS = guessed(ALPHA)
NOBODY = np.zeros_like(ALPHA)
WITH_SOMEBODY = 6


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A second of the empty room, then somebody, whom the network sees coarsely."""

    def seen(frame: Frame) -> F32:
        return GUESS if frame.pixels[150, 200, 2] > 225 and frame.pixels[150, 200, 0] < 70 else NOBODY

    monkeypatch.setattr(build, "open_model", lambda *asked, **more: NullModel(seen))
    path, scene = tmp_path / "talk.mkv", Scene()
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=FPS, width=ALPHA.shape[1], height=ALPHA.shape[0], pix_fmt="bgr0")
        for number in range(FPS + WITH_SOMEBODY):
            pixels = scene.frame(ALPHA if number >= FPS else None).pixels
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="bgr24")))
        container.mux(stream.encode())
    return path


def mattes(path: Path) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The alphas of the frames with somebody in them."""
    with av.open(str(path)) as container:
        return np.stack([frame.to_ndarray(format="gray") for frame in container.decode(video=0)])[-WITH_SOMEBODY:]


def error(path: Path) -> float:
    return float(np.abs(mattes(path) / 255 - ALPHA).mean())


def test_it_makes_finer_mattes_the_same_as_the_command(clip: Path, tmp_path: Path) -> None:
    plain, fine, later, typed = (tmp_path / f"{name}.mkv" for name in ("plain", "fine", "later", "typed"))
    cyclorama.convert(clip, plain, background="matte")
    cyclorama.convert(clip, fine, background="matte", room=(0, 1))
    cyclorama.convert(clip, later, background="matte", room=(0.2, 1), trim=(0.2, None))
    assert app.run(["convert", str(clip), str(typed), "--background", "matte", "--room", "0-1"]) == 0
    assert error(fine) < 0.8 * error(plain) and error(later) < 0.8 * error(plain)
    assert np.array_equal(mattes(fine), mattes(typed))


@pytest.mark.parametrize(
    ("room", "trim", "says"),
    [
        ((0, None), None, r"room \(0, None\) has no end: write \(start, end\) in seconds, as in \(0, 1\)"),
        ((1, 0.5), None, r"room \(1, 0.5\) is no \(start, end\) in seconds, the start before the end"),
        ("0-1", None, "room '0-1' is no"),
        ((0, 1), (0.5, None), r"room \(0, 1\) is not all within trim: let that begin with the empty room"),
        ((0, 1), (0, 0.5), r"room \(0, 1\) is not all within trim"),
    ],
)
def test_times_that_cannot_be(clip: Path, tmp_path: Path, room: Any, trim: Any, says: str) -> None:
    with pytest.raises(cyclorama.SettingsError, match=says):
        cyclorama.convert(clip, tmp_path / "a.mkv", room=room, trim=trim)
    assert not (tmp_path / "a.mkv").exists()
