"""``benchmarks/foreground.py``: exact pictures, and figures that tell a method from none."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import av
import cv2
import numpy as np
import pytest

from cyclorama.core.frames import U8


def write(path: Path, picture: U8, codec: str, pixel_format: str) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        stream.height, stream.width = picture.shape[:2]
        stream.pix_fmt = pixel_format
        frame = av.VideoFrame.from_ndarray(picture, format="gray" if picture.ndim == 2 else "bgr24")
        container.mux([*stream.encode(frame), *stream.encode(None)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    for name in ("a", "b", "c"):
        alpha = np.zeros((90, 160), np.uint8)
        cv2.circle(alpha, (80, 45), int(rng.integers(20, 35)), 255, -1)
        write(tmp_path / f"{name}.alpha.mkv", cv2.GaussianBlur(alpha, (0, 0), 2), "ffv1", "gray")
        picture = np.full((90, 160, 3), rng.integers(0, 256, 3), np.uint8)
        write(tmp_path / f"{name}.mp4", picture, "libx264", "yuv420p")
    return tmp_path


def test_every_picture_and_method(
    folder: Path,
    script: Callable[[str], ModuleType],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["foreground.py", str(folder), "--height", "90", "--json"])
    assert script("foreground").main() == 0
    rows = json.loads(capsys.readouterr().out)["results"]
    assert {row["picture"] for row in rows} == {f"{name} {kind}" for name in "abc" for kind in ("own", "other")}
    for picture in {row["picture"] for row in rows}:
        edge = {row["method"]: row["edge"] for row in rows if row["picture"] == picture}
        assert edge["ours"] < edge["none"] / 4


def test_an_exact_foreground_has_no_error(script: Callable[[str], ModuleType]) -> None:
    true = np.full((4, 4, 3), 100, np.uint8)
    assert script("foreground").errors(true, true, np.full((4, 4), 128, np.uint8)) == (0, 0)
