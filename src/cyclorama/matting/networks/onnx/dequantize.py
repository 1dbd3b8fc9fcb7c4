"""Convert a dynamically quantized network back to float32.

Such a network stores int8 weights and quantizes every activation at run time:

    x -> DynamicQuantizeLinear -> ConvInteger -> Cast -> Mul (both scales) -> Add (bias)

That makes the file four times smaller and nothing faster. Each chain becomes one Conv with dequantized weights, which
can then be quantized statically.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from cyclorama.matting.networks.onnx.graph import drop_unneeded


class UnknownChainError(ValueError):
    """A ConvInteger is not part of a chain as above."""


def is_dynamic(model: Any) -> bool:
    """Whether an ``onnx.ModelProto`` has ConvInteger nodes."""
    return any(node.op_type == "ConvInteger" for node in model.graph.node)


def dequantize(model: Any) -> None:
    """Replace every such chain of an ``onnx.ModelProto``, in place. Raises UnknownChainError."""
    graph = _Graph(model.graph)
    for node in list(model.graph.node):
        if node.op_type == "ConvInteger":
            graph.dequantize(node)
    drop_unneeded(model.graph)


class _Graph:
    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._constants = {tensor.name: tensor for tensor in graph.initializer}
        self._maker = {output: node for node in graph.node for output in node.output}
        self._users: dict[str, list[Any]] = {}
        for node in graph.node:
            for name in node.input:
                self._users.setdefault(name, []).append(node)

    def dequantize(self, conv: Any) -> None:
        """Turn the last node of a chain into a Conv; the rest of the chain becomes unused."""
        numbers, integers, _, zero = conv.input
        quantize = self._before(numbers, "DynamicQuantizeLinear")
        cast = self._after(conv, "Cast")
        scaled = self._after(cast, "Mul")
        added = self._after(scaled, "Add")
        scales = self._before(_other(scaled, cast.output[0]), "Mul")
        reshaped = self._before(_other(added, scaled.output[0]), "Reshape")
        weights = self._value(integers).astype(np.float32) - _per_channel(self._value(zero))
        weights *= _per_channel(self._value(_other(scales, quantize.output[1])))
        name = f"{integers}_float32"
        self._graph.initializer.append(numpy_helper.from_array(weights.astype(np.float32), name))
        inputs, outputs = [quantize.input[0], name, reshaped.input[0]], list(added.output)
        added.CopyFrom(helper.make_node("Conv", inputs, outputs, name=conv.name))
        added.attribute.extend(conv.attribute)

    def _value(self, name: str) -> Any:
        if name not in self._constants:
            raise UnknownChainError(f"{name} is no constant")
        return numpy_helper.to_array(self._constants[name])

    def _before(self, name: str, kind: str) -> Any:
        return _of_kind(self._maker.get(name), kind)

    def _after(self, node: Any, kind: str) -> Any:
        users = self._users.get(node.output[0], [])
        return _of_kind(users[0] if len(users) == 1 else None, kind)


def _of_kind(node: Any, kind: str) -> Any:
    if node is None or node.op_type != kind:
        raise UnknownChainError(f"{kind} expected, {'nothing' if node is None else node.op_type} found")
    return node


def _other(node: Any, name: str) -> str:
    """The input of a two-input node that is not ``name``."""
    (other,) = (given for given in node.input if given != name)
    return str(other)


def _per_channel(values: Any) -> Any:
    """A scalar, or one value per output channel, shaped to broadcast over weights (out, in, h, w)."""
    return np.asarray(values, np.float32).reshape(-1, 1, 1, 1)
