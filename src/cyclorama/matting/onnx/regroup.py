"""A network's convolutions arranged as onnxruntime computes them fastest on a processor: the same sums, less time.

Its fast convolutions keep maps in blocks of channels, and take inputs whose channels are a multiple of four. Where maps
are joined to an odd number, as the decoder of Robust Video Matting joins features with the three colours, it falls back
to a slow one. A convolution of joined maps is the sum of the convolutions of each, by linearity:

    Concat(a, b) -> Conv(w, bias)   becomes   Conv(a, w_a) + Conv(b, w_b, bias)

Measured on two cores with AVX-512: a tenth of RVM's time. The file is a Protocol Buffers message, see
:mod:`cyclorama.matting.onnx.graph`; what is not rearranged is copied. Numbers of fields: ``onnx.proto``.
"""

from __future__ import annotations

import mmap
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cyclorama.frames import F32
from cyclorama.matting.onnx.graph import DATA_TYPE, DIMS, GRAPH, INITIALIZER, Span, fields, packed

NODE = 1
INPUT, OUTPUT, NAME, OP_TYPE, ATTRIBUTE = 1, 2, 3, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_INT = 1, 3
TENSOR_NAME, RAW_DATA = 8, 9
FLOAT, INT64 = 1, 7
MULTIPLE = 4
"""Of the channels that the fast convolutions take."""
KEEPS_CHANNELS = {
    "Relu",
    "HardSwish",
    "Sigmoid",
    "Tanh",
    "Clip",
    "Identity",
    "Resize",
    "Slice",
    "AveragePool",
    "MaxPool",
}
ELEMENTWISE = {"Add", "Sub", "Mul"}


@dataclass(frozen=True, slots=True)
class _Node:
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[bytes, ...]
    name: str = ""

    def number(self, attribute: str, default: int) -> int:
        """An attribute that is a whole number."""
        for content in self.attributes:
            found = dict(fields(content, (0, len(content))))
            name = found[ATTRIBUTE_NAME]
            if isinstance(name, tuple) and content[slice(*name)] == attribute.encode():
                value = found.get(ATTRIBUTE_INT, default)
                return value if isinstance(value, int) else default
        return default

    def encoded(self) -> bytes:
        parts = [_field(INPUT, name.encode()) for name in self.inputs]
        parts += [_field(OUTPUT, name.encode()) for name in self.outputs]
        parts += [_field(NAME, self.name.encode()), _field(OP_TYPE, self.kind.encode())]
        return b"".join([*parts, *(_field(ATTRIBUTE, content) for content in self.attributes)])


def regrouped(path: Path) -> bytes | None:
    """The content of a network's file with such convolutions taken apart; None where there are none, or no network."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _regrouped(data)
    except (OSError, IndexError, KeyError, ValueError):  # the session says what is wrong with it
        return None


def _regrouped(data: mmap.mmap) -> bytes | None:
    model = list(fields(data, (0, len(data))))
    graphs = [_Graph(data, value) for number, value in model if number == GRAPH and isinstance(value, tuple)]
    if len(graphs) != 1 or not graphs[0].take_apart():
        return None
    others = (_copied(data, number, value) for number, value in model if number != GRAPH)
    return b"".join([*others, _field(GRAPH, graphs[0].encoded())])


class _Graph:
    def __init__(self, data: mmap.mmap, span: Span) -> None:
        self._data = data
        self._nodes: list[tuple[_Node, bytes]] = []
        """With their encoded form."""
        self._others: list[tuple[int, int | Span]] = []
        self._added: list[bytes] = []
        self._constants: dict[str, Span] = {}
        for number, value in fields(data, span):
            if number == NODE and isinstance(value, tuple):
                self._nodes.append((_node(data, value), data[slice(*value)]))
                continue
            self._others.append((number, value))
            if number == INITIALIZER and isinstance(value, tuple):
                name = dict(fields(data, value)).get(TENSOR_NAME)
                if isinstance(name, tuple):
                    self._constants[data[slice(*name)].decode()] = value
        self._maker = {output: node for node, _ in self._nodes for output in node.outputs}
        self._uses = Counter(name for node, _ in self._nodes for name in node.inputs)

    def take_apart(self) -> bool:
        """Whether there was something to take apart."""
        nodes: list[tuple[_Node, bytes]] = []
        gone: set[str] = set()
        for node, encoded in self._nodes:
            parts = self._parts(node)
            if not parts:
                nodes.append((node, encoded))
                continue
            gone.add(node.inputs[0])
            nodes += [(part, part.encoded()) for part in parts]
        self._nodes = [(node, encoded) for node, encoded in nodes if not gone.intersection(node.outputs)]
        return bool(gone)

    def encoded(self) -> bytes:
        nodes = (_field(NODE, encoded) for _, encoded in self._nodes)
        others = (_copied(self._data, number, value) for number, value in self._others)
        return b"".join([*nodes, *others, *self._added])

    def _parts(self, conv: _Node) -> list[_Node]:
        """The nodes that a convolution becomes; none where it stays."""
        joined = self._maker.get(conv.inputs[0]) if conv.kind == "Conv" else None
        if joined is None or joined.kind != "Concat" or joined.number("axis", 1) != 1 or conv.number("group", 1) != 1:
            return []
        weights = self._floats(conv.inputs[1])
        if weights is None or weights.ndim != 4 or weights.shape[1] % MULTIPLE == 0 or self._uses[conv.inputs[0]] > 1:
            return []
        counts = [self._channels(name) for name in joined.inputs]
        if counts.count(0) == 1:  # of the picture nothing in the graph may tell
            counts[counts.index(0)] = weights.shape[1] - sum(counts)
        if min(counts) <= 0 or sum(counts) != weights.shape[1]:
            return []
        ends = np.cumsum(counts)[:-1]
        named = sorted(
            zip(counts, joined.inputs, np.split(weights, ends, axis=1), strict=True), key=lambda part: part[0]
        )
        nodes: list[_Node] = []
        total = ""
        for index, (_, source, share) in enumerate(named):
            last, name = index == len(named) - 1, f"{conv.outputs[0]}_part{index}"
            self._added.append(_field(INITIALIZER, _tensor(f"{name}_weights", share)))
            inputs = (source, f"{name}_weights", *(() if index else conv.inputs[2:]))
            nodes.append(replace(conv, inputs=inputs, outputs=(name,), name=name))
            if index:
                summed = conv.outputs[0] if last else f"{name}_sum"
                nodes.append(_Node("Add", (name, total), (summed,), (), f"{name}_add"))
                total = summed
            else:
                total = name
        return nodes

    def _channels(self, name: str, depth: int = 0) -> int:
        """Of a map; 0 where the graph does not say."""
        node = self._maker.get(name)
        if node is None or depth > 50:
            return 0
        if node.kind == "Conv":
            return _shape(self._data, self._constants[node.inputs[1]])[0] if node.inputs[1] in self._constants else 0
        if node.kind in KEEPS_CHANNELS:
            return self._channels(node.inputs[0], depth + 1)
        if node.kind in ELEMENTWISE:
            return max(self._channels(given, depth + 1) for given in node.inputs)
        if node.kind == "Concat" and node.number("axis", 1) == 1:
            counts = [self._channels(given, depth + 1) for given in node.inputs]
            return sum(counts) if all(counts) else 0
        if node.kind == "Split" and node.number("axis", 0) == 1 and len(node.inputs) == 2:
            sizes = self._constant(node.inputs[1], INT64)
            return int(np.frombuffer(sizes, "<i8")[node.outputs.index(name)]) if sizes else 0
        return 0

    def _floats(self, name: str) -> F32 | None:
        raw = self._constant(name, FLOAT)
        return np.frombuffer(raw, "<f4").reshape(_shape(self._data, self._constants[name])) if raw else None

    def _constant(self, name: str, kind: int) -> bytes | None:
        """The values of a constant, where they are of this kind and in one piece."""
        if name not in self._constants:
            return None
        found = dict(fields(self._data, self._constants[name]))
        raw = found.get(RAW_DATA)
        return self._data[slice(*raw)] if found.get(DATA_TYPE) == kind and isinstance(raw, tuple) else None


def _node(data: mmap.mmap, span: Span) -> _Node:
    found: dict[int, list[bytes]] = {}
    for number, value in fields(data, span):
        if isinstance(value, tuple):
            found.setdefault(number, []).append(data[slice(*value)])
    text = {key: tuple(item.decode() for item in found.get(key, [])) for key in (INPUT, OUTPUT, OP_TYPE)}
    return _Node("".join(text[OP_TYPE]), text[INPUT], text[OUTPUT], tuple(found.get(ATTRIBUTE, [])))


def _shape(data: mmap.mmap, span: Span) -> list[int]:
    dims: list[int] = []
    for number, value in fields(data, span):
        if number == DIMS:
            dims += [value] if isinstance(value, int) else packed(data, value)
    return dims


def _tensor(name: str, values: F32) -> bytes:
    dims = b"".join(_number(DIMS, side) for side in values.shape)
    raw = np.ascontiguousarray(values, "<f4").tobytes()
    return dims + _number(DATA_TYPE, FLOAT) + _field(TENSOR_NAME, name.encode()) + _field(RAW_DATA, raw)


def _copied(data: mmap.mmap, number: int, value: int | Span) -> bytes:
    return _number(number, value) if isinstance(value, int) else _field(number, data[slice(*value)])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    """Seven bits a byte, lowest first."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)
