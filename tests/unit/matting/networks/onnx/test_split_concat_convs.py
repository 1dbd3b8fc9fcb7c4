from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto, helper, numpy_helper

from cyclorama.matting.networks.onnx.split_concat_convs import optimize_convolutions, with_fast_convolutions

RNG = np.random.default_rng(0)


def decoder(*, channels: int = 3, group: int = 1, again: bool = False, kind: Any = np.float32) -> ModelProto:
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
    constants = [numpy_helper.from_array(value.astype(kind), name) for name, value in weights.items()]
    constants.append(numpy_helper.from_array(np.array([8, 8], np.int64), "sizes"))
    return network(nodes, constants, channels, ("alpha", "mean")[: 1 + again], kind)


def enlarger(
    *,
    channels: int = 8,
    scale: float = 2,
    behind: str = "Relu",
    before: str = "Conv",
    kind: Any = np.float32,
    node: bool = False,
) -> ModelProto:
    """A map enlarged and convolved."""
    nodes = [
        helper.make_node(behind, ["picture", "w1"] if behind == "Conv" else ["picture"], ["small"]),
        helper.make_node("Resize", ["small", "", "scales"], ["large"], mode="linear"),
        helper.make_node(before, ["large", "w2"] if before == "Conv" else ["large"], ["alpha"]),
    ]
    constants = [
        numpy_helper.from_array(RNG.standard_normal((channels, channels, 1, 1)).astype(kind), name)
        for name, kind_of_node in (("w1", behind), ("w2", before))
        if kind_of_node == "Conv"
    ]
    scales = numpy_helper.from_array(np.array([1, 1, scale, scale], np.float32), "scales")
    if node:
        nodes.insert(0, helper.make_node("Constant", [], ["scales"], value=scales))
    else:
        constants.append(scales)
    return network(nodes, constants, channels, ("alpha",), kind)


def network(nodes: list[Any], constants: list[Any], channels: int, outputs: tuple[str, ...], kind: Any) -> ModelProto:
    element = helper.np_dtype_to_tensor_dtype(np.dtype(kind))
    given = helper.make_tensor_value_info("picture", element, [1, channels, "h", "w"])
    made = [helper.make_tensor_value_info(name, element, [1, "c", "H", "W"]) for name in outputs]
    graph = helper.make_graph(nodes, "network", [given], made, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="test")


def run(model: ModelProto, channels: int) -> Any:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(1).random((1, channels, 24, 40)).astype(np.float32)
    return session.run(["alpha"], {"picture": picture})[0]


def kinds(model: ModelProto) -> list[str]:
    return [node.op_type for node in model.graph.node]


def test_a_convolution_of_joined_maps_becomes_a_sum() -> None:
    model = decoder()
    before = run(model, 3)
    optimize_convolutions(model)
    onnx.checker.check_model(model)
    assert kinds(model).count("Conv") == 3 and "Concat" not in kinds(model) and model.producer_name == "test"
    assert "w2" not in {tensor.name for tensor in model.graph.initializer}
    assert np.abs(before - run(model, 3)).max() < 1e-4 < np.abs(before).max()


@pytest.mark.parametrize("node", [False, True])
def test_an_enlarged_map_goes_through_a_convolution_that_changes_nothing(node: bool) -> None:
    model = enlarger(node=node)
    before = run(model, 8)
    optimize_convolutions(model)
    onnx.checker.check_model(model)
    assert [kind for kind in kinds(model) if kind != "Constant"] == ["Relu", "Conv", "Resize", "Conv"]
    assert np.abs(before - run(model, 8)).max() < 1e-5 < np.abs(before).max()


@pytest.mark.parametrize(
    "stays",
    [
        *(decoder(channels=4), decoder(channels=2, group=2), decoder(again=True), decoder(kind=np.float16)),
        *(enlarger(channels=6), enlarger(scale=1.5), enlarger(scale=0.5), enlarger(kind=np.float16)),
        *(enlarger(behind="Conv"), enlarger(before="Relu")),
    ],
    ids=["fast", "grouped", "used twice", "half", "odd", "and a half", "smaller", "half, large", "behind", "alone"],
)
def test_where_nothing_is_gained_or_known_all_stays(stays: ModelProto) -> None:
    before = stays.SerializeToString()
    optimize_convolutions(stays)
    assert stays.SerializeToString() == before


def test_other_networks_stay(networks: ModuleType, tmp_path: Path) -> None:
    for name in ("rvm", "modnet", "isnet"):
        path = networks.installed(name, tmp_path).path
        assert onnx.load_from_string(with_fast_convolutions(path)) == onnx.load(str(path))
