"""Files of the folder ``assets/`` that the wheel contains: backgrounds and icons."""

from __future__ import annotations

from importlib import resources
from pathlib import Path


def asset_path(name: str) -> Path:
    """Path of an asset: inside an installed wheel, beside ``src/`` in an editable install. It need not exist."""
    package = Path(str(resources.files("cyclorama")))
    installed = package / "_assets" / name
    return installed if installed.exists() else package.parents[1] / "assets" / name
