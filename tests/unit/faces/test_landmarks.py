"""The points network: what it takes and gives, and files that are none."""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from cyclorama.core.errors import ModelError
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


def test_without_litert_opencv_sees_the_same_points(monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = cv2.cvtColor(np.asarray(cv2.imread(str(bundled_path("portrait.png"))), np.uint8), cv2.COLOR_BGR2RGB)
    face = np.asarray(cv2.resize(pixels[58:202, 154:298], (SIDE, SIDE)), np.uint8)
    points, certainty = FaceLandmarks(bundled_path(NETWORK)).look(face)
    assert certainty > 15
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    found, sure = FaceLandmarks(bundled_path(NETWORK)).look(face)
    assert np.abs(found - points).max() < 0.01
    assert sure == pytest.approx(certainty, abs=0.01)
    with pytest.raises(ModelError, match=r"face_detection\.tflite cannot be loaded"):
        FaceLandmarks(bundled_path("face_detection.tflite"))
