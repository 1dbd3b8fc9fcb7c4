"""The presets of headshots and the colours of the studio backdrops, read from ``headshot.toml``, which explains its
keys."""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import SizeWH
from cyclorama.pictures.encode import OPAQUE


@dataclass(frozen=True, slots=True)
class Preset:
    """Size and framing for one use of a headshot; the name of the table in ``headshot.toml``, and its keys.

    ``size``: width and height in pixels. ``head``, ``headroom``: shares of the height, 0 to 1.
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

    def suffix(self, *, transparent: bool) -> str:
        """The extension of its files: its own, but one with transparency where that is needed."""
        return ".png" if transparent and self.format in OPAQUE else self.format


def load_presets() -> dict[str, Preset]:
    """All presets by name, in the order of the file."""
    return {
        name: Preset(name, **{**keys, "size": (keys["size"][0], keys["size"][1])})
        for name, keys in _tables()["presets"].items()
    }


def find_presets(names: Sequence[str]) -> list[Preset]:
    """The presets with these names, each once; ``all`` stands for every preset. Raises SettingsError."""
    presets = load_presets()
    found: dict[str, Preset] = {}
    for name in names:
        if name != "all" and name not in presets:
            raise SettingsError(f"--preset: {name!r} is not one of {', '.join(presets)}, all")
        found |= presets if name == "all" else {name: presets[name]}
    return list(found.values())


def load_studio() -> dict[str, tuple[str, str]]:
    """The two colours of each studio backdrop, by name: at the centre of the light, and in the darkest corner."""
    return {name: (keys["light"], keys["shade"]) for name, keys in _tables()["studio"].items()}


@cache
def _tables() -> dict[str, dict[str, Any]]:
    text = resources.files("cyclorama.stills.headshot").joinpath("headshot.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
