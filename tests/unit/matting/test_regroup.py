from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

from cyclorama.matting.onnx.regroup import regrouped

RNG = np.random.default_rng(0)


def decoder(path: Path, *, channels: int = 3, group: int = 1, again: bool = False, kind: Any = np.float32) -> Path:
    """Features made large and split, joined with the picture, and convolved: as the end of RVM's decoder."""
    joined = 8 + channels
    weights = {
        "w1": RNG.standard_normal((16, channels, 3, 3)),
        "w2": RNG.standard_normal((8, joined // group, 3, 3)),
        "b2": RNG.standard_normal(8),
    }
    nodes = [
        helper.make_node("Conv", ["picture", "w1"], ["features"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["features"], ["positive"]),
        helper.make_node("Split", ["positive", "sizes"], ["half", "other"], axis=1),
        helper.make_node("Concat", ["half", "picture"], ["joined"], axis=1),
        helper.make_node("Conv", ["joined", "w2", "b2"], ["made"], pads=[1, 1, 1, 1], group=group),
        helper.make_node("Add", ["made", "other"], ["alpha"]),
    ]
    if again:
        nodes.append(helper.make_node("ReduceMean", ["joined"], ["mean"], axes=[1]))
    element = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    inputs = [helper.make_tensor_value_info("picture", element, [1, channels, "h", "w"])]
    outputs = [
        helper.make_tensor_value_info(name, element, [1, "c", "h", "w"]) for name in ("alpha", "mean")[: 1 + again]
    ]
    constants = [numpy_helper.from_array(value.astype(kind), name) for name, value in weights.items()]
    constants.append(numpy_helper.from_array(np.array([8, 8], np.int64), "sizes"))
    graph = helper.make_graph(nodes, "decoder", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="test")
    onnx.save(model, str(path))
    return path


def run(model: str | bytes, feeds: dict[str, Any], outputs: list[str]) -> list[Any]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return [np.asarray(found) for found in session.run(outputs, feeds)]


def test_the_sum_is_the_same(tmp_path: Path) -> None:
    path = decoder(tmp_path / "decoder.onnx")
    content = regrouped(path)
    assert content is not None
    model = onnx.load_from_string(content)
    onnx.checker.check_model(model)
    assert [node.op_type for node in model.graph.node].count("Conv") == 3 and model.producer_name == "test"
    assert "Concat" not in [node.op_type for node in model.graph.node]
    feeds = {"picture": RNG.random((1, 3, 24, 40)).astype(np.float32)}
    (before,), (after,) = (run(source, feeds, ["alpha"]) for source in (str(path), content))
    assert np.abs(before - after).max() < 1e-4 < np.abs(before).max()


@pytest.mark.parametrize("stays", [{"channels": 4}, {"channels": 2, "group": 2}, {"again": True}, {"kind": np.float16}])
def test_what_is_fast_grouped_used_twice_or_not_float32_stays(stays: dict[str, Any], tmp_path: Path) -> None:
    assert regrouped(decoder(tmp_path / "decoder.onnx", **stays)) is None


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_a_damaged_file_is_left_to_the_session(cut: float, tmp_path: Path) -> None:
    path = decoder(tmp_path / "decoder.onnx")
    path.write_bytes(path.read_bytes()[: round(cut * path.stat().st_size)])
    assert regrouped(path) is None
    path.write_bytes(b"not a network" * 50)
    assert regrouped(path) is None


def test_other_networks_stay(networks: ModuleType, tmp_path: Path) -> None:
    for name in ("rvm", "modnet", "isnet"):
        assert regrouped(networks.installed(name, tmp_path).path) is None


def test_the_real_rvm_says_the_same(shared: Path) -> None:
    path = shared / "models" / "rvm_mobilenetv3_fp32.onnx"
    content = regrouped(path)
    assert content is not None
    assert [node.op_type for node in onnx.load_from_string(content).graph.node].count("Concat") < [
        node.op_type for node in onnx.load(str(path)).graph.node
    ].count("Concat")
    outputs = ["pha", "r1o", "r2o", "r3o", "r4o"]
    results = []
    for source in (str(path), content):
        feeds: dict[str, Any] = {f"r{i}i": np.zeros((1, 1, 1, 1), np.float32) for i in (1, 2, 3, 4)}
        feeds["src"] = np.linspace(0, 1, 3 * 96 * 128, dtype=np.float32).reshape(1, 3, 96, 128)
        feeds["downsample_ratio"] = np.ones(1, np.float32)
        results.append(run(source, feeds, outputs))
    for before, after in zip(*results, strict=True):
        assert np.abs(before - after).max() < 1e-4


def test_an_empty_file_is_left_to_the_session(tmp_path: Path) -> None:
    (tmp_path / "empty.onnx").write_bytes(b"")
    assert regrouped(tmp_path / "empty.onnx") is None
