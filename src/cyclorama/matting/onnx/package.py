"""The packages that conversions need and nothing else does."""

from __future__ import annotations

import importlib
from typing import Any

from cyclorama.errors import SettingsError


def package(name: str) -> Any:
    """Import a package. Raises SettingsError where it is missing, which names the extra."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SettingsError(
            f"models optimize needs the package {error.name or name}: pip install 'cyclorama[optimize]'"
        ) from error
