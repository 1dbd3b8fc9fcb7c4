"""A photo and its alpha become a cut-out, or lie over a background; strip by strip, so that memory stays bounded.

The mathematics is the compositor's. A strip is computed with one eighth-size cell more on either side, which is all
that enlarging looks at: its rows are those that the whole photo at once would give.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from cyclorama.compose.blend import Outline, blend, lay
from cyclorama.compose.decontaminate import EdgeColors, edge_colors, foreground_colors
from cyclorama.compose.small import SHRINK, enlarge, shrink
from cyclorama.frames import F32, U8

STRIP_ROWS = 512
"""A multiple of SHRINK."""


def cut_out(pixels: U8, alpha8: U8, rows: int = STRIP_ROWS) -> U8:
    """BGRA, straight alpha, uint8 (H, W, 4), of a photo, BGR uint8 (H, W, 3), and its alpha, uint8 (H, W).

    Along the outline the colours are those of what was cut out, without the old background; under full transparency
    they are carried on, and nothing of the old background is left. ``rows``: of a strip, a multiple of SHRINK.
    """
    out = np.empty((*alpha8.shape, 4), np.uint8)
    for strip in _strips(pixels, alpha8, rows):
        picture = np.ascontiguousarray(enlarge(strip.colors.person, strip.alpha8.shape))
        outline, colors = strip.outline()
        lay(strip.pixels, strip.alpha8, picture)
        outline.put(picture, colors)
        out[strip.rows, :, :3] = picture[strip.core]
        out[strip.rows, :, 3] = strip.alpha8[strip.core]
    return out


def lay_over(pixels: U8, alpha8: U8, background: U8, rows: int = STRIP_ROWS) -> U8:
    """The cut-out over ``background``, all of one size, BGR uint8 (H, W, 3)."""
    out = np.empty_like(pixels)
    for strip in _strips(pixels, alpha8, rows):
        outline, colors = strip.outline()
        picture = blend(strip.pixels, background[strip.wide], strip.alpha8, outline, colors)
        out[strip.rows] = picture[strip.core]
    return out


@dataclass(frozen=True, slots=True)
class _Strip:
    """Some rows of a photo. ``rows``: those that it stands for; ``wide``: those that it holds; ``core``: the former
    within the latter."""

    rows: slice
    wide: slice
    core: slice
    pixels: U8
    alpha8: U8
    colors: EdgeColors

    def outline(self) -> tuple[Outline, F32]:
        """The outline, and the foreground's colours along it."""
        height, width = self.alpha8.shape
        outline = Outline(self.alpha8, (slice(0, height), slice(0, width)))
        person, room = (outline.of_small(colors, SHRINK) for colors in (self.colors.person, self.colors.room))
        return outline, foreground_colors(outline.of_block(self.pixels), outline.alpha, person, room)


def _strips(pixels: U8, alpha8: U8, rows: int) -> Iterator[_Strip]:
    height = alpha8.shape[0]
    colors = edge_colors(shrink(pixels), shrink(alpha8), height)
    for top in range(0, height, rows):
        bottom = min(height, top + rows)
        wide = slice(max(0, top - SHRINK), min(height, bottom + SHRINK))
        cells = slice(wide.start // SHRINK, -(-wide.stop // SHRINK))
        yield _Strip(
            slice(top, bottom),
            wide,
            slice(top - wide.start, bottom - wide.start),
            pixels[wide],
            alpha8[wide],
            EdgeColors(colors.person[cells], colors.room[cells]),
        )
