from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, helper, numpy_helper

from cyclorama.core.errors import ModelError
from cyclorama.matting.networks.onnx.rvm import RvmModel
from cyclorama.matting.networks.onnx.rvm_graph import optimize_for_cpu
from cyclorama.models.bundled import bundled_path
from cyclorama.pictures.decode import load_picture

RNG = np.random.default_rng(0)
OUTPUTS = ["pha", "r1o", "r2o", "r3o", "r4o"]


def ending(*, last: str = "Clip", biased: bool = True, kind: Any = np.float32) -> ModelProto:
    """The end of a network as RVM's: maps enlarged and cut, four made of them, filtered somehow, alpha taken out."""
    weights = {"w": RNG.standard_normal((4, 8, 1, 1)), "b": RNG.standard_normal(4)}
    trained = {"w2": RNG.standard_normal((4, 4, 1, 1)), "b2": RNG.standard_normal(4)}
    nodes = [
        helper.make_node("Resize", ["features", "", "scales"], ["large"], mode="linear"),
        helper.make_node("Slice", ["large", "begin", "end", "axes"], ["cut"]),
        helper.make_node("Conv", ["cut", "w", "b"][: 2 + biased], ["both"]),
        helper.make_node("Conv", ["both", "w2", "b2"][: 2 + biased], ["filtered"]),  # another layer with four maps
        helper.make_node("Split", ["filtered", "sizes"], ["colors", "raw"], axis=1),
        helper.make_node("Add", ["colors", "src"], ["fgr"]),
        helper.make_node(last, ["raw", "low", "high"] if last == "Clip" else ["raw"], ["pha"]),
    ]
    constants = [
        *(numpy_helper.from_array(value.astype(kind), name) for name, value in {**weights, **trained}.items()),
        *(numpy_helper.from_array(np.array(value, kind), name) for name, value in {"low": 0, "high": 1}.items()),
        numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "scales"),
        *(
            numpy_helper.from_array(np.array(value, np.int64), name)
            for name, value in {"begin": [0, 0], "end": [16, 32], "axes": [2, 3], "sizes": [3, 1]}.items()
        ),
    ]
    element = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    inputs = [
        helper.make_tensor_value_info("src", element, [1, 3, "h", "w"]),
        helper.make_tensor_value_info("features", element, [1, 8, "a", "b"]),
    ]
    outputs = [helper.make_tensor_value_info(name, element, [1, "c", "h", "w"]) for name in ("fgr", "pha")]
    graph = helper.make_graph(nodes, "ending", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def rewritten(model: ModelProto, tmp_path: Path) -> ModelProto:
    onnx.save(model, str(tmp_path / "network.onnx"))
    found = onnx.load_from_string(optimize_for_cpu(tmp_path / "network.onnx"))
    onnx.checker.check_model(found)
    return found


def names(model: ModelProto) -> list[str]:
    return [output.name for output in model.graph.output]


def test_alpha_is_filtered_alone_along_the_mean_of_the_colours(tmp_path: Path) -> None:
    model = ending()
    content = rewritten(model, tmp_path)
    assert names(content) == ["pha"]
    assert not {"Slice", "Split"}.intersection(node.op_type for node in content.graph.node)
    session = onnxruntime.InferenceSession(content.SerializeToString(), providers=["CPUExecutionProvider"])
    picture = RNG.random((1, 3, 16, 32)).astype(np.float32)
    features = RNG.random((1, 8, 8, 16)).astype(np.float32)
    found = session.run(["pha"], {"src": picture, "features": features})[0][0, 0]

    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    large = np.stack([cv2.resize(plane, (32, 16), interpolation=cv2.INTER_LINEAR) for plane in features[0]])
    alpha = np.tensordot(values["w"][3, :, 0, 0], large, 1) + values["b"][3]
    guide = picture[0].mean(axis=0)

    def mean(plane: Any) -> Any:
        return cv2.blur(plane, (3, 3), borderType=cv2.BORDER_CONSTANT)

    slope = (mean(guide * alpha) - mean(guide) * mean(alpha)) / (mean(guide * guide) - mean(guide) ** 2 + 1e-5)
    expected = np.clip(slope * guide + mean(alpha) - slope * mean(guide), 0, 1)
    assert np.abs(found - expected).max() < 1e-3 and np.ptp(expected) > 0.2


@pytest.mark.parametrize("other", [{"last": "Sigmoid"}, {"biased": False}, {"kind": np.float16}])
def test_an_end_that_is_not_known_stays(other: dict[str, Any], tmp_path: Path) -> None:
    content = rewritten(ending(**other), tmp_path)
    assert names(content) == ["fgr", "pha"]
    assert {"Split", "Add", other.get("last", "Clip")} <= {node.op_type for node in content.graph.node}
    assert "Slice" not in [node.op_type for node in content.graph.node]


def test_the_real_rvm_says_the_same(shared: Path) -> None:
    path = shared / "models" / "rvm_mobilenetv3_fp32.onnx"
    content = optimize_for_cpu(path)
    model = onnx.load_from_string(content)
    assert names(model) == OUTPUTS and len(model.graph.node) < len(onnx.load(str(path)).graph.node)
    portrait = cv2.resize(load_picture(bundled_path("portrait.png")), (128, 160), interpolation=cv2.INTER_AREA)
    picture = (portrait[..., ::-1].transpose(2, 0, 1)[None] / 255).astype(np.float32)
    results = []
    for source in (str(path), content):
        session = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"])
        states = [np.zeros((1, 1, 1, 1), np.float32)] * 4
        for frame in range(3):
            feeds: dict[str, Any] = {f"r{i}i": state for i, state in enumerate(states, 1)}
            feeds["src"] = np.roll(picture, 5 * frame, axis=3)
            feeds["downsample_ratio"] = np.ones(1, np.float32)
            alpha, *states = session.run(OUTPUTS, feeds)
        results.append([alpha, *states])
    assert np.ptp(results[0][0]) > 0.9
    for before, after in zip(*results, strict=True):
        assert np.abs(before - after).max() < 1e-3


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_a_damaged_file_has_the_sessions_message(cut: float, networks: ModuleType, tmp_path: Path) -> None:
    installed = networks.installed("rvm", tmp_path)
    installed.path.write_bytes(installed.path.read_bytes()[: round(cut * installed.path.stat().st_size)])
    with pytest.raises(ModelError, match=r"the network rvm cannot be loaded from .*cyclorama models verify rvm"):
        RvmModel(installed)
