"""The light installation: the same dependencies, with the runtime for processors as the only ONNX Runtime."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("dependencies_hook", ROOT / "build_hook" / "dependencies.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    found: list[str] = project["tool"]["hatch"]["metadata"]["hooks"]["custom"]["dependencies"]
    return found


def test_one_runtime_and_all_else(hook: ModuleType) -> None:
    heavy = requirements()
    light = hook.light(heavy)
    assert [each for each in light if "onnxruntime" in each] == ["onnxruntime>=1.23"], "on every system"
    assert set(heavy) - set(light) == {each for each in heavy if each.startswith("onnxruntime")}
    assert len(light) == len(heavy) - 1


@pytest.mark.parametrize(("value", "says"), [(None, "-gpu"), ("", "-gpu"), ("0", "-gpu"), ("1", ""), ("yes", "")])
def test_the_variable_decides(hook: ModuleType, monkeypatch: pytest.MonkeyPatch, value: str | None, says: str) -> None:
    monkeypatch.delenv(hook.LIGHT, raising=False)
    if value is not None:
        monkeypatch.setenv(hook.LIGHT, value)
    metadata: dict[str, object] = {}
    hook.DependenciesHook(str(ROOT), {"dependencies": requirements()}).update(metadata)
    found = metadata["dependencies"]
    assert isinstance(found, list)
    assert any(each.startswith(f"onnxruntime{says}>=") for each in found)
    assert any("onnxruntime-gpu" in each for each in found) is (says == "-gpu")
