"""Inspect an ONNX file: inputs and outputs, and whether they fit a kind of network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cyclorama.core.errors import ModelError
from cyclorama.models.catalogue import Kind, OutputContract

FLOATS = ("tensor(float)", "tensor(float16)")
STATES = ("r1", "r2", "r3", "r4")
"""RVM's recurrent states; with ``i`` the input, with ``o`` the output."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output. ``shape``: a number for a fixed dimension, else its name or None."""

    name: str
    type: str
    shape: tuple[int | str | None, ...]

    def __str__(self) -> str:
        return f"{self.name} {self.type} [{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class Graph:
    """Inputs and outputs of a network, in its own order."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    def fixed_size_wh(self) -> tuple[int, int] | None:
        """Width and height of the first input, NCHW, in pixels; None where they are dynamic."""
        shape = self.inputs[0].shape if self.inputs else ()
        if len(shape) != 4 or not isinstance(shape[2], int) or not isinstance(shape[3], int):
            return None
        return shape[3], shape[2]


def read_graph(path: Path) -> Graph:
    """Open ``path`` with onnxruntime, on the CPU. Raises ModelError where it cannot be opened."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Only names and shapes are needed: skip graph optimization.
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the binding has a dozen classes, none of them public
        raise ModelError(
            f"{path} is no ONNX network that can be opened here ({_brief(error)}): it may be damaged, of "
            "another format, or lack a data file that belongs to it; export it as one .onnx file"
        ) from error
    return Graph(_tensors(session.get_inputs()), _tensors(session.get_outputs()))


def check_fits(path: Path, graph: Graph, kind: Kind, output: OutputContract) -> None:
    """Raise ModelError where ``graph``, read from ``path``, cannot be a network of ``kind``."""
    wrong = _rvm_problem(graph) if kind == "rvm" else _picture_problem(graph)
    names = [tensor.name for tensor in graph.outputs]
    if not wrong and output.name is not None and output.name not in names:
        wrong = f"there is no output {output.name!r}, there are {', '.join(names)}"
    if wrong:
        raise ModelError(f"{path} does not fit --kind {kind}: {wrong}; another kind may fit, or it is another network")


def _rvm_problem(graph: Graph) -> str:
    for role, tensors, wanted in (
        ("input", graph.inputs, ("src", *(f"{state}i" for state in STATES), "downsample_ratio")),
        ("output", graph.outputs, ("fgr", "pha", *(f"{state}o" for state in STATES))),
    ):
        names = {tensor.name for tensor in tensors}
        missing = [name for name in wanted if name not in names]
        if missing:
            return f"the {role}s {', '.join(missing)} are missing, there are {', '.join(sorted(names))}"
        extra = sorted(names - set(wanted))
        if role == "input" and extra:
            return f"it takes more than RVM does: {', '.join(extra)}"
    source = next(tensor for tensor in graph.inputs if tensor.name == "src")
    return _rgb_problem(source)


def _picture_problem(graph: Graph) -> str:
    if len(graph.inputs) != 1:
        return f"it takes {len(graph.inputs)} inputs instead of one picture"
    wrong = _rgb_problem(graph.inputs[0])
    if wrong:
        return wrong
    return "" if graph.outputs else "it has no output"


def _rgb_problem(tensor: Tensor) -> str:
    if tensor.type not in FLOATS:
        return f"its input {tensor} is not float"
    if len(tensor.shape) != 4 or (isinstance(tensor.shape[1], int) and tensor.shape[1] != 3):
        return f"its input {tensor} is not pictures of three channels, NCHW"
    return ""


def _tensors(arguments: Sequence[object]) -> tuple[Tensor, ...]:
    return tuple(Tensor(item.name, item.type, tuple(item.shape)) for item in arguments)  # type: ignore[attr-defined]


def _brief(error: Exception) -> str:
    """The first line of ``error``, without onnxruntime's codes."""
    lines = str(error).strip().splitlines()
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", lines[0])[:200] if lines else type(error).__name__
