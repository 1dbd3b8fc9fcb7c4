"""What shops ask of a product's picture: ``product.toml``, which says where every number comes from."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class ShopSpec:
    """One shop's rules; the keys of ``product.toml``, and the table's name.

    ``fill``, ``aim``: shares of the frame's side, 0 to 1. Sides in pixels. ``max_bytes``: None where there is no limit.
    """

    name: str
    title: str
    source: str
    checked: datetime.date
    fill: tuple[float, float]
    aim: float
    side: int
    min_side: int
    max_side: int
    formats: tuple[str, ...]
    transparent: bool
    enlarge: bool
    max_bytes: int | None = None


def load_shops() -> dict[str, ShopSpec]:
    """Every shop by name, in the file's order."""
    text = resources.files("cyclorama.stills.product").joinpath("product.toml").read_text(encoding="utf-8")
    return {name: _shop(name, rules) for name, rules in tomllib.loads(text).items()}


def _shop(name: str, rules: dict[str, Any]) -> ShopSpec:
    return ShopSpec(name, **{**rules, "fill": tuple(rules["fill"]), "formats": tuple(rules["formats"])})
