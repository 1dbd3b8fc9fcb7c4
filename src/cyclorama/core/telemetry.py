"""Switch off telemetry of dependencies, before any of them is imported."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

ONNXRUNTIME = "ORT_DISABLE_TELEMETRY"
"""ONNX Runtime reads it once, at import; ``disable_telemetry_events`` would leave its sender running."""
SWITCHES = {ONNXRUNTIME: "1"}
"""Environment variables and their required values."""
TRUE = ("1", "true", "yes", "on", "y")
"""Values that ONNX Runtime takes for true, in any case, with spaces around them."""


def switch_off(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the switches that the user has not set, or has left empty; child processes inherit them."""
    for name, value in SWITCHES.items():
        if not environment.get(name, "").strip():
            environment[name] = value


def switched_on(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The switches that the user has overridden, each as ``NAME=value``."""
    return [
        f"{name}={environment.get(name, '')}"
        for name in SWITCHES
        if environment.get(name, "").strip().lower() not in TRUE
    ]
