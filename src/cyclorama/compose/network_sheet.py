"""The contact sheet of ``cyclorama models compare``: the same person as each network cuts them out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.background.opening import open_background
from cyclorama.compose.compositor import Compositor
from cyclorama.compose.contact_sheet import captioned, contact_sheet, tile
from cyclorama.core.frames import U8, Composite, Frame, Matte, SizeWH
from cyclorama.settings.values import ComposeSettings

GROUND = "color:#7d8a94"
"""Behind the person: neither the dark nor the bright rims of an outline vanish on it."""
TILE_SIDE = 720
"""Longer side of a tile in pixels."""
DETAIL = 3
"""Enlargement of the detail, a third of the picture's sides."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A network's matte of ``frame``. ``label``: its name and quality; ``ms``: of a run."""

    label: str
    ms: float
    frame: Frame
    matte: Matte


def sheet_of(drawn: Sequence[Drawn]) -> U8:
    """A row for each network, BGR uint8: the person, the place where the networks differ most, the matte.

    All of ``drawn`` are of one size.
    """
    detail = detail_of([np.asarray(each.matte.alpha, np.uint8) for each in drawn])
    return contact_sheet([picture for each in drawn for picture in _row(each, detail)], columns=3)


def _row(drawn: Drawn, detail: tuple[slice, slice]) -> list[U8]:
    frame, matte, label = drawn.frame, drawn.matte, drawn.label
    size_wh = _tile_size(frame.size_wh)
    person = _composite(frame, matte, GROUND)
    return [
        tile(person, f"{label}: {drawn.ms:.0f} ms", size_wh),
        captioned(person.pixels[detail], f"{label}, {DETAIL} times as large", size_wh),
        tile(_composite(frame, matte, "matte"), f"{label}, matte", size_wh),
    ]


def _composite(frame: Frame, matte: Matte, background: str) -> Composite:
    compositor = Compositor(open_background(background), ComposeSettings(background=background), frame.size_wh)
    with closing(compositor):
        return compositor.compose(frame, matte)


def _tile_size(size_wh: SizeWH) -> SizeWH:
    width, height = size_wh
    scale = TILE_SIDE / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))


def detail_of(alphas: Sequence[U8]) -> tuple[slice, slice]:
    """Rows and columns of the part, one DETAIL-th of each side, in which ``alphas``, uint8 (H, W), differ most.

    Of a single alpha it is the part with the most of partial coverage.
    """
    height, width = alphas[0].shape
    high, wide = max(1, height // DETAIL), max(1, width // DETAIL)
    spread = np.max(alphas, axis=0) - np.min(alphas, axis=0)
    if not spread.any():
        spread = np.minimum(alphas[0], 255 - alphas[0])
    sums = cv2.integral(spread)
    inside = sums[high:, wide:] - sums[:-high, wide:] - sums[high:, :-wide] + sums[:-high, :-wide]
    y, x = (int(place) for place in np.unravel_index(int(inside.argmax()), inside.shape))
    return slice(y, y + high), slice(x, x + wide)
