"""The bundled backgrounds: pictures that ``assets/make_backgrounds.py`` paints and the wheel contains."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

SUFFIXES = (".jpg", ".webp")


def folder() -> Path:
    """Their folder: inside an installed wheel, beside ``src/`` in an editable install."""
    package = Path(str(resources.files("cyclorama")))
    installed = package / "_assets" / "backgrounds"
    return installed if installed.is_dir() else package.parents[1] / "assets" / "backgrounds"


def list_builtin() -> dict[str, Path]:
    """Names and files of the bundled backgrounds, sorted by name; empty where the installation lacks them."""
    place = folder()
    if not place.is_dir():
        return {}
    return {path.stem: path for path in sorted(place.iterdir()) if path.suffix in SUFFIXES}
