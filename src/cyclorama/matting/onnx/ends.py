"""Bytes in, bytes out: both ends of a network as nodes of its own graph, so that what runs the network does them too.

    picture (1, h, w, 3) uint8, BGR -> RGB -> float32 -> (rgb / scale - mean) / std -> (1, 3, h, w) -> the network
    the network -> float32 -> activation -> 0 to 1 -> alpha, its shape, uint8
                           -> how many of its values are finite numbers, float32, one value

The same as :mod:`cyclorama.matting.onnx.picture` does on the processor, for graphics cards: a quarter of the bytes goes
up, a quarter comes down. Only operators whose form is the same from version 9 to the newest are used: the graph keeps
its own version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from cyclorama.matting.onnx.package import package
from cyclorama.matting.onnx.picture import SURE_BACKGROUND, SURE_OBJECT
from cyclorama.models.catalogue import InputContract, OutputContract

PREFIX = "cyclorama_"
"""Of every name that is ours."""
PICTURE, ALPHA, FINITE = f"{PREFIX}picture", f"{PREFIX}alpha", f"{PREFIX}finite"


@dataclass(frozen=True, slots=True)
class ByteEnds:
    """What the ends of a network are to be.

    The first input that ``constants`` do not name is the picture. ``constants``: inputs that are the same in every
    run, by name; a single value each. Inside the graph their consequences are worked out when it is loaded.
    """

    input: InputContract
    output: OutputContract
    constants: Mapping[str, float]

    def __call__(self, path: Path) -> bytes:
        """The network in ``path`` with these ends, as a file's content.

        Raises SettingsError where the package that this needs is missing, or whatever a damaged file causes.
        """
        onnx = package("onnx", "converting pictures where the network runs", "cuda")
        model = onnx.load(str(path))
        graph = _Graph(onnx, model.graph)
        for name, value in self.constants.items():
            graph.make_constant(name, value)
        graph.begin(self.input)
        graph.end(self.output)
        return bytes(model.SerializeToString())


class _Graph:
    """An ``onnx.GraphProto`` that grows at both ends."""

    def __init__(self, onnx: Any, graph: Any) -> None:
        self._onnx = onnx
        self._graph = graph
        self._first: list[Any] = []
        self._names = 0

    def make_constant(self, name: str, value: float) -> None:
        """An input of one value becomes a constant of its type."""
        given = next((item for item in self._graph.input if item.name == name), None)
        if given is None:
            return
        kind = self._onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type)
        self._graph.input.remove(given)
        self._graph.initializer.append(self._onnx.numpy_helper.from_array(np.full(1, value, kind), name))

    def begin(self, contract: InputContract) -> None:
        """Put the picture's conversion in front of the first input."""
        proto, helper = self._onnx.TensorProto, self._onnx.helper
        weights = {tensor.name for tensor in self._graph.initializer}
        given = next(item for item in self._graph.input if item.name not in weights)
        dims = given.type.tensor_type.shape.dim
        _, channels, height, width = (side.dim_param or side.dim_value or None for side in dims)
        picture = helper.make_tensor_value_info(PICTURE, proto.UINT8, [1, height, width, channels])
        self._graph.input.remove(given)
        self._graph.input.insert(0, picture)
        rgb = self._before("Gather", PICTURE, self._constant([2, 1, 0], np.int64), axis=3)
        rgb = self._before("Cast", rgb, to=proto.FLOAT)
        mean, std = np.array(contract.mean), np.array(contract.std)
        if contract.scale_by_max:
            scale = self._before("Max", self._before("ReduceMax", rgb), self._constant([1]))
            rgb = self._before("Div", rgb, scale)
            factor = 1 / std
        else:
            factor = 1 / (255 * std)
        scaled = self._before("Mul", rgb, self._constant(factor))
        normal = self._before("Add", scaled, self._constant(-mean / std))
        planes = self._before("Transpose", normal, perm=[0, 3, 1, 2])
        self._before("Cast", planes, to=given.type.tensor_type.elem_type, output=given.name)
        nodes = [*self._first, *self._graph.node]
        del self._graph.node[:]
        self._graph.node.extend(nodes)

    def end(self, contract: OutputContract) -> None:
        """Put alpha's conversion behind its output, and beside it the count that a byte could not tell."""
        proto, helper = self._onnx.TensorProto, self._onnx.helper
        outputs = list(self._graph.output)
        given = next(item for item in outputs if contract.name in (None, item.name))
        raw = self._after("Cast", given.name, to=proto.FLOAT)
        largest = self._constant([np.finfo(np.float32).max])
        finite = self._after("Less", self._after("Abs", raw), largest)  # what is no number is not less than one
        self._after("ReduceSum", self._after("Cast", finite, to=proto.FLOAT), output=FINITE)
        alpha = raw
        if contract.activation == "sigmoid":
            alpha = self._after("Sigmoid", raw)
        elif contract.activation == "minmax":
            low = self._after("Min", self._after("ReduceMin", raw), self._constant([SURE_BACKGROUND]))
            high = self._after("Max", self._after("ReduceMax", raw), self._constant([SURE_OBJECT]))
            alpha = self._after("Div", self._after("Sub", raw, low), self._after("Sub", high, low))
        bounded = self._after("Min", alpha, self._constant([1]))
        bounded = self._after("Max", bounded, self._constant([0]))
        levels = self._after("Mul", bounded, self._constant([255]))
        rounded = self._after("Add", levels, self._constant([0.5]))  # the cast cuts off
        self._after("Cast", rounded, to=proto.UINT8, output=ALPHA)
        outputs[outputs.index(given)] = helper.make_tensor_value_info(ALPHA, proto.UINT8, None)
        outputs.append(helper.make_tensor_value_info(FINITE, proto.FLOAT, None))
        del self._graph.output[:]
        self._graph.output.extend(outputs)

    def _constant(self, values: ArrayLike, kind: type[np.generic] = np.float32) -> str:
        name = self._name()
        self._graph.initializer.append(self._onnx.numpy_helper.from_array(np.asarray(values, kind), name))
        return name

    def _before(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        self._first.append(self._node(kind, inputs, output or self._name(), attributes))
        return str(self._first[-1].output[0])

    def _after(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        self._graph.node.append(self._node(kind, inputs, output or self._name(), attributes))
        return str(self._graph.node[-1].output[0])

    def _node(self, kind: str, inputs: tuple[str, ...], output: str, attributes: Mapping[str, Any]) -> Any:
        return self._onnx.helper.make_node(kind, list(inputs), [output], name=f"{output}_{kind}", **attributes)

    def _name(self) -> str:
        self._names += 1
        return f"{PREFIX}{self._names}"
