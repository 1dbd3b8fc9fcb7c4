"""The unofficial check as a picture: the photo with what was measured drawn on it, and every rule below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cyclorama.core.frames import U8
from cyclorama.stills.id_photo.check import IdPhotoCheck
from cyclorama.stills.id_photo.id_photo import IdPhoto

PHOTO_H = 900
SIDE_W, TOP_H = 330, 110
"""Room beside the photo for measures, and above it for the title."""
MARGIN, LINE_H = 28, 30
FOOT_H = 44
PAPER, INK, FAINT = (252, 252, 250), (28, 28, 28), (120, 120, 120)
HEAD, EYES, HAIR = (196, 30, 40), (0, 110, 190), (150, 90, 0)
GOOD, BAD = (20, 120, 50), (196, 30, 40)
ALLOWED = (178, 222, 190)
VERDICT = {True: ("ok", GOOD), False: ("FAIL", BAD), None: ("-", FAINT)}
UNOFFICIAL = "Unofficial check by cyclorama: the authority alone decides."
NOT_CHECKED = (
    "Not checked: expression, glasses, head coverings, light and shadows on the face, sharpness, the photo's age."
)


def draw_report(photo: IdPhoto, checks: Sequence[IdPhotoCheck]) -> U8:
    """The report on ``photo`` with all of its ``checks``: BGR uint8."""
    return _Report(photo, checks).drawn()


@dataclass(slots=True)
class _Report:
    photo: IdPhoto
    checks: Sequence[IdPhotoCheck]

    def drawn(self) -> U8:
        picture = self._picture()
        table_top = TOP_H + PHOTO_H + 60
        size_wh = picture.width + 2 * SIDE_W, table_top + LINE_H * len(self.checks) + FOOT_H
        size_wh = max(size_wh[0], 1300), size_wh[1]
        canvas = Image.new("RGB", size_wh, PAPER)
        draw = ImageDraw.Draw(canvas)
        left = (size_wh[0] - picture.width) // 2
        spec = self.photo.spec
        draw.text((MARGIN, 22), spec.title, INK, _font(32))
        failed = sum(check.passed is False for check in self.checks)
        asked = sum(check.passed is not None for check in self.checks)
        verdict = f"{failed} of {asked} rules broken" if failed else "passes"
        draw.text((size_wh[0] - MARGIN, 22), verdict, BAD if failed else GOOD, _font(32), anchor="ra")
        draw.text((MARGIN, 66), f"{UNOFFICIAL} Rules of {spec.checked}: {spec.source}", FAINT, _font(17))
        canvas.paste(picture, (left, TOP_H))
        self._lines(draw, left, left + picture.width)
        self._table(draw, table_top, size_wh[0])
        return np.ascontiguousarray(np.asarray(canvas)[..., ::-1])

    def _picture(self) -> Image.Image:
        pixels = self.photo.pixels
        width = round(PHOTO_H * pixels.shape[1] / pixels.shape[0])
        rgb = np.ascontiguousarray(pixels[..., ::-1])
        return Image.fromarray(rgb).resize((width, PHOTO_H), Image.Resampling.LANCZOS)

    def _y(self, mm: float) -> float:
        """Of a height in the picture, from its top, on the report; a little above it where it lies beyond."""
        return max(TOP_H - 12, TOP_H + mm * PHOTO_H / self.photo.spec.size[1])

    def _lines(self, draw: ImageDraw.ImageDraw, left: int, right: int) -> None:
        spec, lines = self.photo.spec, self.photo.lines
        width, height = spec.size
        scale = PHOTO_H / height
        middle = left + (lines.eyes[0][0] + lines.eyes[1][0]) / 2 * scale
        _dashed(draw, (middle, TOP_H), (middle, TOP_H + PHOTO_H), FAINT)
        top, chin, eye_line = lines.top(spec), lines.chin, lines.eye_line

        # Left: the head.
        at = left - 60
        highest, lowest = (self._y(max(0, chin - mm)) for mm in reversed(spec.head))
        draw.rectangle((at - 9, highest, at + 9, lowest), fill=ALLOWED)
        _arrow(draw, at, self._y(top), self._y(chin), HEAD)
        for mm, name in ((top, "top of the hair" if spec.top == "hair" else "crown"), (chin, "chin")):
            draw.line((at - 14, self._y(mm), right, self._y(mm)), HEAD, 2)
            draw.text((at - 20, self._y(mm)), name, HEAD, _font(19), anchor="rm")
        other, name = (lines.crown, "crown") if spec.top == "hair" else (lines.hair, "top of the hair")
        if abs(other - top) > 0.3:
            _dashed(draw, (left, self._y(other)), (right, self._y(other)), HAIR)
            place = self._y(other) + (-20 if other < top else 20) * (abs(other - top) * scale < 26)
            draw.text((at - 20, place), name, HAIR, _font(17), anchor="rm")
        label = f"head {chin - top:.1f} mm", f"{spec.head[0]:g} to {spec.head[1]:g}"
        _label(draw, (at - 20, self._y((top + chin) / 2)), label, HEAD, "rm")

        # Right: the eyes' line above the bottom.
        at = right + 60
        if spec.eyes is not None:
            low, high = (self._y(height - mm) for mm in spec.eyes)
            draw.rectangle((at - 9, high, at + 9, low), fill=ALLOWED)
        _arrow(draw, at, self._y(eye_line), self._y(height), EYES)
        draw.line((left, self._y(eye_line), at + 14, self._y(eye_line)), EYES, 2)
        for x, y in lines.eyes:
            px, py = left + x * scale, self._y(y)
            draw.ellipse((px - 5, py - 5, px + 5, py + 5), outline=EYES, width=2)
        wanted = "" if spec.eyes is None else f"{spec.eyes[0]:g} to {spec.eyes[1]:g}"
        _label(
            draw,
            (at + 20, self._y((eye_line + height) / 2)),
            (f"eyes {height - eye_line:.1f} mm", wanted),
            EYES,
            "lm",
        )
        draw.text((at + 20, self._y(eye_line)), f"{lines.eyes_apart:.1f} mm apart", EYES, _font(17), anchor="lm")
        room = f"{top:.1f} mm above the head" if top > 0 else "the head is cut off"
        draw.text((at - 40, self._y(0) + 4), room, FAINT, _font(17), anchor="la")

        # Below: the picture's own size.
        bottom = TOP_H + PHOTO_H + 18
        draw.line((left, bottom, right, bottom), INK, 2)
        for x in (left, right):
            draw.line((x, bottom - 7, x, bottom + 7), INK, 2)
        size = f"{width:g} x {height:g} mm, {self.photo.pixels.shape[1]}x{self.photo.pixels.shape[0]} pixels"
        draw.text(((left + right) / 2, bottom + 8), f"{size} at {self.photo.dpi} dpi", INK, _font(18), anchor="ma")

    def _table(self, draw: ImageDraw.ImageDraw, top: int, width: int) -> None:
        draw.line((MARGIN, top - 8, width - MARGIN, top - 8), FAINT, 1)
        for row, check in enumerate(self.checks):
            y = top + row * LINE_H
            word, ink = VERDICT[check.passed]
            for x, text, color in (
                (MARGIN, word, ink),
                (110, check.name, INK),
                (370, check.found, ink if check.passed is False else INK),
                (880, check.wanted, FAINT),
            ):
                draw.text((x, y), text, color, _font(18))
        draw.text(
            (MARGIN, top + len(self.checks) * LINE_H + 8),
            NOT_CHECKED,
            FAINT,
            _font(17),
        )


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _label(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    lines: tuple[str, str],
    ink: tuple[int, int, int],
    anchor: str,
) -> None:
    x, y = place
    draw.text((x, y - (12 if lines[1] else 0)), lines[0], ink, _font(22), anchor=anchor)
    draw.text((x, y + 14), lines[1], FAINT, _font(18), anchor=anchor)


def _arrow(draw: ImageDraw.ImageDraw, x: float, top: float, bottom: float, ink: tuple[int, int, int]) -> None:
    draw.line((x, top, x, bottom), ink, 2)
    for y, way in ((top, 1), (bottom, -1)):
        draw.polygon(((x, y), (x - 6, y + 12 * way), (x + 6, y + 12 * way)), fill=ink)


def _dashed(
    draw: ImageDraw.ImageDraw, begin: tuple[float, float], end: tuple[float, float], ink: tuple[int, int, int]
) -> None:
    (x0, y0), (x1, y1) = begin, end
    steps = max(1, round(max(abs(x1 - x0), abs(y1 - y0)) / 16))
    for step in range(steps):
        a, b = step / steps, (step + 0.5) / steps
        draw.line((x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, x0 + (x1 - x0) * b, y0 + (y1 - y0) * b), ink, 1)
