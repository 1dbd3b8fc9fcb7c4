"""``import cyclorama``: what it offers, what it loads, and where the names come from."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
from dataclasses import is_dataclass
from pathlib import Path

import pytest

import cyclorama
from cyclorama import _api
from cyclorama.core import errors
from cyclorama.settings import values

PACKAGE = Path(cyclorama.__file__).parent
HEAVY = {"cv2", "numpy", "PIL", "av", "onnx", "onnxruntime", "ai_edge_litert", "mediapipe", "sounddevice", "typer"}


def fresh(program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a process of its own, without what this one set in its environment."""
    environment = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    return subprocess.run(
        [sys.executable, *options, "-c", program], env=environment, capture_output=True, text=True, check=True
    )


def imported_by(program: str) -> list[str]:
    """The modules that a fresh process imports for ``program``, in the order in which they were done."""
    times = fresh(program, "-X", "importtime").stderr.splitlines()
    return [line.rpartition("|")[2].strip() for line in times if line.startswith("import time:")]


def test_the_import_alone_loads_nothing_heavy() -> None:
    without, with_it = imported_by("pass"), imported_by("import cyclorama")
    more = set(with_it) - set(without)
    assert "cyclorama.core.telemetry" in more
    assert not {name.partition(".")[0] for name in more} & HEAVY
    assert {name for name in more if name.startswith("cyclorama")} == {
        "cyclorama",
        "cyclorama.core",
        "cyclorama.core.telemetry",
    }


def test_a_name_is_imported_when_it_is_used() -> None:
    loaded = "; import sys; print(*('numpy' in sys.modules, 'cyclorama.core.errors' in sys.modules))"
    assert fresh(f"import cyclorama{loaded}").stdout.split() == ["False", "False"]
    assert fresh(f"import cyclorama; cyclorama.ModelError{loaded}").stdout.split() == ["False", "True"]
    assert fresh(f"from cyclorama import cut_out{loaded}").stdout.split() == ["True", "True"]


def test_what_would_be_sent_is_switched_off_first() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    docstring, first, second = tree.body[:3]
    assert isinstance(docstring, ast.Expr)
    assert ast.unparse(first) == "from cyclorama.core.telemetry import switch_off as _switch_off"
    assert ast.unparse(second) == "_switch_off()"
    program = "import os, cyclorama; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    assert fresh(program).stdout.strip() == "1"


def private_exports() -> dict[str, str]:
    """Every name that a module of the private package, the errors or the settings mean for users, and its module."""
    exports = {}
    for found in pkgutil.iter_modules(_api.__path__, "cyclorama._api."):
        exports |= dict.fromkeys(getattr(importlib.import_module(found.name), "__all__", []), found.name)
    for name, value in inspect.getmembers(errors, inspect.isclass):
        if issubclass(value, errors.CycloramaError):
            exports[name] = errors.__name__
    for name, _ in inspect.getmembers(values, is_dataclass):
        if name.endswith("Settings"):
            exports[name] = values.__name__
    return exports


def test_all_is_what_the_private_modules_export() -> None:
    exports = private_exports()
    assert sorted(cyclorama.__all__) == sorted([*exports, "__version__"])
    assert exports == cyclorama._HOME_OF
    for name, module in exports.items():
        assert getattr(cyclorama, name) is getattr(importlib.import_module(module), name)


def test_type_checkers_see_the_same_names() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    seen = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == cyclorama._HOME_OF


def test_no_public_name_is_a_module_or_folder() -> None:
    inside = {path.stem for path in PACKAGE.iterdir()}
    assert "stills" in inside
    assert not inside & set(cyclorama.__all__)


def test_dir_shows_the_public_names() -> None:
    assert dir(cyclorama) == sorted(cyclorama.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'cyclorama' has no attribute 'cutout'"):
        cyclorama.cutout  # noqa: B018
    with pytest.raises(ImportError, match="cutout"):
        exec("from cyclorama import cutout")


def test_everything_public_says_what_it_is() -> None:
    for name in set(cyclorama.__all__) - {"__version__"}:
        assert inspect.getdoc(getattr(cyclorama, name)), name
