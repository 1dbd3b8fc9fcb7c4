from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from cyclorama.models import store

SCRIPT = Path(__file__).resolve().parents[3] / "benchmarks" / "quality.py"
RAW = {"man_office": (66.0, 0.19, 1.57), "room_720p": (7.0, 0.09, 1.26), "woman_hair": (12.9, 0.05, 2.50)}
"""MAD, Grad, dtSSD of the better of the two networks alone."""

RVM = {"man_office": (3.7, 0.84), "room_720p": (3.4, 0.80), "woman_hair": (8.6, 1.64)}
"""MAD and dtSSD of RVM's own full-size graph at an inner width of 384 to 512."""


@pytest.fixture(scope="module")
def quality() -> ModuleType:
    spec = importlib.util.spec_from_file_location("quality", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["quality"] = module
    spec.loader.exec_module(module)
    return module


def test_a_perfect_matte_scores_zero(quality: ModuleType) -> None:
    frames = [np.random.default_rng(i).random((20, 30), dtype=np.float32) for i in range(4)]
    scores = quality.alpha_metrics(frames, frames)
    assert (scores.mad, scores.mse, scores.dtssd, scores.frames) == (0, 0, 0, 4)
    assert scores.grad == pytest.approx(0, abs=1e-9)


def test_metrics_by_hand(quality: ModuleType) -> None:
    true = [np.zeros((10, 10), np.float32)] * 3
    pred = [np.full((10, 10), value, np.float32) for value in (0.5, 0.5, 0.25)]
    scores = quality.alpha_metrics(pred, true)
    assert scores.mad == pytest.approx(1e3 * (0.5 + 0.5 + 0.25) / 3)
    assert scores.mse == pytest.approx(1e3 * (0.25 + 0.25 + 0.0625) / 3)
    assert scores.dtssd == pytest.approx(1e2 * (0 + 0.25) / 2)
    assert scores.grad == pytest.approx(0, abs=1e-9), "a constant has no gradient"


def test_the_gradient_of_a_ramp_is_its_slope(quality: ModuleType) -> None:
    ramp = np.tile(np.arange(40, dtype=np.float32) * np.float32(0.02), (40, 1))
    assert quality.gradient_length(ramp)[20, 20] == pytest.approx(0.02, rel=0.02)


def test_sequences_of_different_length_or_size_are_refused(quality: ModuleType) -> None:
    frame = np.zeros((4, 4), np.float32)
    with pytest.raises(ValueError, match=r"shorter|longer"):
        quality.alpha_metrics([frame], [frame, frame])
    with pytest.raises(ValueError, match="truth"):
        quality.alpha_metrics([frame], [np.zeros((4, 5), np.float32)])
    with pytest.raises(ValueError, match="no frames"):
        quality.alpha_metrics([], [])


@pytest.mark.parametrize("name", sorted(RAW))
def test_the_engine_beats_the_raw_network(name: str, quality: ModuleType, shared: Path) -> None:
    mattes = quality.engine_alpha(shared / "eval" / f"{name}.mp4", quality.MattingSettings())
    scores = quality.alpha_metrics(mattes, quality.read_alpha(shared / "eval" / f"{name}.alpha.mkv"))
    mad, grad, dtssd = RAW[name]
    assert scores.mad <= mad
    assert scores.grad <= 0.8 * grad
    assert scores.dtssd <= 0.75 * dtssd


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", sorted(RVM))
def test_rvm_on_a_small_picture_is_nearly_as_good_as_its_own_full_size_graph(
    name: str, quality: ModuleType, shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path))
    store.import_file(shared / "models" / "rvm_mobilenetv3_fp32.onnx", "rvm", "rvm")
    settings = quality.MattingSettings(model="rvm", provider="cpu", quality="balanced")
    mattes = quality.engine_alpha(shared / "eval" / f"{name}.mp4", settings)
    scores = quality.alpha_metrics(mattes, quality.read_alpha(shared / "eval" / f"{name}.alpha.mkv"))
    mad, dtssd = RVM[name]
    assert scores.mad <= 1.2 * mad
    assert scores.dtssd <= dtssd
