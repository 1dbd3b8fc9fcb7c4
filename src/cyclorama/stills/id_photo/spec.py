"""The rules of authorities for identity photos, read from ``id_photo.toml``, which explains its keys."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import SizeWH
from cyclorama.core.suggest import did_you_mean
from cyclorama.settings.stills import Dpi

MM_PER_INCH = 25.4
DPI = tuple(sorted(get_args(Dpi), reverse=True))
"""Resolutions of pictures: the higher one where the photo has enough pixels."""
Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PlainBackground:
    """A background that authorities ask for: a table of ``[backgrounds]``. Lightness and chroma are CIELAB."""

    name: str
    title: str
    lightness: Range
    chroma: float
    paint: str

    def paint_for(self, wanted: str | None) -> str | None:
        """The colour of a new background: ``wanted``, ``auto`` for this one, None for none."""
        return self.paint if wanted == "auto" else wanted


@dataclass(frozen=True, slots=True)
class IdSpec:
    """The rules of one authority: a table of ``[specs]``. Lengths are in mm; None means that there is no rule."""

    name: str
    title: str
    source: str
    checked: datetime.date
    size: tuple[float, float]
    head: Range
    top: Literal["crown", "hair"]
    background: PlainBackground
    eyes: Range | None = None
    apart: int | None = None
    pixels: tuple[SizeWH, ...] = ()
    kilobytes: Range | None = None
    color: bool = False
    refuses: str = ""

    def size_at(self, dpi: int) -> SizeWH:
        """Width and height of the picture in pixels."""
        width, height = (round(side * dpi / MM_PER_INCH) for side in self.size)
        return width, height

    def resolutions(self) -> list[int]:
        """The resolutions of ``DPI`` at which the size in pixels is allowed."""
        return [dpi for dpi in DPI if self.takes(self.size_at(dpi))]

    def takes(self, size_wh: SizeWH) -> bool:
        """Whether a file may have this size in pixels."""
        least, most = (*self.pixels, (10**9, 10**9))[:2] if self.pixels else ((0, 0), (10**9, 10**9))
        return all(low <= side <= high for low, side, high in zip(least, size_wh, most, strict=True))


def load_specs() -> dict[str, IdSpec]:
    """The rules of all authorities by name, in the order of the file."""
    tables = _tables()
    plain = {name: PlainBackground(name, **_tuples(keys)) for name, keys in tables["backgrounds"].items()}
    specs = {}
    for name, keys in tables["specs"].items():
        rules = _tuples(keys)
        specs[name] = IdSpec(name, **{**rules, "background": plain[rules["background"]]})
    return specs


def find_spec(name: str) -> IdSpec:
    """The rules called ``name``. Raises SettingsError."""
    specs = load_specs()
    if name in specs:
        return specs[name]
    near = did_you_mean(name, specs)
    raise SettingsError(f"--spec: there are no rules called {name!r}: {near} (cyclorama id-photo --specs)")


def refusers() -> list[str]:
    """The names of the authorities that refuse altered photos."""
    return [spec.name for spec in load_specs().values() if spec.refuses]


def _tuples(value: Any) -> Any:
    """Convert lists to tuples, recursively."""
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value


@cache
def _tables() -> dict[str, dict[str, Any]]:
    text = resources.files("cyclorama.stills.id_photo").joinpath("id_photo.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
