"""Which looks the selfie networks take at a frame: at the region of interest, and at overlapping tiles of it.

Looks differ in network, part and mirroring, so that their errors differ too. Tiles show the outline in a finer
resolution, but not always who they are a part of: they count where the looks at the whole region are in doubt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from cyclorama.core.frames import SizeWH
from cyclorama.matting.downscale import even
from cyclorama.matting.networks.selfie.pool import Part
from cyclorama.settings.values import Quality

WIDE, SQUARE = "selfie_wide.tflite", "selfie_square.tflite"
TILE_WEIGHT = 1.5
"""Weight of a tile among the looks at the region, which have 1."""
TILE_RAMP = 0.25
"""Share of a tile's sides over which its weight falls to 0 at its borders."""


@dataclass(frozen=True, slots=True)
class Look:
    """One run of the network ``file`` on a part of the frame. ``ramp``: see ``LogOddsPool.add``."""

    file: str
    part: Part
    mirrored: bool = False
    weight: float = 1.0
    ramp: float = 0.0


@dataclass(frozen=True, slots=True)
class TileSet:
    """Four tiles in the corners of the region, with sides of ``share`` of its sides."""

    share: float
    mirrored: bool


TILES: Mapping[Quality, tuple[TileSet, ...]] = {
    "fast": (),
    "balanced": (TileSet(0.65, True),),
    "best": (TileSet(0.8, True), TileSet(0.65, False), TileSet(0.5, False)),
}


def region_looks(region: Part, quality: Quality, *, is_whole: bool) -> list[Look]:
    """The looks at all of the region of interest; ``is_whole``: it is the whole frame."""
    square, wide = Look(SQUARE, region), Look(WIDE, region, mirrored=True)
    if quality == "best":
        return [square, Look(SQUARE, region, mirrored=True), Look(WIDE, region), wide]
    if is_whole:
        return [square, wide]
    return [Look(SQUARE, region, weight=2.0)]


def tile_looks(region: Part, frame_wh: SizeWH, quality: Quality) -> Iterator[Look]:
    """The looks at tiles of the region of interest, always in the same order."""
    for tiles in TILES[quality]:
        tops, lefts = (_ends(span, tiles.share) for span in region)
        for top in tops:
            for left in lefts:
                part = even(top, frame_wh[1]), even(left, frame_wh[0])
                yield Look(SQUARE, part, tiles.mirrored, TILE_WEIGHT, TILE_RAMP)


def _ends(span: slice, share: float) -> tuple[slice, slice]:
    """The first and the last part of ``span`` with ``share`` of its length."""
    length = max(1, round(share * (span.stop - span.start)))
    return slice(span.start, span.start + length), slice(span.stop - length, span.stop)
