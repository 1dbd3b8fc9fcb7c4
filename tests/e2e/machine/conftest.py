"""The machine, where it was asked for."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Name the marker where it is used."""
    config.addinivalue_line("markers", "machine: on a real kernel in QEMU, with CYCLORAMA_E2E=1")


@pytest.fixture(scope="package")
def inside() -> Iterator[Callable[..., Any]]:
    """Run a script of this folder, and its arguments, inside the machine; returns the JSON it leaves.

    The machine starts once; a script that fails ends it, so that the next one finds another. Skips unless
    CYCLORAMA_E2E=1."""
    if os.environ.get("CYCLORAMA_E2E") != "1":
        pytest.skip("set CYCLORAMA_E2E=1 to test on a real kernel in QEMU (Debian; builds it first, a minute)")
    machine = machine_here()
    running: list[Any] = []

    def run(script: str, *arguments: str) -> Any:
        if not running:
            running.append(machine.start())
        try:
            status, printed, result = running[0].script(str(HERE / script), *arguments, timeout_s=600)
            assert status == 0, printed
        except BaseException:
            running.pop().stop()
            raise
        return result

    yield run
    for each in running:
        each.stop()


def machine_here() -> Any:
    """The machine, built where it is not yet; the test skips where that cannot be."""
    spec = importlib.util.spec_from_file_location("virtual_machine", HERE / "virtual_machine.py")
    assert spec is not None
    assert spec.loader is not None
    virtual_machine = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = virtual_machine
    spec.loader.exec_module(virtual_machine)
    try:
        return virtual_machine.build()
    except virtual_machine.NotBuildableError as error:
        pytest.skip(f"the machine cannot be built here: {error}")
