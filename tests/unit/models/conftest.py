"""Tiny ONNX networks, written byte by byte (the file is one protobuf message), and an empty store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from cyclorama.models import store

Shape = Sequence[int | str]
WriteNet = Callable[..., Path]
FLOAT, UINT8 = 1, 2


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, body: bytes | str) -> bytes:
    data = body.encode() if isinstance(body, str) else body
    return varint(field << 3 | 2) + varint(len(data)) + data


def value_info(name: str, shape: Shape, element: int) -> bytes:
    dims = b"".join(message(1, number(1, side) if isinstance(side, int) else message(2, side)) for side in shape)
    return message(1, name) + message(2, message(1, number(1, element) + message(2, dims)))


def identity_net(inputs: Mapping[str, Shape], outputs: Mapping[str, tuple[str, Shape]], element: int = FLOAT) -> bytes:
    """A network whose every output is a copy of the input it names."""
    graph = b"".join(
        message(1, message(1, source) + message(2, name) + message(4, "Identity"))
        for name, (source, _) in outputs.items()
    )
    graph += message(2, "tiny")
    graph += b"".join(message(11, value_info(name, shape, element)) for name, shape in inputs.items())
    graph += b"".join(message(12, value_info(name, shape, element)) for name, (_, shape) in outputs.items())
    return number(1, 8) + message(7, graph) + message(8, number(2, 13))


@pytest.fixture
def write_net(tmp_path: Path) -> WriteNet:
    """Write a network of one picture input ``input`` to a file; ``outputs``: their names."""

    def write(
        shape: Shape = (1, 3, 64, 96),
        outputs: Sequence[str] = ("alpha",),
        *,
        name: str = "net.onnx",
        element: int = FLOAT,
        inputs: Sequence[str] = ("input",),
    ) -> Path:
        path = tmp_path / name
        path.write_bytes(
            identity_net(dict.fromkeys(inputs, shape), dict.fromkeys(outputs, (inputs[0], shape)), element)
        )
        return path

    return write


@pytest.fixture
def rvm_file(tmp_path: Path) -> Path:
    """A network with RVM's inputs and outputs."""
    states = {f"r{index}i": (1, f"c{index}", f"h{index}", f"w{index}") for index in range(1, 5)}
    picture = (1, 3, "height", "width")
    path = tmp_path / "tiny_rvm.onnx"
    path.write_bytes(
        identity_net(
            {"src": picture, **states, "downsample_ratio": (1,)},
            {
                "fgr": ("src", picture),
                "pha": ("src", picture),
                **{f"r{index}o": (f"r{index}i", states[f"r{index}i"]) for index in range(1, 5)},
            },
        )
    )
    return path


@pytest.fixture
def empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of models, which is not there yet."""
    folder = tmp_path / "store"
    monkeypatch.setenv(store.VARIABLE, str(folder))
    return folder
