"""The unofficial check: compare measurements of a picture with the rules of an authority."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import U8
from cyclorama.stills.id_photo.background import BackgroundMeasures
from cyclorama.stills.id_photo.frame import IdFrame
from cyclorama.stills.id_photo.spec import MM_PER_INCH, IdSpec
from cyclorama.stills.portrait.face import XY, FaceGeometry
from cyclorama.stills.portrait.head import Head

SLACK_MM = 0.05
"""Tolerance of lengths, which are reported to a tenth of a millimetre."""
TILT_DEG = 5.0
"""ISO/IEC 19794-5: the largest roll, pitch and yaw of a head."""
YAW_DEG = 10.0
"""The same for yaw, plus the error of its estimate."""
OPEN = 0.18
"""Least ``FaceGeometry.openness`` of an open eye."""
CENTRED = (0.45, 0.55)
"""ISO/IEC 19794-5: limits of the horizontal position of the midpoint of the eyes, in picture widths."""
SPREAD, TINT = 12.0, 8.0
"""Largest ``spread`` and ``tint`` of an even background (our values: authorities give no numbers)."""
GREY_CHROMA = 3.0
"""A face with a mean difference of channels below this, in levels, is black and white."""
TONED = 0.1
"""A face whose chroma varies by less than this share of it, beyond what lightness explains, is black and white with a
tone, as sepia: measured 0.02 to 0.08 with tones, 0.16 to 0.65 in colour."""
TONED_SIDE = 32
"""Side in pixels to which a face is averaged for this: JPEG keeps chroma at half the resolution."""
FLAT_LIGHTNESS = 3.0
"""Standard deviation of L* below which a face has too little light and shade to tell a tone."""
FULL = 0.98
"""Least pixels of the photo per pixel of the picture, in one direction; less counts as enlarged."""


@dataclass(frozen=True, slots=True)
class IdPhotoCheck:
    """The result of one rule. ``passed``: None where there is no requirement or it cannot be measured. ``found``,
    ``wanted``: text for the user. ``value``: the measurement, in ``unit``. ``advice``: what to do where it failed."""

    name: str
    passed: bool | None
    found: str
    wanted: str = ""
    value: float | None = None
    unit: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True)
class IdLines:
    """The measured positions, in mm of the picture from its left and top edges."""

    crown: float
    hair: float
    chin: float
    eyes: tuple[XY, XY]
    """The right and the left eye: the pupils, or else the midpoints of the corners of the eyes."""
    pupils_seen: bool

    @property
    def eye_line(self) -> float:
        """Distance of the midpoint of the eyes from the top, in mm."""
        return (self.eyes[0][1] + self.eyes[1][1]) / 2

    @property
    def eyes_apart(self) -> float:
        """Distance between the eyes, in mm."""
        return math.dist(*self.eyes)

    @property
    def tilt_deg(self) -> float:
        """Clockwise roll of the line through the eyes."""
        (x0, y0), (x1, y1) = self.eyes
        return math.degrees(math.atan2(y1 - y0, x1 - x0))

    def top(self, spec: IdSpec) -> float:
        """Top of the head as ``spec`` defines it, hair or crown, in mm from the top of the picture."""
        return self.hair if spec.top == "hair" else self.crown


def lines_in_mm(frame: IdFrame, head: Head, eyes: tuple[XY, XY], *, pupils_seen: bool) -> IdLines:
    """Convert the positions of a head in a photo to mm of the picture that ``frame`` shows."""
    crown, hair, chin = (frame.to_mm(point)[1] for point in (head.crown, head.hair_top, head.chin))
    return IdLines(crown, hair, chin, (frame.to_mm(eyes[0]), frame.to_mm(eyes[1])), pupils_seen)


def check_head(
    spec: IdSpec, lines: IdLines, face: FaceGeometry, *, levelled_deg: float, cut_off: bool
) -> list[IdPhotoCheck]:
    """Check position, size and pose of the head. ``levelled_deg``: the rotation of the photo; ``cut_off``: whether its
    border cuts the head off."""
    width, height = spec.size
    middle = (lines.eyes[0][0] + lines.eyes[1][0]) / 2 / width
    where = "hair" if spec.top == "hair" else "crown, estimated under the hair"
    turned = f" ({abs(levelled_deg):.1f} before the photo was levelled)" if levelled_deg else ""
    whole = not cut_off and lines.hair > -SLACK_MM
    eyes = "" if lines.pupils_seen else " (from the corners of the eyes)"
    return [
        _length(f"head, chin to {spec.top}", lines.chin - lines.top(spec), spec.head, where),
        _length("eyes above the bottom", height - lines.eye_line, spec.eyes, ""),
        IdPhotoCheck("eyes apart", None, f"{lines.eyes_apart:.1f} mm{eyes}", "", lines.eyes_apart, "mm"),
        _at_most("tilt", lines.tilt_deg, TILT_DEG, turned),
        _at_most("turned to the side", face.yaw_deg, YAW_DEG, ", estimated"),
        IdPhotoCheck(
            "centred",
            CENTRED[0] <= middle <= CENTRED[1],
            f"eyes at {middle:.0%} of the width",
            f"{CENTRED[0]:.0%} to {CENTRED[1]:.0%}",
            middle,
            "of the width",
        ),
        IdPhotoCheck(
            "whole head", whole, "inside the picture" if whole else "cut off at the top", "inside the picture"
        ),
        _eyes_open(face),
    ]


def check_background(spec: IdSpec, look: BackgroundMeasures | None, replaced: str) -> list[IdPhotoCheck]:
    """Check colour and evenness, and whether the background is unaltered. ``replaced``: its new colour, or empty."""
    plain = spec.background
    if look is None:
        return [IdPhotoCheck("background", None, "too little of it to tell", plain.title)]
    low, high = plain.lightness
    right = low <= look.lightness <= high and look.chroma <= plain.chroma
    even = look.spread <= SPREAD and look.tint <= TINT
    checks = [
        IdPhotoCheck(
            "background colour",
            right,
            f"brightness {look.lightness:.0f} of 100, colour cast {look.chroma:.0f}",
            f"{plain.title}: {low:g} to {high:g}, cast {plain.chroma:g} at most",
            look.lightness,
            "L*",
        ),
        IdPhotoCheck(
            "background even",
            even,
            f"brightness differs by {look.spread:.0f}, colour by {look.tint:.0f}",
            f"{SPREAD:g} and {TINT:g} at most",
            look.spread,
            "L*",
        ),
    ]
    if replaced:
        checks.append(
            IdPhotoCheck("unaltered", not spec.refuses and None, f"background painted {replaced}", "unaltered")
        )
    return checks


def check_pixels(spec: IdSpec, lines: IdLines, frame: IdFrame, dpi: int) -> list[IdPhotoCheck]:
    """Check that the photo and the file have enough pixels."""
    width, height = spec.size_at(dpi)
    own = frame.px_per_mm * MM_PER_INCH / dpi
    enlarged = "" if own >= FULL else f": too few pixels, enlarged {1 / own:.2f} times"
    across = round(frame.px_per_mm * spec.size[0])
    down = round(frame.px_per_mm * spec.size[1])
    checks = [
        IdPhotoCheck(
            "photo's own pixels", own >= FULL, f"{across}x{down}{enlarged}", f"{width}x{height} at {dpi} dpi", own
        ),
    ]
    if spec.pixels:
        right = spec.takes((width, height))
        checks.append(IdPhotoCheck("file's pixels", right, f"{width}x{height}", spec.pixels_in_words))
    if spec.apart is not None:
        apart = lines.eyes_apart * dpi / MM_PER_INCH * min(1.0, own)
        checks.append(
            IdPhotoCheck(
                "pixels between the eyes", apart >= spec.apart, f"{apart:.0f}", f"{spec.apart} or more", apart, "px"
            )
        )
    return checks


def check_color(spec: IdSpec, face: U8) -> list[IdPhotoCheck]:
    """Check that a face, BGR uint8 (H, W, 3), is in colour, where the authority requires it."""
    if not spec.color:
        return []
    spread = face.astype(np.float32).max(axis=2) - face.min(axis=2)
    if float(spread.mean()) <= GREY_CHROMA:
        found = "black and white"
    else:
        found = "black and white, with a tone" if _is_toned(face) else "in colour"
    return [IdPhotoCheck("in colour", found == "in colour", found, "in colour")]


def _is_toned(face: U8) -> bool:
    """Whether the chroma of a face, BGR uint8 (H, W, 3), follows from its lightness, as in a toned photo."""
    cells = cv2.resize(face, (TONED_SIDE, TONED_SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lightness, *chroma = cv2.cvtColor(cells, cv2.COLOR_BGR2LAB).reshape(-1, 3).T
    if lightness.std() < FLAT_LIGHTNESS:
        return False
    powers = np.vander((lightness - lightness.mean()) / 50, 4)
    a_and_b = np.column_stack(chroma)
    beyond = a_and_b - powers @ np.linalg.lstsq(powers, a_and_b, rcond=None)[0]
    return float(np.sqrt((beyond**2).sum(axis=1).mean())) < TONED * float(np.hypot(*chroma).mean())


def check_file(spec: IdSpec, size: int) -> list[IdPhotoCheck]:
    """Check the size of the file, in bytes, where the authority limits it."""
    if spec.kilobytes is None:
        return []
    low, high = spec.kilobytes
    kilobytes = size / 1000
    fits, found = low <= kilobytes <= high, f"{kilobytes:.1f} kB"
    return [IdPhotoCheck("file size", fits, found, spec.kilobytes_in_words, kilobytes, "kB")]


def passed(checks: list[IdPhotoCheck]) -> bool:
    """Whether no check has failed; checks without a result count as passed."""
    return all(check.passed is not False for check in checks)


def _length(name: str, value: float, limits: tuple[float, float] | None, where: str) -> IdPhotoCheck:
    """Check a length in mm; ``where``: how it was measured, for the user."""
    found = f"{value:.1f} mm" + (f" ({where})" if where else "")
    if limits is None:
        return IdPhotoCheck(name, None, found, "", value, "mm")
    low, high = limits
    return IdPhotoCheck(name, low - SLACK_MM <= value <= high + SLACK_MM, found, f"{low:g} to {high:g} mm", value, "mm")


def _at_most(name: str, degrees: float, most: float, note: str) -> IdPhotoCheck:
    """Check the magnitude of an angle."""
    passed = abs(degrees) <= most
    return IdPhotoCheck(name, passed, f"{abs(degrees):.1f} degrees{note}", f"{most:g} at most", degrees, "degrees")


def _eyes_open(face: FaceGeometry) -> IdPhotoCheck:
    openness = min(face.openness)
    found = "open" if openness >= OPEN else "closed, or nearly"
    return IdPhotoCheck("eyes", openness >= OPEN, found, "open", openness, "of their width")
