"""The packages that rewriting a network needs and nothing else does."""

from __future__ import annotations

import importlib
from typing import Any

from cyclorama.errors import SettingsError


def package(name: str, purpose: str = "models optimize", extra: str = "optimize") -> Any:
    """Import a package. Raises SettingsError where it is missing, which names the extra."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise SettingsError(
            f"{purpose} needs the package {error.name or name}: pip install 'cyclorama[{extra}]'"
        ) from error
