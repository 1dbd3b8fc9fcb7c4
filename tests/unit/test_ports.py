"""The ports are honest: whoever asks an adapter for something finds it in the port, and a member that is misspelled is
an error of types."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import cyclorama
from cyclorama.background.base import Background
from cyclorama.capture.base import Source
from cyclorama.capture.microphone import Microphone
from cyclorama.core.closing import Closing
from cyclorama.matting.base import MattingModel
from cyclorama.sinks.base import FileSink, Sink

PORTS = (Source, Sink, MattingModel, Background, Microphone)
PACKAGE = Path(cyclorama.__file__).parent
OWN = {"label", "file"}
"""What adapters have of their own that is set in a class and is no method: of SelfieModel."""
NO_PORTS = ("cli", "core", "doctor", "faces", "files", "models", "pictures", "settings", "setup")
"""Rooms that hold no source, sink, network or background."""
ASKED_BY_NAME = {
    "_import_module(_HOME_OF[name])",
    "alpha",
    "cv2.videoio_registry",
    "error",
    "library",
    "module",
    "onnxruntime",
    "picture",
    "time",
}
"""What may be asked in the others whether it has a name: modules, errors, what a network gave, what a caller gave."""


@pytest.fixture(scope="module")
def adapters() -> list[type[Closing]]:
    """Every class of the package that keeps to a port."""
    for module in pkgutil.walk_packages([str(PACKAGE)], "cyclorama."):
        if not module.name.endswith(("__main__", ".litert")):
            importlib.import_module(module.name)
    found: list[type[Closing]] = []
    for port in PORTS:
        waiting = list(port.__subclasses__())
        while waiting:
            adapter = waiting.pop()
            waiting += adapter.__subclasses__()
            if adapter is not FileSink and adapter.__module__.startswith("cyclorama."):
                found.append(adapter)
    return found


def test_no_port_is_asked_for_what_it_may_not_have() -> None:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in NO_PORTS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("getattr", "hasattr")
            ):
                of = ast.unparse(node.args[0])
                found += [f"{path.relative_to(PACKAGE)}: {ast.unparse(node)}"] if of not in ASKED_BY_NAME else []
            if isinstance(node, ast.Name) and node.id == "runtime_checkable":
                found.append(f"{path.relative_to(PACKAGE)}: {node.id}")
    assert not found


def test_there_are_adapters_of_every_port(adapters: list[type[Closing]]) -> None:
    for port in PORTS:
        assert len([adapter for adapter in adapters if issubclass(adapter, port)]) >= 2, port


def test_what_overrides_a_member_says_so_and_nothing_else_is_set_in_a_class(adapters: list[type[Closing]]) -> None:
    """A misspelled method has no ``@override``; a misspelled constant is no member of the port."""
    for adapter in adapters:
        (port,) = (port for port in PORTS if issubclass(adapter, port))
        members = {
            name for name in dir(FileSink if issubclass(adapter, FileSink) else port) if not name.startswith("_")
        }
        for name, value in vars(adapter).items():
            if name.startswith("_"):
                continue
            inner = getattr(value, "fget", None) or getattr(value, "__func__", value)
            is_code = inspect.isfunction(inner)
            if name in members:
                assert is_code and inner.__override__, f"{adapter.__name__}.{name}"
            elif not is_code:
                assert name in OWN, f"{adapter.__name__}.{name} is no member"


MISSPELLED = """
from fractions import Fraction

from typing_extensions import override

from cyclorama.capture.base import Source
from cyclorama.matting.networks.onnx.modnet import ModnetModel
from cyclorama.sinks.null import NullSink
from cyclorama.background.still import Still


class Sink(NullSink):
    @property
    @override
    def {max_fps}(self) -> Fraction:
        return Fraction(30)

    @override
    def {watched}(self) -> bool | None:
        return True


class Camera(Source):
    @property
    @override
    def {fault}(self) -> str | None:
        return None


class Network(ModnetModel):
    @override
    def {rename}(self, name: str) -> None:
        pass


class Picture(Still):
    @property
    @override
    def {is_room}(self) -> bool:
        return False
"""
RIGHT = {"max_fps": "max_fps", "watched": "watched", "fault": "fault", "rename": "rename", "is_room": "is_room"}
WRONG = {"max_fps": "max_fsp", "watched": "watchd", "fault": "falut", "rename": "renam", "is_room": "is_rooom"}


def checked(folder: Path, names: dict[str, str], *, marked: bool = True) -> str:
    """What mypy says of adapters whose members have these names."""
    text = MISSPELLED.format(**names)
    (folder / "adapters.py").write_text(text if marked else text.replace("    @override\n", ""))
    command = [sys.executable, "-m", "mypy", "--strict", "--enable-error-code", "explicit-override", "adapters.py"]
    cache = ["--cache-dir", str(folder / "cache"), "--follow-imports", "silent", "--ignore-missing-imports"]
    environment = {"MYPYPATH": str(PACKAGE.parent), "PATH": ""}
    done = subprocess.run([*command, *cache], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout


def test_a_member_that_is_misspelled_is_an_error_of_types(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    assert "Success" in checked(tmp_path, RIGHT)
    said = checked(tmp_path, WRONG)
    for name in WRONG.values():
        assert f'"{name}" is marked as an override' in said
    assert said.count("error:") == len(WRONG)
    said = checked(tmp_path, RIGHT, marked=False)
    assert said.count("is not using @override") == len(RIGHT), "and without the mark the right name is one"
