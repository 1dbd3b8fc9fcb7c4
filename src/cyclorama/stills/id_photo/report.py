"""Draw the unofficial check as a picture: the photo with its measurements, and a table of all rules below."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cyclorama.core.frames import U8
from cyclorama.stills.id_photo.advice import verdict
from cyclorama.stills.id_photo.check import passed
from cyclorama.stills.id_photo.id_photo import IdPhoto

PHOTO_H = 900
SIDE_W, TOP_H = 330, 170
"""Width of the margins for measures beside the photo, and height of the title above it, in pixels."""
MARGIN, LINE_H = 28, 30
FOOT_H = 44
LEAST_W = 1300
"""Width of the report, at least: the table needs it."""
PAPER, INK, FAINT = (252, 252, 250), (28, 28, 28), (120, 120, 120)
HEAD, EYES, HAIR = (196, 30, 40), (0, 110, 190), (150, 90, 0)
GOOD, BAD = (20, 120, 50), (196, 30, 40)
ALLOWED = (178, 222, 190)
VERDICT = {True: ("ok", GOOD), False: ("FAIL", BAD), None: ("-", FAINT)}
UNOFFICIAL = "Unofficial check by cyclorama: the authority alone decides."
NOT_CHECKED = (
    "Not checked: expression, glasses, head coverings, light and shadows on the face, sharpness, the photo's age."
)


def draw_report(photo: IdPhoto) -> U8:
    """Draw the report on ``photo`` with all of its checks: BGR uint8 (H, W, 3)."""
    return _Report(photo).draw()


@dataclass(slots=True)
class _Report:
    photo: IdPhoto

    def draw(self) -> U8:
        picture = self._scaled_picture()
        table_top = TOP_H + PHOTO_H + 60
        width = max(picture.width + 2 * SIDE_W, LEAST_W)
        lines = len(self.photo.checks) + sum(bool(check.advice) for check in self.photo.checks)
        canvas = Image.new("RGB", (width, table_top + LINE_H * lines + FOOT_H), PAPER)
        draw = ImageDraw.Draw(canvas)
        left = (width - picture.width) // 2
        self._draw_title(draw, width)
        canvas.paste(picture, (left, TOP_H))
        self._draw_measures(draw, left, left + picture.width)
        self._draw_table(draw, table_top, width)
        return np.ascontiguousarray(np.asarray(canvas)[..., ::-1])

    @property
    def _px_per_mm(self) -> float:
        """Pixels of the report to a millimetre of the picture."""
        return PHOTO_H / self.photo.spec.size[1]

    def _draw_title(self, draw: ImageDraw.ImageDraw, width: int) -> None:
        spec, checks = self.photo.spec, self.photo.checks
        good = passed(checks) and spec.home is not False
        draw.text((MARGIN, 22), spec.title, INK, _font(32))
        draw.text((width - MARGIN, 27), verdict(spec, checks), GOOD if good else BAD, _font(26), anchor="ra")
        _draw_wrapped(draw, (MARGIN, 66), f"{spec.home_photo}.", width, BAD if spec.home is False else INK)
        _draw_wrapped(draw, (MARGIN, 112), f"{UNOFFICIAL} Rules of {spec.checked}: {spec.source}", width, FAINT)

    def _scaled_picture(self) -> Image.Image:
        pixels = self.photo.pixels
        width = round(PHOTO_H * pixels.shape[1] / pixels.shape[0])
        rgb = np.ascontiguousarray(pixels[..., ::-1])
        return Image.fromarray(rgb).resize((width, PHOTO_H), Image.Resampling.LANCZOS)

    def _y(self, mm: float) -> float:
        """The row on the report of a height in the picture, in mm from its top; heights above it stay just above it."""
        return max(TOP_H - 12, TOP_H + mm * PHOTO_H / self.photo.spec.size[1])

    def _draw_measures(self, draw: ImageDraw.ImageDraw, left: int, right: int) -> None:
        """Draw all measures; ``left``, ``right``: the picture's sides on the report, in pixels."""
        eyes = self.photo.lines.eyes
        middle = left + (eyes[0][0] + eyes[1][0]) / 2 * self._px_per_mm
        _dashed(draw, (middle, TOP_H), (middle, TOP_H + PHOTO_H), FAINT)
        self._draw_head(draw, left, right)
        self._draw_hair_or_crown(draw, left, right)
        self._draw_eye_height(draw, right)
        self._draw_eyes(draw, left, right)
        self._draw_size(draw, left, right)

    def _draw_head(self, draw: ImageDraw.ImageDraw, left: int, right: int) -> None:
        """On the left: the height of the head from chin to top, and the range that is allowed."""
        spec, chin = self.photo.spec, self.photo.lines.chin
        top, x = self.photo.lines.top(spec), left - 60
        highest, lowest = (self._y(max(0, chin - mm)) for mm in reversed(spec.head))
        draw.rectangle((x - 9, highest, x + 9, lowest), fill=ALLOWED)
        _arrow(draw, x, self._y(top), self._y(chin), HEAD)
        for mm, name in ((top, "top of the hair" if spec.top == "hair" else "crown"), (chin, "chin")):
            draw.line((x - 14, self._y(mm), right, self._y(mm)), HEAD, 2)
            draw.text((x - 20, self._y(mm)), name, HEAD, _font(19), anchor="rm")
        label = f"head {chin - top:.1f} mm", f"{spec.head[0]:g} to {spec.head[1]:g}"
        _label(draw, (x - 20, self._y((top + chin) / 2)), label, HEAD, "rm")

    def _draw_hair_or_crown(self, draw: ImageDraw.ImageDraw, left: int, right: int) -> None:
        """A dashed line at the one of hair and crown that does not count here, where the two differ."""
        spec, lines = self.photo.spec, self.photo.lines
        top = lines.top(spec)
        other, name = (lines.crown, "crown") if spec.top == "hair" else (lines.hair, "top of the hair")
        if abs(other - top) <= 0.3:
            return
        _dashed(draw, (left, self._y(other)), (right, self._y(other)), HAIR)
        label_y = self._y(other) + (-20 if other < top else 20) * (abs(other - top) * self._px_per_mm < 26)
        draw.text((left - 80, label_y), name, HAIR, _font(17), anchor="rm")

    def _draw_eyes(self, draw: ImageDraw.ImageDraw, left: int, right: int) -> None:
        """The line through the eyes, a circle around each, and the distance between them."""
        lines = self.photo.lines
        y = self._y(lines.eye_line)
        draw.line((left, y, right + 74, y), EYES, 2)
        for eye_x, eye_y in lines.eyes:
            px, py = left + eye_x * self._px_per_mm, self._y(eye_y)
            draw.ellipse((px - 5, py - 5, px + 5, py + 5), outline=EYES, width=2)
        draw.text((right + 80, y), f"{lines.eyes_apart:.1f} mm apart", EYES, _font(17), anchor="lm")

    def _draw_eye_height(self, draw: ImageDraw.ImageDraw, right: int) -> None:
        """On the right: the height of the eyes above the lower edge, the range allowed, and the room above the head."""
        spec, eye_line, x = self.photo.spec, self.photo.lines.eye_line, right + 60
        top, height = self.photo.lines.top(spec), spec.size[1]
        if spec.eyes is not None:
            low, high = (self._y(height - mm) for mm in spec.eyes)
            draw.rectangle((x - 9, high, x + 9, low), fill=ALLOWED)
        _arrow(draw, x, self._y(eye_line), self._y(height), EYES)
        wanted = "" if spec.eyes is None else f"{spec.eyes[0]:g} to {spec.eyes[1]:g}"
        label = f"eyes {height - eye_line:.1f} mm", wanted
        _label(draw, (x + 20, self._y((eye_line + height) / 2)), label, EYES, "lm")
        room = f"{top:.1f} mm above the head" if top > 0 else "the head is cut off"
        draw.text((x - 40, self._y(0) + 4), room, FAINT, _font(17), anchor="la")

    def _draw_size(self, draw: ImageDraw.ImageDraw, left: int, right: int) -> None:
        """Below: the size of the picture in millimetres and pixels."""
        (width, height), y = self.photo.spec.size, TOP_H + PHOTO_H + 18
        draw.line((left, y, right, y), INK, 2)
        for x in (left, right):
            draw.line((x, y - 7, x, y + 7), INK, 2)
        size = f"{width:g} x {height:g} mm, {self.photo.pixels.shape[1]}x{self.photo.pixels.shape[0]} pixels"
        draw.text(((left + right) / 2, y + 8), f"{size} at {self.photo.dpi} dpi", INK, _font(18), anchor="ma")

    def _draw_table(self, draw: ImageDraw.ImageDraw, top: int, width: int) -> None:
        draw.line((MARGIN, top - 8, width - MARGIN, top - 8), FAINT, 1)
        y = top
        for check in self.photo.checks:
            word, ink = VERDICT[check.passed]
            for x, text, color in (
                (MARGIN, word, ink),
                (110, check.name, INK),
                (370, check.found, ink if check.passed is False else INK),
                (880, check.wanted, FAINT),
            ):
                draw.text((x, y), text, color, _font(18))
            y += LINE_H
            if check.advice:
                draw.text((370, y), f"do this: {check.advice}", INK, _font(18))
                y += LINE_H
        draw.text((MARGIN, y + 8), NOT_CHECKED, FAINT, _font(17))


def _draw_wrapped(
    draw: ImageDraw.ImageDraw, at: tuple[float, float], text: str, width: int, ink: tuple[int, int, int]
) -> None:
    """Draw a sentence in as many lines as it needs beside the margins of a report of this width."""
    font, lines = _font(17), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, font) <= width - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    draw.multiline_text(at, "\n".join(lines), ink, font)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _label(
    draw: ImageDraw.ImageDraw,
    anchor_xy: tuple[float, float],
    lines: tuple[str, str],
    ink: tuple[int, int, int],
    anchor: str,
) -> None:
    x, y = anchor_xy
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
