"""Dynamically quantized networks unfolded, and ranges that an outlier does not widen."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnxruntime.quantization import quantize_dynamic

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import F32
from cyclorama.matting.networks.onnx.convert import write_float32
from cyclorama.matting.networks.onnx.dequantize import UnknownChainError, dequantize, is_dynamic
from cyclorama.matting.networks.onnx.quantize import quantize
from cyclorama.models import store
from cyclorama.pipeline.jobs import optimize as module
from cyclorama.pipeline.jobs.optimize import optimize


def picture(scale: float = 1.0, seed: int = 0) -> F32:
    return np.asarray(np.random.default_rng(seed).random((1, 3, 24, 32)) * scale, np.float32)


def answer(path: Path, given: F32) -> F32:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["alpha"], {"picture": given})[0], np.float32)


@pytest.fixture
def plain(tmp_path: Path, networks: ModuleType) -> Path:
    networks.tiny_picture(tmp_path / "plain.onnx", size=(24, 32))
    return tmp_path / "plain.onnx"


@pytest.fixture
def dynamic(tmp_path: Path, plain: Path) -> Path:
    path = tmp_path / "dynamic.onnx"
    quantize_dynamic(plain, path, op_types_to_quantize=["Conv"])
    assert is_dynamic(onnx.load(path))
    return path


def test_unfolded_it_is_one_convolution_with_the_same_answers(dynamic: Path, tmp_path: Path) -> None:
    assert write_float32(dynamic, tmp_path / "float32.onnx")
    model = onnx.load(tmp_path / "float32.onnx")
    onnx.checker.check_model(model)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds.count("Conv") == 1
    assert not {"ConvInteger", "DynamicQuantizeLinear", "Cast", "Mul", "Reshape"}.intersection(kinds)
    weights = {tensor.data_type for tensor in model.graph.initializer}
    assert weights == {TensorProto.FLOAT}
    off = np.abs(answer(dynamic, picture()) - answer(tmp_path / "float32.onnx", picture()))
    assert off.max() < 0.01
    assert off.max() > 0, "the activations are no longer rounded"


def test_what_is_not_dynamic_stays(plain: Path, tmp_path: Path) -> None:
    assert not write_float32(plain, tmp_path / "none.onnx")
    assert not (tmp_path / "none.onnx").exists()


def test_a_chain_of_another_form_is_refused(dynamic: Path, tmp_path: Path) -> None:
    model = onnx.load(dynamic)
    (cast,) = (node for node in model.graph.node if node.op_type == "Cast")
    model.graph.output.append(helper.make_tensor_value_info("other", TensorProto.FLOAT, None))
    model.graph.node.append(helper.make_node("Neg", [cast.output[0]], ["other"]))  # a second user
    with pytest.raises(UnknownChainError, match="Mul expected"):
        dequantize(model)
    onnx.save(model, tmp_path / "odd.onnx")
    assert not write_float32(tmp_path / "odd.onnx", tmp_path / "none.onnx")


def test_one_picture_with_an_extreme_range_costs_the_others_nothing(plain: Path, tmp_path: Path) -> None:
    samples = [{"picture": picture(seed=seed)} for seed in range(4)]
    quantize(plain, tmp_path / "ordinary.onnx", samples)
    quantize(plain, tmp_path / "extreme.onnx", [*samples, {"picture": picture(scale=200)}])
    true = answer(plain, picture(seed=9))
    ordinary, extreme = (
        np.abs(answer(tmp_path / f"{n}.onnx", picture(seed=9)) - true) for n in ("ordinary", "extreme")
    )
    assert 0 < ordinary.mean() < 0.01
    assert extreme.mean() < 2 * ordinary.mean()


def test_a_dynamic_network_can_be_optimized(
    dynamic: Path, tmp_path: Path, networks: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "store"))
    monkeypatch.setattr(module, "_times", lambda *models: (10, 5))
    store.import_file(dynamic, "mine", "modnet")
    report = optimize("mine", "int8", None, max_loss=0.05, provider="cpu")
    assert report.faults == []
    assert report.path == store.model_path("mine-int8")
    quantized = onnx.load(report.path)
    assert not is_dynamic(quantized)
    assert "QuantizeLinear" in {node.op_type for node in quantized.graph.node}


def test_other_integer_networks_cannot(plain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(store.VARIABLE, str(tmp_path / "store"))
    quantize(plain, tmp_path / "static.onnx", [{"picture": picture()}])
    store.import_file(tmp_path / "static.onnx", "static", "modnet")
    with pytest.raises(SettingsError, match="static is eight bits already"):
        optimize("static", "int8", None, max_loss=0.05)
