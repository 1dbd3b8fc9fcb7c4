"""The rules of shops for product pictures, read from ``product.toml``, which names the source of every number."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any


@dataclass(frozen=True, slots=True)
class ShopSpec:
    """The rules of one shop: a table of ``product.toml``.

    ``fill``: allowed range of the product's longest side, as a share of the picture's side; ``aim``: the share that is
    used. Sides are in pixels. ``max_bytes``: None where there is no limit.
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
    """The rules of all shops by name, in the order of the file."""
    text = resources.files("cyclorama.stills.product").joinpath("product.toml").read_text(encoding="utf-8")
    return {name: _shop(name, rules) for name, rules in tomllib.loads(text).items()}


def _shop(name: str, rules: dict[str, Any]) -> ShopSpec:
    return ShopSpec(name, **{**rules, "fill": tuple(rules["fill"]), "formats": tuple(rules["formats"])})
