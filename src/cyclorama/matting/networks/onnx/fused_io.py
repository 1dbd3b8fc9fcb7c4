"""Fuse pre- and postprocessing into the graph of a network: uint8 in, uint8 out, converted by the provider itself.

    picture (1, h, w, 3) uint8, BGR -> RGB -> float32 -> (rgb / scale - mean) / std -> (1, 3, h, w) -> the network
    the network -> float32 -> activation -> 0 to 1 -> alpha, its shape, uint8
                           -> how many of its values are finite numbers, float32, one value

The same conversions as :mod:`cyclorama.matting.networks.onnx.tensors` makes on the CPU, for GPUs: a quarter of the
bytes is copied to the device, and a quarter back. Only operators whose signature is the same from opset 9 to the newest
are used, so the graph keeps its own opset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from cyclorama.matting.networks.onnx.graph import PREFIX, Nodes, constants_of
from cyclorama.matting.networks.onnx.tensors import SURE_BACKGROUND, SURE_OBJECT
from cyclorama.models.catalogue import InputContract, OutputContract

PICTURE, ALPHA, FINITE = f"{PREFIX}picture", f"{PREFIX}alpha", f"{PREFIX}finite"


@dataclass(frozen=True, slots=True)
class FusedIO:
    """The contract of a network, to be fused into its graph.

    The first input that ``constants`` do not name is the picture. ``constants``: inputs that are the same in every
    run, by name; one value each. They become initializers, so onnxruntime folds what depends on them at load time.
    """

    input: InputContract
    output: OutputContract
    constants: Mapping[str, float]

    def __call__(self, path: Path) -> bytes:
        """Return the network in ``path`` with both ends fused, serialized. Raises whatever a damaged file causes."""
        model = onnx.load(str(path))
        graph = model.graph
        for name, value in self.constants.items():
            _make_constant(graph, name, value)
        nodes = [*_preprocess(graph, self.input), *graph.node, *_postprocess(graph, self.output)]
        del graph.node[:]
        graph.node.extend(nodes)
        return bytes(model.SerializeToString())


def _make_constant(graph: GraphProto, name: str, value: float) -> None:
    """Turn an input into an initializer with one value of its type."""
    given = next((item for item in graph.input if item.name == name), None)
    if given is None:
        return
    kind = helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type)
    graph.input.remove(given)
    graph.initializer.append(numpy_helper.from_array(np.full(1, value, kind), name))


def _preprocess(graph: GraphProto, contract: InputContract) -> list[NodeProto]:
    """Nodes that make the first input from a uint8 picture, which becomes the graph's input."""
    weights = constants_of(graph)
    given = next(item for item in graph.input if item.name not in weights)
    dims = given.type.tensor_type.shape.dim
    _, channels, height, width = (side.dim_param or side.dim_value or None for side in dims)
    picture = helper.make_tensor_value_info(PICTURE, TensorProto.UINT8, [1, height, width, channels])
    graph.input.remove(given)
    graph.input.insert(0, picture)
    nodes = Nodes(graph, "first")
    rgb = nodes.add("Gather", PICTURE, nodes.constant([2, 1, 0], np.int64), axis=3)
    rgb = nodes.add("Cast", rgb, to=TensorProto.FLOAT)
    mean, std = np.array(contract.mean), np.array(contract.std)
    if contract.scale_by_max:
        scale = nodes.add("Max", nodes.add("ReduceMax", rgb), nodes.constant([1]))
        rgb = nodes.add("Div", rgb, scale)
        factor = 1 / std
    else:
        factor = 1 / (255 * std)
    scaled = nodes.add("Mul", rgb, nodes.constant(factor))
    normal = nodes.add("Add", scaled, nodes.constant(-mean / std))
    planes = nodes.add("Transpose", normal, perm=[0, 3, 1, 2])
    nodes.add("Cast", planes, to=given.type.tensor_type.elem_type, output=given.name)
    return nodes.made


def _postprocess(graph: GraphProto, contract: OutputContract) -> list[NodeProto]:
    """Nodes that make uint8 alpha from the output, and count its finite values: NaN does not survive as uint8."""
    outputs = list(graph.output)
    given = next(item for item in outputs if contract.name in (None, item.name))
    nodes = Nodes(graph, "last")
    raw = nodes.add("Cast", given.name, to=TensorProto.FLOAT)
    largest = nodes.constant([np.finfo(np.float32).max])
    finite = nodes.add("Less", nodes.add("Abs", raw), largest)  # NaN is not less than anything
    nodes.add("ReduceSum", nodes.add("Cast", finite, to=TensorProto.FLOAT), output=FINITE)
    alpha = raw
    if contract.activation == "sigmoid":
        alpha = nodes.add("Sigmoid", raw)
    elif contract.activation == "minmax":
        low = nodes.add("Min", nodes.add("ReduceMin", raw), nodes.constant([SURE_BACKGROUND]))
        high = nodes.add("Max", nodes.add("ReduceMax", raw), nodes.constant([SURE_OBJECT]))
        alpha = nodes.add("Div", nodes.add("Sub", raw, low), nodes.add("Sub", high, low))
    bounded = nodes.add("Min", alpha, nodes.constant([1]))
    bounded = nodes.add("Max", bounded, nodes.constant([0]))
    levels = nodes.add("Mul", bounded, nodes.constant([255]))
    rounded = nodes.add("Add", levels, nodes.constant([0.5]))  # the cast truncates
    nodes.add("Cast", rounded, to=TensorProto.UINT8, output=ALPHA)
    outputs[outputs.index(given)] = helper.make_tensor_value_info(ALPHA, TensorProto.UINT8, None)
    outputs.append(helper.make_tensor_value_info(FINITE, TensorProto.FLOAT, None))
    del graph.output[:]
    graph.output.extend(outputs)
    return nodes.made
