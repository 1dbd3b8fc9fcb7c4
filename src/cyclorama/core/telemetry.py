"""What dependencies would send about their use is switched off here, before any of them is loaded."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping

ONNXRUNTIME = "ORT_DISABLE_TELEMETRY"
"""ONNX Runtime reads it while it is loaded, and never again; ``disable_telemetry_events`` leaves its sender running."""
SWITCHES = {ONNXRUNTIME: "1"}
"""Variables of the environment, and what they have to be."""
TRUE = ("1", "true", "yes", "on", "y")
"""What ONNX Runtime takes for a yes, in any case and with spaces around it."""


def switch_off(environment: MutableMapping[str, str] = os.environ) -> None:
    """Set the switches that the user has not set, or has left empty; processes that are started from here inherit
    them."""
    for name, value in SWITCHES.items():
        if not environment.get(name, "").strip():
            environment[name] = value


def switched_on(environment: Mapping[str, str] = os.environ) -> list[str]:
    """The switches that are not in force, each as ``NAME=value``: the user's own will."""
    return [
        f"{name}={environment.get(name, '')}"
        for name in SWITCHES
        if environment.get(name, "").strip().lower() not in TRUE
    ]
