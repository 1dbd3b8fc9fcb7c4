"""The machine, where it was asked for."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker where it is used."""
    config.addinivalue_line("markers", "machine: on a real kernel in QEMU, with CYCLORAMA_E2E=1")


@pytest.fixture(scope="session")
def inside() -> Callable[..., Any]:
    """Run a script of this folder, and its arguments, inside the machine; returns the JSON it leaves.

    Skips unless CYCLORAMA_E2E=1."""
    if os.environ.get("CYCLORAMA_E2E") != "1":
        pytest.skip("set CYCLORAMA_E2E=1 to test on a real kernel in QEMU (Debian; builds it first, a minute)")
    spec = importlib.util.spec_from_file_location("virtual_machine", HERE / "virtual_machine.py")
    assert spec is not None
    assert spec.loader is not None
    virtual_machine = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = virtual_machine
    spec.loader.exec_module(virtual_machine)
    try:
        machine = virtual_machine.build()
    except virtual_machine.NotBuildableError as error:
        pytest.skip(f"the machine cannot be built here: {error}")

    def run(script: str, *arguments: str) -> Any:
        with tempfile.TemporaryDirectory(prefix="cyclorama-out-") as out:
            command = shlex.join([sys.executable, str(HERE / script), *arguments])
            status, printed = machine.run(command, out=Path(out), timeout_s=600)
            assert status == 0, printed
            return json.loads((Path(out) / "result.json").read_text())

    return run
