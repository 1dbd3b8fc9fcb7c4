"""Tiny ONNX networks with the inputs and outputs of the real ones; every weight is known.

Each mixes the channels of what it is given as ``MIX`` says, so that a wrong colour order, normalisation or layout
shows in its output. ``fault`` builds one that goes wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper, save

from cyclorama.models.catalogue import load_catalogue
from cyclorama.models.store import InstalledModel

MIX = (0.9, 0.4, -0.5)
"""Of the R, G and B channel."""
OFFSET = 0.15
STEP = 0.05
"""What each frame adds to the alpha of the tiny RVM: it counts them in its last state."""
FAULTS = ("nan", "infinite", "three channels", "transposed", "half as large", "raises")


def installed(name: str, folder: Path, fault: str = "", *, half: bool = False) -> InstalledModel:
    """The catalogue's model ``name`` with a tiny network in place of the real one."""
    entry = load_catalogue().models[name]
    build = tiny_rvm if entry.kind == "rvm" else tiny_picture
    path = folder / f"{name}.onnx"
    size = ("h", "w") if entry.input.size_wh is None else entry.input.size_wh[::-1]
    build(path, size=size, squash=entry.output.activation == "minmax", fault=fault, half=half)
    return InstalledModel(replace(entry, sha256=None), path, "imported")


def tiny_picture(
    path: Path, *, size: Sequence[int | str], squash: bool = False, fault: str = "", half: bool = False
) -> None:
    """One picture in; out come ``alpha`` and, second, one that says nothing. ``squash``: through a sigmoid, as those
    whose range is stretched afterwards."""
    element = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    nodes = [
        *_mixed("picture", "mixed"),
        helper.make_node("Sigmoid" if squash else "Identity", ["mixed"], ["plain"]),
        *_faulty("plain", "alpha", fault),
        helper.make_node("Sub", ["plain", "plain"], ["nothing"]),
    ]
    inputs = [helper.make_tensor_value_info("picture", element, [1, 3, *size])]
    outputs = [helper.make_tensor_value_info(name, element, None) for name in ("alpha", "nothing")]
    _save(path, nodes, inputs, outputs, half=half)


def tiny_rvm(
    path: Path, *, size: Sequence[int | str] = ("h", "w"), squash: bool = False, fault: str = "", half: bool = False
) -> None:
    """RVM's inputs and outputs, and states of the size of its own. Alpha: the mix, times the downsample ratio, and STEP
    for each frame seen before: every cell of the last state counts them."""
    element = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    nodes = [
        *_mixed("src", "mixed"),
        helper.make_node("Cast", ["downsample_ratio"], ["ratio"], to=element),
        helper.make_node("Mul", ["mixed", "ratio"], ["scaled"]),
        helper.make_node("ReduceMean", ["r4i"], ["frames"], axes=[2, 3]),
        helper.make_node("Mul", ["frames", "step"], ["memory"]),
        helper.make_node("Add", ["scaled", "memory"], ["plain"]),
        *_faulty("plain", "pha", fault),
        helper.make_node("Identity", ["src"], ["fgr"]),
        *(
            helper.make_node("AveragePool", ["mixed"], [f"mean{i}"], kernel_shape=[2**i] * 2, strides=[2**i] * 2)
            for i in (1, 2, 3, 4)
        ),
        *(helper.make_node("Add", [f"r{i}i", f"mean{i}"], [f"r{i}o"]) for i in (1, 2, 3)),
        helper.make_node("Sub", ["mean4", "mean4"], ["none"]),
        helper.make_node("Add", ["none", "one"], ["each"]),
        helper.make_node("Add", ["r4i", "each"], ["r4o"]),
    ]
    states = [(f"r{i}", [1, f"c{i}", f"h{i}", f"w{i}"]) for i in (1, 2, 3, 4)]
    inputs = [
        helper.make_tensor_value_info("src", element, [1, 3, *size]),
        *(helper.make_tensor_value_info(f"{name}i", element, shape) for name, shape in states),
        helper.make_tensor_value_info("downsample_ratio", TensorProto.FLOAT, [1]),
    ]
    names = ("fgr", "pha", *(f"{name}o" for name, _ in states))
    _save(path, nodes, inputs, [helper.make_tensor_value_info(name, element, None) for name in names], half=half)


def _mixed(source: str, target: str) -> list[NodeProto]:
    return [helper.make_node("Conv", [source, "mix", "offset"], [target])]


def _faulty(source: str, target: str, fault: str) -> list[NodeProto]:
    if fault in ("nan", "infinite"):
        broken = helper.make_node("Div", ["zero" if fault == "nan" else "one", "zero"], ["broken"])
        return [broken, helper.make_node("Add", [source, "broken"], [target])]
    if fault == "three channels":
        return [helper.make_node("Concat", [source] * 3, [target], axis=1)]
    if fault == "transposed":
        return [helper.make_node("Transpose", [source], [target], perm=[0, 1, 3, 2])]
    if fault == "half as large":
        return [helper.make_node("AveragePool", [source], [target], kernel_shape=[2, 2], strides=[2, 2])]
    if fault == "raises":
        return [helper.make_node("Reshape", [source, "odd"], [target])]
    return [helper.make_node("Identity", [source], [target])]


def _save(path: Path, nodes: list[NodeProto], inputs: list, outputs: list, *, half: bool) -> None:  # type: ignore[type-arg]
    kind = np.float16 if half else np.float32
    values = {
        "mix": np.array(MIX, kind).reshape(1, 3, 1, 1),
        "offset": np.array([OFFSET], kind),
        "step": np.array(STEP, kind),
        "one": np.array(1, kind),
        "zero": np.array(0, kind),
        "odd": np.array([7, 1, 13], np.int64),
    }
    used = {name for node in nodes for name in node.input}
    weights = [numpy_helper.from_array(value, name) for name, value in values.items() if name in used]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, weights)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
