"""The data type of a network's weights, read from its file.

onnxruntime reports the types of inputs and outputs, which quantized and half-precision networks often keep as float32.
An ONNX file is a Protocol Buffers message (https://protobuf.dev/programming-guides/encoding); this reader skips all
fields but a few, and loads no weights. Field numbers and data types: ``onnx.proto``.
"""

from __future__ import annotations

import mmap
from collections import Counter
from collections.abc import Iterator
from math import prod
from pathlib import Path

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
GRAPH, INITIALIZER = 7, 5
DIMS, DATA_TYPE = 1, 2
NAMES = {1: "float32", 2: "int8", 3: "int8", 10: "float16", 11: "float64", 16: "bfloat16", 21: "int4", 22: "int4"}
"""Values of ``TensorProto.DataType``; signed and unsigned are one. Shapes and indices (int64) do not count."""

Span = tuple[int, int]


def weights_precision(path: Path) -> str:
    """The data type of most weights of the network in ``path``, such as ``float32``; empty where there are none."""
    counts: Counter[str] = Counter()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        try:
            for number, graph in fields(data, (0, len(data))):
                if number == GRAPH and isinstance(graph, tuple):
                    for inner, tensor in fields(data, graph):
                        if inner == INITIALIZER and isinstance(tensor, tuple):
                            kind, elements = _tensor(data, tensor)
                            if kind in NAMES:
                                counts[NAMES[kind]] += elements
        except (IndexError, ValueError):  # cut short or no such file: the session says so, with its own reason
            return ""
    return counts.most_common(1)[0][0] if counts else ""


def _tensor(data: mmap.mmap, span: Span) -> tuple[int, int]:
    """Data type and element count of a ``TensorProto``."""
    kind, dims = 0, []
    for number, value in fields(data, span):
        if number == DATA_TYPE and isinstance(value, int):
            kind = value
        elif number == DIMS:
            dims += [value] if isinstance(value, int) else packed(data, value)
    return kind, prod(dims)


def fields(data: mmap.mmap | bytes, span: Span) -> Iterator[tuple[int, int | Span]]:
    """The fields of a message: varints as numbers, all others as the span of their bytes."""
    at, end = span
    while at < end:
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        length = {FIXED64: 8, FIXED32: 4}.get(wire)
        if wire == BYTES:
            length, at = _varint(data, at)
        if length is None or at + length > end:
            raise ValueError("not a message")
        yield number, (at, at + length)
        at += length


def packed(data: mmap.mmap | bytes, span: Span) -> list[int]:
    """A packed repeated field of varints."""
    at, end = span
    values = []
    while at < end:
        value, at = _varint(data, at)
        values.append(value)
    return values


def _varint(data: mmap.mmap | bytes, at: int) -> tuple[int, int]:
    """Decode a varint (7 bits a byte, lowest first); returns the value and the next position."""
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("not a number")
