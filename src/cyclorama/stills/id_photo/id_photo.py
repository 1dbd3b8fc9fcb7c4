"""Make the picture for an identity document out of a photo: crop, level, resample and measure it.

The pixels are not edited in any other way, unless the user asks for a new background: no brightening, smoothing or
sharpening.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from cyclorama.background.spec import parse_background
from cyclorama.core.errors import CaptureError, SettingsError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.matting.base import MattingModel
from cyclorama.matting.open import open_model
from cyclorama.pictures.photo import Photo, read_photo
from cyclorama.stills.cut_out.alpha import photo_alpha
from cyclorama.stills.cut_out.choice import chosen_model
from cyclorama.stills.cut_out.compose import composite_over
from cyclorama.stills.id_photo.advice import with_advice
from cyclorama.stills.id_photo.background import measure_background
from cyclorama.stills.id_photo.check import (
    FULL,
    IdLines,
    IdPhotoCheck,
    check_background,
    check_color,
    check_file,
    check_head,
    check_pixels,
    lines_in_mm,
)
from cyclorama.stills.id_photo.file import GOOD, encode_within
from cyclorama.stills.id_photo.frame import HeadInPhoto, IdFrame, choose_id_frame
from cyclorama.stills.id_photo.spec import MM_PER_INCH, IdSpec
from cyclorama.stills.portrait.face import CERTAIN_LOGIT, XY, FaceFinder, FaceGeometry
from cyclorama.stills.portrait.head import Head, measure_head
from cyclorama.stills.portrait.pupils import find_pupils
from cyclorama.stills.portrait.rotated_square import RotatedSquare

LEVEL_FROM_DEG, LEVEL_TO_DEG = 0.5, 8.0
"""Only a roll between these is levelled: less is invisible, and after more the shoulders would look tilted."""
NEARBY = 5.0
"""Half the side of the part of the photo that is used, in distances from the eyes to the chin; frames reach at most
4.1."""


@dataclass(frozen=True, slots=True, eq=False)
class IdPhoto:
    """The picture and its measurements. ``pixels``: BGR uint8 (H, W, 3), sRGB. ``file``: the same as a JPEG. ``frame``:
    its frame on the upright photo. ``lines``: the measured positions, in mm. ``levelled_deg``: the clockwise rotation
    of the photo."""

    spec: IdSpec
    dpi: int
    pixels: U8
    file: bytes
    frame: IdFrame
    lines: IdLines
    checks: list[IdPhotoCheck]
    levelled_deg: float


@dataclass(frozen=True, slots=True, eq=False)
class Sitter:
    """A person in a part of an upright photo. ``corner``: the top left corner of the part in the photo."""

    corner: XY
    pixels: U8
    alpha8: U8
    faces: list[FaceGeometry]
    head: Head
    eyes: tuple[XY, XY]
    pupils_seen: bool

    @property
    def face(self) -> FaceGeometry:
        """The largest face."""
        return self.faces[0]


def make_id_photo(
    source: Path | Photo, spec: IdSpec, *, dpi: int | None, level: bool, paint: str | None, model: str
) -> IdPhoto:
    """Make the picture that ``spec`` asks for out of a photo: a file, or one that was read with ``srgb``.

    ``dpi``: None chooses the highest for which the photo has pixels. ``level``: rotate a slightly tilted head upright.
    ``paint``: the colour of a new background, None keeps the photo's own. ``model``: a name, or ``auto`` for the best
    installed one. Raises CaptureError where the photo cannot be read, shows no face, or ends too near to it;
    SettingsError for an invalid colour; ModelError.
    """
    if paint is not None:
        _color(paint)
    sitter = find_sitter(source, lambda: open_model(chosen_model(model)))
    return picture_of(sitter, spec, dpi=dpi, level=level, paint=paint)


def picture_of(sitter: Sitter, spec: IdSpec, *, dpi: int | None, level: bool, paint: str | None) -> IdPhoto:
    """Make the picture of a person that was found, as :func:`make_id_photo` does; no network runs. Raises CaptureError,
    SettingsError."""
    color = None if paint is None else _color(paint)
    roll = _tilt(sitter.eyes)
    turn = roll if level and LEVEL_FROM_DEG <= abs(roll) <= LEVEL_TO_DEG else 0.0
    photo_wh = sitter.pixels.shape[1], sitter.pixels.shape[0]
    frame = choose_id_frame(spec, _head_in_photo(sitter, spec, turn), photo_wh)
    source = sitter.pixels if color is None else _replace_background(sitter, frame, color)
    dpi, pixels, file = _file_within_limits(spec, frame, source, [dpi] if dpi else _resolutions(spec, frame))
    alpha8 = render_frame(sitter.alpha8, frame, spec.size_at(dpi))
    lines = lines_in_mm(frame, sitter.head, sitter.eyes, pupils_seen=sitter.pupils_seen)
    face = sitter.face
    skin = RotatedSquare(*face.eyes, face.width, face.roll_deg).crop(sitter.pixels, 96)
    checks = [
        _one_person(frame, sitter.faces),
        *check_head(spec, lines, face, levelled_deg=turn, cut_off=sitter.head.cut_off),
        *check_color(spec, skin),
        *check_background(spec, measure_background(pixels, alpha8), paint or ""),
        *check_pixels(spec, lines, frame, dpi),
        *check_file(spec, len(file)),
    ]
    on_photo = frame.eyes[0] + sitter.corner[0], frame.eyes[1] + sitter.corner[1]
    shown = replace(frame, eyes=on_photo)
    return IdPhoto(spec, dpi, pixels, file, shown, lines, with_advice(spec, dpi, checks), -turn)


def render_frame(pixels: U8, frame: IdFrame, size_wh: SizeWH) -> U8:
    """Resample the part of ``pixels``, uint8 (H, W[, 3]), that ``frame`` shows to ``size_wh``: Lanczos, after a bicubic
    rotation where the frame is not level."""
    box_wh = frame.size_mm[0] * frame.px_per_mm, frame.size_mm[1] * frame.px_per_mm
    left, top = frame.to_photo((0.0, 0.0))
    if frame.roll_deg:
        roll = math.radians(frame.roll_deg)
        across, down = np.array([math.cos(roll), math.sin(roll)]), np.array([-math.sin(roll), math.cos(roll)])
        origin = np.array([left, top]) + (across + down) / 2 - 0.5
        block = cv2.warpAffine(
            pixels,
            np.column_stack([across, down, origin]),
            (math.ceil(box_wh[0]), math.ceil(box_wh[1])),
            flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        left, top = 0.0, 0.0
    else:
        x, y = max(0, math.floor(left)), max(0, math.floor(top))
        block = pixels[y : math.ceil(top + box_wh[1]), x : math.ceil(left + box_wh[0])]
        left, top = left - x, top - y
    height, width = block.shape[:2]
    box = max(0.0, left), max(0.0, top), min(width, left + box_wh[0]), min(height, top + box_wh[1])
    return np.asarray(Image.fromarray(block).resize(size_wh, Image.Resampling.LANCZOS, box=box))


def find_sitter(source: Path | Photo, network: Callable[[], AbstractContextManager[MattingModel]]) -> Sitter:
    """Find the largest face in a photo and cut the person out; ``network`` opens one, for as long as it is used. Raises
    CaptureError, ModelError."""
    name, photo = ("", source) if isinstance(source, Photo) else (f" {source}", read_photo(source, srgb=True))
    pixels = photo.pixels
    with FaceFinder() as finder:
        faces = finder.find(pixels)
        if faces and faces[0].quarter_turns:
            pixels = np.ascontiguousarray(np.rot90(pixels, faces[0].quarter_turns))
            faces = finder.find(pixels)
    if not faces:
        raise CaptureError(
            f"the photo{name} shows no face: take one from the front, in good light, with nothing before the eyes"
        )
    corner, pixels, faces = _nearby(pixels, faces)
    with network() as opened:
        alpha8 = photo_alpha(opened, pixels)
    face = faces[0]
    seen = find_pupils(pixels, face)
    eyes = seen or (face.right_eye, face.left_eye)
    return Sitter(corner, pixels, alpha8, faces, measure_head(face, alpha8), eyes, seen is not None)


def _nearby(pixels: U8, faces: list[FaceGeometry]) -> tuple[XY, U8, list[FaceGeometry]]:
    """Crop a photo around the largest face: the corner of the part, its pixels, and the faces relative to it. No frame
    needs more, and the network resolves a smaller part better."""
    face = faces[0]
    x, y = face.eyes
    reach = NEARBY * face.eyes_to_chin
    left, top = max(0, math.floor(x - reach)), max(0, math.floor(y - reach))
    part = pixels[top : math.ceil(y + reach), left : math.ceil(x + reach)]
    offset = np.array([left, top, 0], np.float32)
    moved = [replace(each, points=each.points - offset) for each in faces]
    return (float(left), float(top)), np.ascontiguousarray(part), moved


def _head_in_photo(sitter: Sitter, spec: IdSpec, turn: float) -> HeadInPhoto:
    (x0, y0), (x1, y1) = sitter.eyes
    middle = (x0 + x1) / 2, (y0 + y1) / 2
    roll = math.radians(turn)

    def below(point: XY) -> float:
        return (point[1] - middle[1]) * math.cos(roll) - (point[0] - middle[0]) * math.sin(roll)

    head = sitter.head
    hair = -below(head.hair_top)
    return HeadInPhoto(middle, turn, hair if spec.top == "hair" else -below(head.crown), hair, below(head.chin))


def _resolutions(spec: IdSpec, frame: IdFrame) -> list[int]:
    """The resolutions for which the photo has enough pixels, the highest first, or else the lowest that the file may
    have."""
    allowed = spec.resolutions()
    return [dpi for dpi in allowed if frame.px_per_mm * MM_PER_INCH >= FULL * dpi] or allowed[-1:]


def _file_within_limits(spec: IdSpec, frame: IdFrame, source: U8, resolutions: list[int]) -> tuple[int, U8, bytes]:
    """The first resolution at which the file keeps a good quality within its limits, or else the last one, with the
    pixels and the file."""
    for dpi in resolutions:
        pixels = render_frame(source, frame, spec.size_at(dpi))
        file, quality = encode_within(pixels, dpi, spec.kilobytes)
        if quality >= GOOD:
            break
    return dpi, pixels, file


def _one_person(frame: IdFrame, faces: list[FaceGeometry]) -> IdPhotoCheck:
    width, height = frame.size_mm

    def shown(face: FaceGeometry) -> bool:
        points = [frame.to_mm((float(x), float(y))) for x, y, _ in face.points]
        return any(0 <= x <= width and 0 <= y <= height for x, y in points)

    count = sum(face is faces[0] or (face.logit > CERTAIN_LOGIT and shown(face)) for face in faces)
    return IdPhotoCheck("one person", count == 1, f"{count} face{'s' if count > 1 else ''}", "1")


def _replace_background(sitter: Sitter, frame: IdFrame, bgr: tuple[int, int, int]) -> U8:
    """The photo with a new background where the frame lies."""
    width, height = frame.size_mm
    corners = [frame.to_photo(corner) for corner in ((0, 0), (width, 0), (0, height), (width, height))]
    xs, ys = zip(*corners, strict=True)
    region = (
        slice(max(0, math.floor(min(ys)) - 2), math.ceil(max(ys)) + 2),
        slice(max(0, math.floor(min(xs)) - 2), math.ceil(max(xs)) + 2),
    )
    part = np.ascontiguousarray(sitter.pixels[region])
    painted = sitter.pixels.copy()
    painted[region] = composite_over(part, np.ascontiguousarray(sitter.alpha8[region]), np.full_like(part, bgr))
    return painted


def _color(text: str) -> tuple[int, int, int]:
    try:
        red, green, blue = parse_background(f"color:{text}").colors[0]
    except SettingsError as error:
        raise SettingsError(f"--replace-background: {error}") from error
    return blue, green, red


def _tilt(eyes: tuple[XY, XY]) -> float:
    (x0, y0), (x1, y1) = eyes
    return math.degrees(math.atan2(y1 - y0, x1 - x0))
