"""The bundled backgrounds: pictures that ``assets/make_backgrounds.py`` paints and the wheel contains."""

from __future__ import annotations

from pathlib import Path

from cyclorama.files.assets import asset_path

SUFFIXES = (".jpg", ".webp")


def folder() -> Path:
    """Their folder."""
    return asset_path("backgrounds")


def list_builtin() -> dict[str, Path]:
    """Names and files of the bundled backgrounds, sorted by name; empty where the installation lacks them."""
    place = folder()
    if not place.is_dir():
        return {}
    return {path.stem: path for path in sorted(place.iterdir()) if path.suffix in SUFFIXES}
