"""The prepared measurement of a graphics card, as far as a machine without one can tell."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from cyclorama.models import store
from cyclorama.pipeline.runtime.metrics import StageTimes


@pytest.fixture(scope="module")
def gpu(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("gpu")


def test_the_processors_alpha_is_kept_and_what_differs_from_it_is_wrong(
    gpu: ModuleType, networks: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = networks.installed("rvm", tmp_path)
    monkeypatch.setattr(store, "find", lambda name: tiny)
    stages = {"network": StageTimes(2.0, 3.0, 9)}
    monkeypatch.setattr(gpu, "run_bench", lambda *_, **__: SimpleNamespace(provider="CPU", stages=stages, fps=40.0))
    case, reference = gpu.Case("cpu", "320x180", "float32", graphs=False), tmp_path / "reference.npy"
    first = gpu.run_here(case, 0.1, reference)
    assert (first.provider, first.within, first.largest, first.is_right) == ("CPU", None, None, True)
    assert (first.network_ms_p50, first.network_ms_p95, first.fps) == (2.0, 3.0, 40.0)
    kept = np.load(reference)
    assert kept.shape == (gpu.FRAMES, 176, 320)
    kept[0, :, :160] += 0.02
    np.save(reference, kept)
    again = gpu.run_here(case, 0.1, reference)
    assert again.within == pytest.approx(1 - 0.5 / gpu.FRAMES, abs=1e-4)
    assert again.largest == pytest.approx(0.02, abs=1e-4)
    assert not again.is_right


def test_a_card_gets_every_combination_after_the_processors_runs(gpu: ModuleType) -> None:
    labels = [case.label for case in gpu.cases(["1920x1080"], card=True)]
    assert labels == [
        "cpu 1920x1080 float32",
        *(f"cuda 1920x1080 {kind}, graphs {word}" for kind in ("float32", "float16") for word in ("on", "off")),
    ]
    assert [case.label for case in gpu.cases(["640x360"], card=False)] == ["cpu 640x360 float32", "cpu 640x360 float16"]


def test_without_graphs_none_are_asked_for(gpu: ModuleType) -> None:
    from cyclorama.matting.networks.onnx import session

    with gpu.graphs_captured(wanted=False):
        assert session.WITH_GRAPHS == {}
    with gpu.graphs_captured(wanted=True):
        assert session.WITH_GRAPHS == {"cuda": {"enable_cuda_graph": "1"}}


def test_the_table_goes_between_its_marks(gpu: ModuleType) -> None:
    good = gpu.Result(gpu.Case("cuda", "1920x1080", "float16", graphs=True), "CUDA", 2.04, 2.5, 250.0, 0.9984, 0.158)
    bad = gpu.Result(gpu.Case("cuda", "1920x1080", "float32", graphs=False), error="no memory")
    table = gpu.markdown([good, bad], "Some card, driver 600")
    assert table.splitlines()[0] == "Some card, driver 600"
    assert table.splitlines()[-2:] == [
        "| CUDA | 1920x1080 | float16 | on | 2.0 / 2.5 | 250.0 | 99.84% | 0.158 | yes |",
        "| cuda | 1920x1080 | float32 | off | failed: no memory |  |  |  | no |",
    ]
    page = (gpu.Path(gpu.__file__).parents[1] / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    written = gpu.put(page, table)
    assert table in written and gpu.put(written, table) == written
    with pytest.raises(ValueError, match="there is no"):
        gpu.put("no marks", table)


def test_without_a_card_it_says_so_and_writes_no_table(
    gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ran(case: Any, *_: Any) -> Any:
        return gpu.Result(case, "CPU", 50.0, 60.0, 20.0)

    page = tmp_path / "page.md"
    page.write_text(f"{gpu.BEGIN}\n{gpu.END}")
    monkeypatch.setattr(gpu, "has_nvidia_card", lambda: False)
    monkeypatch.setattr(gpu, "prepare", lambda folder, file: None)
    monkeypatch.setattr(gpu, "run_in_child", ran)
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--file", "rvm.onnx", "--write", str(page)])
    assert gpu.main() == 0
    said = capsys.readouterr()
    assert said.err.startswith("There is no NVIDIA card in this machine: only the processor's runs are made")
    assert "cores, no card; Python" in said.out
    assert page.read_text() == f"{gpu.BEGIN}\n{gpu.END}"


def test_a_run_that_fails_or_hangs_leaves_the_others_alone(
    gpu: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = gpu.Case("cuda", "1920x1080", "float32", graphs=True)
    assert gpu.run_in_child(case, 10.0, tmp_path, left_s=9.0).error == "left out: the time is used up"

    def failed(*_: Any, **__: Any) -> Any:
        return subprocess.CompletedProcess([], 1, "", "Traceback\ncyclorama.core.errors.ModelError: no device\n")

    monkeypatch.setattr(subprocess, "run", failed)
    assert gpu.run_in_child(case, 1.0, tmp_path, left_s=99.0).error == "no device"

    def told(*_: Any, **__: Any) -> Any:
        values = {"provider": "CUDA", "fps": 100.0, "within": 1.0, "largest": 0.001}
        return subprocess.CompletedProcess([], 0, json.dumps(values), "")

    monkeypatch.setattr(subprocess, "run", told)
    assert gpu.run_in_child(case, 1.0, tmp_path, left_s=99.0) == gpu.Result(
        case, "CUDA", fps=100.0, within=1.0, largest=0.001
    )
