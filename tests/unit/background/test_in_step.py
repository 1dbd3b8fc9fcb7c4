"""A clip behind another, played from the same moment on."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from cyclorama.background import in_step
from cyclorama.background.in_step import InStep
from cyclorama.background.opening import open_in_step
from cyclorama.core.errors import SettingsError

SIZE = (64, 48)
FPS = 10
FRAMES = 40


@pytest.fixture(params=["mp4", "mkv", "ts"])
def numbered(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Four seconds, each frame's number its brightness; a transport stream does not begin at zero."""
    path = tmp_path / f"numbered.{request.param}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "4", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 6 * number, np.uint8), format="bgr24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def number(clip: InStep, time_s: float) -> float:
    return (float(clip.card(SIZE, time_s).mean()) + 1.5) / 6


def test_it_shows_what_it_has_at_each_time_whatever_the_steps(numbered: Path) -> None:
    clip = InStep("clip", numbered)
    for time_s in (0.0, 0.04, 0.11, 0.5, 0.5, 1.95, 3.3):
        assert number(clip, time_s) == pytest.approx(int(time_s * FPS + 0.02), abs=0.4)
    clip.close()


def test_its_last_frame_stays(numbered: Path) -> None:
    clip = InStep("clip", numbered)
    for time_s in (3.95, 4.1, 60.0):
        assert number(clip, time_s) == pytest.approx(FRAMES - 1, abs=0.4)
    clip.close()


@pytest.mark.parametrize("far_s", [0.3, 5.0])
def test_where_the_clip_in_front_begins_counts(numbered: Path, monkeypatch: pytest.MonkeyPatch, far_s: float) -> None:
    """Begun 2.5 s in, with times that count from there: sought or decoded, the same is shown."""
    monkeypatch.setattr(in_step, "FAR_S", far_s)
    clip = InStep("clip", numbered)
    clip.begin(7.0 - 2.5)
    for time_s in (7.0, 7.1, 7.4, 8.0):
        assert number(clip, time_s) == pytest.approx(round((time_s - 4.5) * FPS), abs=0.4)
    clip.close()


def test_a_picture_will_do_and_what_is_no_file_will_not(tmp_path: Path) -> None:
    assert open_in_step("office").background is not None
    for text in ("color:teal", "transparent", "blur", "none"):
        with pytest.raises(SettingsError, match=r"no clip and no picture.*--background"):
            open_in_step(text)
    with pytest.raises(SettingsError, match="no such file"):
        open_in_step(str(tmp_path / "missing.mp4"))
