"""The points network: what it takes and gives, and files that are none."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from cyclorama.errors import ModelError
from cyclorama.faces.landmarks import NETWORK, POINTS, SIDE, FaceLandmarks
from cyclorama.models.bundled import bundled_path


def test_noise_is_no_face() -> None:
    rgb = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    points, certainty = FaceLandmarks(bundled_path(NETWORK)).look(rgb)
    assert points.shape == (POINTS, 3) and points.dtype == np.float32
    assert certainty < 0


def test_another_network_is_refused() -> None:
    with pytest.raises(ModelError, match=r"face_detection\.tflite cannot be loaded"):
        FaceLandmarks(bundled_path("face_detection.tflite"))


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"broken\.tflite cannot be loaded"):
        FaceLandmarks(path)


def test_without_litert_the_machine_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(ModelError, match="no package for this machine"):
        FaceLandmarks(bundled_path(NETWORK))
