"""The settings of the commands that make stills, one class per command.

They come from the options of the command or the arguments of the Python function alone: a file or variable that sets
``background`` for a call leaves cut-outs as they are. The key of a setting is therefore unique in its class only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from cyclorama.core.errors import SettingsError
from cyclorama.settings.kinds import Choice, Flag, Number, Several, Text, Whole
from cyclorama.settings.picture_kinds import (
    NO_LENGTH,
    Kilobytes,
    Length,
    Margin,
    Millimetres,
    Place,
    Position,
    Share,
)
from cyclorama.settings.sections import check_settings
from cyclorama.settings.setting import option

Keep = Literal["all", "largest", "original"]
"""Which connected components to keep: all but specks of noise, only the largest one, or specks too."""
Dpi = Literal[300, 600]
Shop = Literal["amazon", "google", "ebay", "square"]
PRESETS = ("square", "linkedin", "zoom", "resume", "business-card", "all")
SPECS = ("us", "uk", "schengen", "germany", "canada", "india", "india-digital", "australia", "icao")
PAPERS = ("10x15", "a4", "letter")
SHADOW = "Put a soft shadow on the ground under it."


@dataclass(frozen=True, slots=True, kw_only=True)
class StillSettings:
    """What all stills have."""

    model: str = option(
        "auto",
        Text(),
        "The network; auto is the best one here.",
        "cutout",
        "headshot",
        "id-photo",
        "product",
        group="matting",
        form="NAME",
    )

    def __post_init__(self) -> None:
        check_settings(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOutSettings(StillSettings):
    """How photos are cut out."""

    background: str = option(
        "transparent", Text(), "color:NAME|#rrggbb, a picture, blur, office, ...", "cutout", short="-b", form="WHAT"
    )
    matte_only: bool = option(False, Flag(), "Write the matte itself, grey.", "cutout")
    keep: Keep = option(
        "all",
        Choice(get_args(Keep)),
        "all: every subject that is found; largest: only that one; original: the matte as the network gives it, with "
        "specks too.",
        "cutout",
    )
    crop: bool = option(False, Flag(), "End the picture around the subject.", "cutout")
    margin: Length = option(
        NO_LENGTH,
        Margin(),
        "What --crop leaves, of the subject's longer side; nothing where the photo cuts it off.",
        "cutout",
    )
    scale: float | None = option(
        None, Share(), "Let the subject fill this much of the picture.", "cutout", unset="as it is"
    )
    """A share of the width or the height, whichever the subject reaches first, 0.01 to 1."""
    position: Position | None = option(
        None, Place(), "Where it stands: 0%,0% is top left; center; original.", "cutout", unset="original"
    )
    """None = ``original`` without a ``scale``; with one, centred, but flush where the photo cuts the subject off."""
    shadow: bool = option(False, Flag(), SHADOW, "cutout")
    format: Literal["png", "webp", "jpg", "tiff"] | None = option(
        None,
        Choice(("png", "webp", "jpg", "tiff")),
        "Of what goes to a folder or to standard output.",
        "cutout",
        unset="png",
    )
    keep_gps: bool = option(False, Flag(), "Leave in the file where a photo was taken.", "cutout")

    def __post_init__(self) -> None:
        check_settings(self)
        if self.matte_only and self.background != "transparent":
            raise SettingsError("--matte-only writes no background: leave --background out")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadshotSettings(StillSettings):
    """How headshots are made: one for each preset and background."""

    preset: tuple[str, ...] = option(
        ("square",), Several(Choice(PRESETS)), "Size and framing, or all; several times.", "headshot", short="-p"
    )
    background: tuple[str, ...] = option(
        ("studio-grey",),
        Several(Text()),
        "What stands behind; several times.",
        "headshot",
        short="-b",
        form="WHAT",
    )
    light_wrap: float = option(
        0.3, Number(0, 1), "The backdrop's light on the person's edge.", "headshot", group="background"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class IdPhotoSettings(StillSettings):
    """How a photo for an identity document is made."""

    spec: str | None = option(
        None,
        Choice(SPECS),
        f"Whose rules are to be met: {', '.join(SPECS)}.",
        "id-photo",
        unset="required, or --size-mm",
        short="-s",
    )
    size_mm: tuple[float, float] | None = option(
        None,
        Millimetres(),
        "A size of your own in place of --spec: width and height in millimetres.",
        "id-photo",
        unset="the authority's",
    )
    kb: tuple[float, float] | None = option(
        None,
        Kilobytes(),
        "Size of the file in kilobytes of 1000 bytes; one number is the most.",
        "id-photo",
        unset="the authority's",
    )
    dpi: Dpi | None = option(
        None,
        Choice(get_args(Dpi)),
        "Resolution.",
        "id-photo",
        unset="600 where the photo has the pixels and the file may be as large",
    )
    level: bool = option(True, Flag(), "Turn a slightly tilted head upright.", "id-photo")
    replace_background: str | None = option(
        None,
        Text(),
        "Paint a new background: auto, a CSS name or #rrggbb. Several authorities refuse such photos.",
        "id-photo",
        unset="the photo's",
        form="COLOR",
    )
    sheet: tuple[str, ...] | None = option(
        None,
        Several(Choice(PAPERS)),
        f"Copies to print, beside the output: {', '.join(PAPERS)}.",
        "id-photo",
        unset="none",
        form="PAPER",
    )

    def __post_init__(self) -> None:
        check_settings(self)
        if self.size_mm is not None and self.spec is not None:
            raise SettingsError(f"--size-mm is a size of your own, and {self.spec} has its size: leave one of them out")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductSettings(StillSettings):
    """How a shop's picture of a product is made."""

    shop: Shop | None = option(
        None,
        Choice(get_args(Shop)),
        f"Whose rules are to be met: {', '.join(get_args(Shop))}.",
        "product",
        unset="required",
        word="for",
    )
    format: Literal["jpg", "png"] | None = option(
        None, Choice(("jpg", "png")), "Of what goes to a folder.", "product", unset="jpg"
    )
    transparent: bool = option(False, Flag(), "Nothing in place of white.", "product")
    shadow: bool = option(False, Flag(), SHADOW, "product")
    size: int | None = option(  # each shop has narrower limits
        None,
        Whole(1, 100_000),
        "Of the square's side.",
        "product",
        unset="as the photo has, in the rules",
        form="PIXELS",
    )
    keep: Literal["all", "largest"] = option(
        "all",
        Choice(("all", "largest")),
        "all: everything that stands out in the photo; largest: only that.",
        "product",
    )
