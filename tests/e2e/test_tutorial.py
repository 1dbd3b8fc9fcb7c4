"""The tutorial, line by line in its own order, and what each line has made."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

pytestmark = pytest.mark.e2e
TUTORIAL = (Path(__file__).resolve().parents[2] / "docs" / "tutorial.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", TUTORIAL, re.DOTALL) for line in block.splitlines()]
RUNNABLE = [line.partition("  #")[0].strip() for line in LINES if "needs a camera" not in line]


def test_every_line_runs_and_makes_what_the_page_says(tmp_path: Path, cyclorama: Callable[..., Any]) -> None:
    said = {}
    for line in RUNNABLE:
        program, *words = shlex.split(line)
        assert program == "cyclorama"
        done = cyclorama(*words)
        assert done.code == 0, f"{line}: {done.err}"
        said[words[0]] = done.out + done.err
    assert set(said) == {"demo", "live", "record", "convert", "headshot"}
    assert " ms behind the camera." in said["live"] and "privacy card" in said["live"]
    assert "150 frames in " in said["demo"]
    assert {path.name for path in (tmp_path / "cyclorama-demo").iterdir()} == {"demo.mp4", "demo.png"}
    with av.open(str(tmp_path / "cyclorama-demo" / "demo.mp4")) as clip:
        shown = [(frame.width, frame.height) for frame in clip.decode(video=0)]
    assert shown == [(1280, 720)] * 150
    sheet = cv2.imread(str(tmp_path / "cyclorama-demo" / "demo.png"))
    assert sheet is not None and sheet.std() > 40
    for name in ("hello.mp4", "hello-dusk.mp4"):
        assert 2.5 < seconds(tmp_path / name, "video") < 3.5
        assert 2.5 < seconds(tmp_path / name, "audio") < 3.5
    assert differ(first_frame(tmp_path / "hello.mp4"), first_frame(tmp_path / "hello-dusk.mp4"))
    profile = cv2.imread(str(tmp_path / "profile.jpg"))
    assert profile is not None and profile.shape == (800, 800, 3)
    assert (tmp_path / "hello.jpg").stat().st_size > 20_000


def test_what_needs_a_camera_says_so() -> None:
    assert len(LINES) - len(RUNNABLE) == 2


def seconds(path: Path, kind: str) -> float:
    """How long the stream of this kind is."""
    with av.open(str(path)) as container:
        (stream,) = (stream for stream in container.streams if stream.type == kind)
        assert stream.duration is not None and stream.time_base is not None
        return float(stream.duration * stream.time_base)


def first_frame(path: Path) -> np.ndarray[Any, Any]:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="bgr24")


def differ(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Whether two frames have another background: their upper corners."""
    return abs(float(one[:80, :80].mean()) - float(other[:80, :80].mean())) > 10
