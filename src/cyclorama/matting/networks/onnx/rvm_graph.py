"""RVM's graph rewritten for the CPU: alpha alone.

The published graph applies its guided filter to four channels, foreground colours and alpha; and it slices upsampled
feature maps, for sides that were odd before downsampling. Here the colours are not used, and no side is odd. So alpha
alone is filtered, with RVM's form of the Fast Guided Filter (He, Sun 2015): a grey guide, 3x3 windows, coefficients not
averaged. At a downsample ratio of 1 nothing is upsampled. Measured on two cores: a tenth of RVM's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
from onnx import GraphProto, NodeProto, TensorProto

from cyclorama.matting.networks.onnx.graph import Nodes, attribute, constants_of, floats, replace_nodes
from cyclorama.matting.networks.onnx.split_concat_convs import enlarges, optimize_convolutions

PICTURE, COLORS, ALPHA = "src", "fgr", "pha"
EPSILON = 1e-5
"""The guided filter's regularization, for a guide in [0, 1]: RVM's own value."""


def optimize_for_cpu(path: Path) -> bytes:
    """Return the network in ``path``, serialized, for a downsample ratio of 1 and sides that are multiples of 16.

    Patterns that are not found stay as they are. Raises whatever a damaged file causes.
    """
    model = onnx.load(str(path))
    _filter_alpha_alone(model.graph)
    _remove_slices(model.graph)
    optimize_convolutions(model)
    return bytes(model.SerializeToString())


def _filter_alpha_alone(graph: GraphProto) -> None:
    """Keep only the alpha channel of the projection layer, and filter it; the final Clip stays."""
    constants = constants_of(graph)
    last = next((node for node in graph.node if ALPHA in node.output), None)
    layer = next((node for node in graph.node if _is_projection(node, constants)), None)
    if last is None or last.op_type != "Clip" or layer is None:
        return
    kernels, bias = (floats(constants.get(name)) for name in layer.input[1:3])
    if kernels is None or bias is None:
        return
    nodes = Nodes(graph, "alpha")
    alpha = nodes.add("Conv", layer.input[0], nodes.constant(kernels[3:]), nodes.constant(bias[3:]))
    nodes.copy(last, [_filtered(nodes, alpha), *last.input[1:]], ALPHA)
    outputs = [output for output in graph.output if output.name != COLORS]
    del graph.output[:]
    graph.output.extend(outputs)
    replace_nodes(graph, {ALPHA: nodes.made})


def _is_projection(node: NodeProto, constants: Mapping[str, TensorProto]) -> bool:
    """Whether a node is a 1x1 convolution to four channels: the first one is RVM's projection."""
    if node.op_type != "Conv" or len(node.input) != 3 or node.input[1] not in constants:
        return False
    maps, *_, height, width = constants[node.input[1]].dims
    return (maps, height, width, attribute(node, "group", 1)) == (4, 1, 1, 1)


def _filtered(nodes: Nodes, alpha: str) -> str:
    """The guided filter: slope * guide + offset, fitted in each 3x3 window."""

    def mean(source: str) -> str:  # zero padding, as in RVM
        return nodes.add("AveragePool", source, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)

    guide = nodes.add("Conv", PICTURE, nodes.constant(np.full((1, 3, 1, 1), 1 / 3)))
    mean_guide, mean_alpha = mean(guide), mean(alpha)
    both, square = mean(nodes.add("Mul", guide, alpha)), mean(nodes.add("Mul", guide, guide))
    covariance = nodes.add("Sub", both, nodes.add("Mul", mean_guide, mean_alpha))
    variance = nodes.add("Sub", square, nodes.add("Mul", mean_guide, mean_guide))
    slope = nodes.add("Div", covariance, nodes.add("Add", variance, nodes.constant([EPSILON])))
    offset = nodes.add("Sub", mean_alpha, nodes.add("Mul", slope, mean_guide))
    return nodes.add("Add", nodes.add("Mul", slope, guide), offset)


def _remove_slices(graph: GraphProto) -> None:
    """Remove Slice nodes behind an upsampling: all sides are even."""
    constants = constants_of(graph)
    whole = {node.output[0] for node in graph.node if enlarges(node, constants)}
    instead: dict[str, str] = {}
    for node in graph.node:
        node.input[:] = [instead.get(name, name) for name in node.input]
        if node.op_type == "Slice" and node.input[0] in whole:
            instead[node.output[0]] = node.input[0]
    replace_nodes(graph, {output: [] for output in instead})
