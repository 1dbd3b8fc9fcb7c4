"""The wheel: everything is inside, and it works from there, with no network."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cyclorama.background.builtin import list_builtin
from cyclorama.models.bundled import NAMES

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without isolation: hatchling is there, and the bundled files are already in place."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = folder.glob("cyclorama-*.whl")
    return built


def test_the_wheel_holds_all_it_needs_and_nothing_of_the_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"cyclorama/_bundled/{name}" for name in NAMES} <= names
    assert {f"cyclorama/_assets/backgrounds/{path.name}" for path in list_builtin().values()} <= names
    assert "cyclorama/_assets/models/registry.toml" in names
    icons = {f"cyclorama/_assets/{path.name}" for path in (ROOT / "assets").glob("icon*.*")}
    assert len(icons) == 4 and icons <= names
    assert "cyclorama/py.typed" in names
    assert not [name for name in names if not name.startswith("cyclorama")]


def test_the_installed_wheel_runs(wheel: Path, tmp_path: Path, cyclorama: Callable[..., Any]) -> None:
    site = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel]
    subprocess.run(command, check=True, capture_output=True)
    where = cyclorama("live", "--source", "demo", "--size", "320x180", "--to", "null", "--duration", "1",
                      "--background", "office", PYTHONPATH=str(site))  # fmt: skip
    assert where.code == 0, where.err
    program = "import cyclorama; print(cyclorama.__file__)"
    told = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(site)}, capture_output=True, text=True, check=True
    )
    assert str(site) in told.stdout, "it was the wheel that ran"
