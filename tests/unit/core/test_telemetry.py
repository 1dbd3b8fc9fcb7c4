"""What dependencies would send is off before they load, unless the user wants it on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cyclorama.core.telemetry import ONNXRUNTIME, switch_off, switched_on


@pytest.mark.parametrize("environment", [{}, {ONNXRUNTIME: ""}, {ONNXRUNTIME: " "}])
def test_what_the_user_has_not_set_is_switched_off(environment: dict[str, str]) -> None:
    switch_off(environment)
    assert environment == {"ORT_DISABLE_TELEMETRY": "1"}


@pytest.mark.parametrize("own", ["0", "no", "true"])
def test_what_the_user_has_set_stands(own: str) -> None:
    environment = {ONNXRUNTIME: own}
    switch_off(environment)
    assert environment == {ONNXRUNTIME: own}


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, ["ORT_DISABLE_TELEMETRY="]),
        ({ONNXRUNTIME: "0"}, ["ORT_DISABLE_TELEMETRY=0"]),
        ({ONNXRUNTIME: "no"}, ["ORT_DISABLE_TELEMETRY=no"]),
        ({ONNXRUNTIME: "1"}, []),
        ({ONNXRUNTIME: " Yes "}, []),
    ],
)
def test_what_is_on_is_named(environment: dict[str, str], on: list[str]) -> None:
    assert switched_on(environment) == on


def test_importing_the_package_is_enough_and_loads_nothing_else() -> None:
    program = (
        "import os, sys; before = set(sys.modules); import cyclorama\n"
        "print(os.environ['ORT_DISABLE_TELEMETRY'])\n"
        "print({name.partition('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names)"
    )
    environment = {name: value for name, value in os.environ.items() if name != ONNXRUNTIME}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["1", "{'cyclorama'}"]
