"""Helpers for rewriting ONNX graphs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from onnx import GraphProto, NodeProto, TensorProto, helper, numpy_helper

from cyclorama.core.frames import F32

PREFIX = "cyclorama_"
"""Prefix of every name that is added."""


class Nodes:
    """Builds nodes for a graph, in order; their constants are added to the graph at once."""

    def __init__(self, graph: GraphProto, purpose: str) -> None:
        """``purpose``: part of the new names; unique in the graph."""
        self.made: list[NodeProto] = []
        self._graph = graph
        self._purpose = purpose
        self._names = 0

    def add(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node; returns the name of its output."""
        made = output or self._name()
        self.made.append(helper.make_node(kind, list(inputs), [made], name=f"{made}_{kind}", **attributes))
        return made

    def copy(self, node: NodeProto, inputs: Sequence[str], output: str = "") -> str:
        """Add a copy of ``node`` with other inputs; returns the name of its output."""
        made = NodeProto()
        made.CopyFrom(node)
        made.input[:] = inputs
        made.output[0] = output or self._name()
        made.name = f"{made.output[0]}_{node.op_type}"
        self.made.append(made)
        return str(made.output[0])

    def constant(self, values: ArrayLike, kind: type[np.generic] = np.float32) -> str:
        """Add a constant; returns its name."""
        name = self._name()
        self._graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(values, kind), name))
        return name

    def _name(self) -> str:
        self._names += 1
        return f"{PREFIX}{self._purpose}_{self._names}"


def replace_nodes(graph: GraphProto, new: Mapping[str, Sequence[NodeProto]]) -> None:
    """Replace each node whose first output is a key of ``new``; then drop unused nodes and constants."""
    nodes = [part for node in graph.node for part in new.get(node.output[0], [node])]
    del graph.node[:]
    graph.node.extend(nodes)
    drop_unneeded(graph)


def drop_unneeded(graph: GraphProto) -> None:
    """Drop nodes and constants that no output depends on."""
    needed = {output.name for output in graph.output}
    kept: list[NodeProto] = []
    for node in reversed(graph.node):
        if needed.intersection(node.output):
            kept.append(node)
            needed.update(node.input)
    constants = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(constants)


def constants_of(graph: GraphProto) -> dict[str, TensorProto]:
    """The constants of a graph by name: initializers, and the values of Constant nodes."""
    given = {
        node.output[0]: found.t
        for node in graph.node
        if node.op_type == "Constant"
        for found in node.attribute
        if found.name == "value"
    }
    return {tensor.name: tensor for tensor in graph.initializer} | given


def floats(tensor: TensorProto | None) -> F32 | None:
    """The values of a float32 constant, else None."""
    return numpy_helper.to_array(tensor) if tensor is not None and tensor.data_type == TensorProto.FLOAT else None


def attribute(node: NodeProto, name: str, default: int) -> int:
    """An integer attribute of a node."""
    return next((int(found.i) for found in node.attribute if found.name == name), default)
