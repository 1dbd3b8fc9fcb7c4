"""The rules of authorities for identity photos, read from ``id_photo.toml``, which explains its keys."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any, Literal, get_args

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import SizeWH
from cyclorama.core.suggest import did_you_mean
from cyclorama.settings.stills import Dpi, IdPhotoSettings

MM_PER_INCH = 25.4
DPI = tuple(sorted(get_args(Dpi), reverse=True))
"""Resolutions of pictures: the higher one where the photo has enough pixels."""
HOME = {
    True: "A photo made at home may be handed in",
    False: "A photo made at home is not accepted",
    None: "It depends whether a photo made at home is accepted",
}
"""How the sentence begins that says whether a photo made at home may be handed in."""
OWN_HEAD = (0.7, 0.8)
"""ICAO Doc 9303: the height of the head, as a share of the height of a picture of 35x45 mm."""
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
    dpi: tuple[int, ...] = DPI
    home: bool | None = None
    """Whether a photo made at home may be handed in; None where there is no one answer."""
    handing_in: str = ""

    @property
    def home_photo(self) -> str:
        """Whether a photo made at home may be handed in, in a sentence for the user."""
        return f"{HOME[self.home]}: {self.handing_in}"

    @property
    def pixels_in_words(self) -> str:
        """The sizes in pixels that a file may have, as ``600x600 to 1200x1200``; empty where there is no rule."""
        if not self.pixels:
            return ""
        least, *most = (f"{width}x{height}" for width, height in self.pixels)
        if not most:
            return f"{least} or more"
        return least if most == [least] else f"{least} to {most[0]}"

    @property
    def kilobytes_in_words(self) -> str:
        """The sizes that a file may have, as ``20 to 100 kB``; empty where there is no rule."""
        if self.kilobytes is None:
            return ""
        low, high = self.kilobytes
        if low == high:
            return f"exactly {low:g} kB"
        return f"{low:g} to {high:g} kB" if low else f"{high:g} kB at most"

    def size_at(self, dpi: int) -> SizeWH:
        """Width and height of the picture in pixels."""
        width, height = (round(side * dpi / MM_PER_INCH) for side in self.size)
        return width, height

    def resolutions(self) -> list[int]:
        """The resolutions at which the size in pixels is allowed."""
        return [dpi for dpi in self.dpi if self.takes(self.size_at(dpi))]

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
        home = {"yes": True, "no": False}[rules["home"]] if "home" in rules else None
        specs[name] = IdSpec(name, **{**rules, "background": plain[rules["background"]], "home": home})
    return specs


def rules_for(settings: IdPhotoSettings) -> IdSpec:
    """The rules that ``settings`` name: of an authority, or for a size of the user's own. Raises SettingsError."""
    if settings.size_mm is not None:
        return _own_size(settings.size_mm, settings.kb)
    if settings.spec is None:
        raise SettingsError("an identity photo needs a spec, whose rules to meet (us, uk, schengen, ...), or a size_mm")
    spec = find_spec(settings.spec)
    return spec if settings.kb is None else replace(spec, kilobytes=_both_limits(spec, settings.kb))


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


def _own_size(size: tuple[float, float], kilobytes: Range | None) -> IdSpec:
    """Rules for a size in mm that no authority of ours has: the head as ICAO has it, in the largest 35:45 part."""
    icao = find_spec("icao")
    width, height = size
    room = min(height, width * icao.size[1] / icao.size[0])
    head = OWN_HEAD[0] * room, OWN_HEAD[1] * room
    name = f"{width:g}x{height:g}mm"
    return IdSpec(
        name,
        f"your own size, {width:g} x {height:g} mm",
        f"you, for the size; the head as in {icao.source.partition(':')[0]}",
        icao.checked,
        size,
        head,
        "crown",
        icao.background,
        kilobytes=kilobytes,
        handing_in="only who asked you for this size knows",
    )


def _both_limits(spec: IdSpec, own: Range) -> Range:
    """The sizes of a file that both the authority and the user allow. Raises SettingsError where there is none."""
    if spec.kilobytes is None:
        return own
    low, high = max(spec.kilobytes[0], own[0]), min(spec.kilobytes[1], own[1])
    if low > high:
        theirs = spec.kilobytes_in_words
        raise SettingsError(f"--kb {own[0]:g}-{own[1]:g}: {spec.title} takes files of {theirs}; give a part of that")
    return low, high


def _tuples(value: Any) -> Any:
    """Convert lists to tuples, recursively."""
    if isinstance(value, dict):
        return {key: _tuples(each) for key, each in value.items()}
    return tuple(_tuples(each) for each in value) if isinstance(value, list) else value


@cache
def _tables() -> dict[str, dict[str, Any]]:
    text = resources.files("cyclorama.stills.id_photo").joinpath("id_photo.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
