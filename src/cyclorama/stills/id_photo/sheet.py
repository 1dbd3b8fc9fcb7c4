"""Lay out and draw a sheet of copies of a picture at its exact size, to print at 100 % and cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cyclorama.core.errors import SettingsError
from cyclorama.core.frames import U8
from cyclorama.stills.id_photo.spec import MM_PER_INCH

PAPERS = {"10x15": (100.0, 150.0), "a4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Width and height of each paper in mm, in portrait orientation."""
BORDER_MM, GAP_MM = 3.0, 2.0
"""The margin that printers cannot print on, and the gap between copies."""
FOOT_MM = 7.0
"""Height of the footer with the ruler, which is drawn where there is room."""
RULER_MM = 50
INK, MARK = (40, 40, 40), (130, 130, 130)


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """The left and top edges of the copies in mm. ``paper``: width and height in mm, in the orientation used."""

    paper: tuple[float, float]
    lefts: tuple[float, ...]
    tops: tuple[float, ...]

    @property
    def copies(self) -> int:
        """The number of copies."""
        return len(self.lefts) * len(self.tops)


def layout_sheet(paper: str, size_mm: tuple[float, float]) -> SheetLayout:
    """Fit as many copies as possible on a sheet, in portrait or landscape.

    Raises SettingsError for an unknown paper, and where not one copy fits.
    """
    if paper not in PAPERS:
        raise SettingsError(f"--sheet: {paper!r} is not one of {', '.join(PAPERS)}")
    portrait = _grid(PAPERS[paper], size_mm)
    landscape = _grid(PAPERS[paper][::-1], size_mm)
    best = max(portrait, landscape, key=lambda layout: layout.copies)
    if not best.copies:
        raise SettingsError(f"--sheet {paper}: a picture of {size_mm[0]:g}x{size_mm[1]:g} mm does not fit on it")
    return best


def draw_sheet(picture: U8, size_mm: tuple[float, float], dpi: int, paper: str) -> tuple[U8, SheetLayout]:
    """Draw a sheet with copies of ``picture``, BGR uint8 (H, W, 3), whose size at ``dpi`` is ``size_mm``.

    Returns the sheet, BGR uint8 at ``dpi``, and its layout. Raises SettingsError.
    """
    layout = layout_sheet(paper, size_mm)

    def px(mm: float) -> int:
        return round(mm * dpi / MM_PER_INCH)

    sheet = Image.new("RGB", (px(layout.paper[0]), px(layout.paper[1])), (255, 255, 255))
    draw = ImageDraw.Draw(sheet)
    height, width = picture.shape[:2]
    lefts, tops = [px(left) for left in layout.lefts], [px(top) for top in layout.tops]
    line = max(1, dpi // 300)
    reach = px(BORDER_MM)
    # Draw cut lines just outside the edges of the copies, across the whole sheet; the copies then cover the rest.
    for left in lefts:
        for x in (left - line, left + width):
            draw.rectangle((x, tops[0] - reach, x + line - 1, tops[-1] + height + reach), MARK)
    for top in tops:
        for y in (top - line, top + height):
            draw.rectangle((lefts[0] - reach, y, lefts[-1] + width + reach, y + line - 1), MARK)
    copy = Image.fromarray(np.ascontiguousarray(picture[..., ::-1]))
    for left in lefts:
        for top in tops:
            sheet.paste(copy, (left, top))
    if layout.paper[1] - (layout.tops[-1] + size_mm[1]) >= BORDER_MM + FOOT_MM:
        _draw_footer(draw, px, layout)
    return np.ascontiguousarray(np.asarray(sheet)[..., ::-1]), layout


def _grid(paper: tuple[float, float], size_mm: tuple[float, float]) -> SheetLayout:
    """The largest grid of copies on a paper of this orientation, centred."""
    axes = []
    for index in (0, 1):
        room, side = paper[index] - 2 * BORDER_MM, size_mm[index]
        count = max(0, int((room + GAP_MM) // (side + GAP_MM)))
        left_over = paper[index] - count * side - (count - 1) * GAP_MM
        # Centre the copies above the footer, where that fits without a copy less.
        foot = FOOT_MM if index == 1 and left_over >= 2 * BORDER_MM + FOOT_MM else 0.0
        begin = (left_over - foot) / 2
        axes.append(tuple(begin + step * (side + GAP_MM) for step in range(count)))
    return SheetLayout(paper, axes[0], axes[1])


def _draw_footer(draw: ImageDraw.ImageDraw, px: Callable[[float], int], layout: SheetLayout) -> None:
    left, y = px(BORDER_MM + 2), px(layout.paper[1] - BORDER_MM - 2.5)
    right, tick, line = left + px(RULER_MM), px(1), max(1, px(0.15))
    draw.rectangle((left, y, right, y + line), INK)
    for x in (left, right):
        draw.rectangle((x - line // 2, y - tick, x - line // 2 + line, y + tick), INK)
    text = f"{RULER_MM} mm when printed at 100 %"
    draw.text((right + px(3), y), text, INK, ImageFont.load_default(px(2.4)), anchor="lm")
