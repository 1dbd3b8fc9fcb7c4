"""How headshots are framed, and the studio's backdrops: ``headshot.toml``, which explains every key."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import SizeWH


@dataclass(frozen=True, slots=True)
class Preset:
    """One place where headshots are shown; the keys of ``headshot.toml``, and the table's name.

    ``size``: in pixels. ``head``, ``headroom``: shares of the height.
    """

    name: str
    title: str
    source: str
    checked: datetime.date
    size: SizeWH
    head: float
    headroom: float
    format: str
    dpi: float | None = None


def load_presets() -> dict[str, Preset]:
    """Every preset by name, in the file's order."""
    return {
        name: Preset(name, **{**keys, "size": (keys["size"][0], keys["size"][1])})
        for name, keys in _tables()["presets"].items()
    }


def find_presets(names: list[str]) -> list[Preset]:
    """The presets of these names; ``all`` is every one. Raises SettingsError."""
    presets = load_presets()
    found: dict[str, Preset] = {}
    for name in names:
        if name != "all" and name not in presets:
            raise SettingsError(f"--preset: {name!r} is not one of {', '.join(presets)}, all")
        found |= presets if name == "all" else {name: presets[name]}
    return list(found.values())


def load_studio() -> dict[str, tuple[str, str]]:
    """The colours of each backdrop, by name: in the middle of the light, and in the corners."""
    return {name: (keys["light"], keys["shade"]) for name, keys in _tables()["studio"].items()}


@cache
def _tables() -> dict[str, dict[str, Any]]:
    text = resources.files("cyclorama.stills.headshot").joinpath("headshot.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
