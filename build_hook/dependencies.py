"""Metadata hook: the dependencies, which are those of ``pyproject.toml`` unless the light installation is asked for.

``CYCLORAMA_LIGHT=1`` in the environment of a build takes ONNX Runtime for processors in place of the one for NVIDIA
cards, which needs 260 MB more. An extra could only add a package, and both packages hold the same files.
"""

from __future__ import annotations

import os
import re
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LIGHT = "CYCLORAMA_LIGHT"
HEAVY_RUNTIME, LIGHT_RUNTIME = "onnxruntime-gpu", "onnxruntime"


def is_light(value: str | None) -> bool:
    """Whether the variable asks for the light installation."""
    return value not in (None, "", "0")


def name_of(requirement: str) -> str:
    """The package that a requirement names."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return found[0]


def light(requirements: list[str]) -> list[str]:
    """``requirements`` with the runtime for processors, on every system, as the only ONNX Runtime."""
    kept = [each for each in requirements if name_of(each) not in (HEAVY_RUNTIME, LIGHT_RUNTIME)]
    (runtime,) = (each for each in requirements if name_of(each) == LIGHT_RUNTIME)
    return sorted([*kept, runtime.partition(";")[0].strip()])


class DependenciesHook(MetadataHookInterface):
    """Fills in ``project.dependencies``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the dependencies of ``metadata``, by the table of this hook in ``pyproject.toml``."""
        requirements = list(self.config["dependencies"])
        metadata["dependencies"] = light(requirements) if is_light(os.environ.get(LIGHT)) else requirements
