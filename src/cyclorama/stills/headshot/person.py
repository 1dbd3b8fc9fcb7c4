"""The person of a photo, cut out, and seen through an upright frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.errors import CaptureError
from cyclorama.core.frames import F32, U8
from cyclorama.matting.base import MattingModel
from cyclorama.stills.cut_out.alpha import photo_alpha
from cyclorama.stills.cut_out.compose import cut_out
from cyclorama.stills.headshot.frame import FrameBox, axes, choose_frame
from cyclorama.stills.headshot.preset import Preset
from cyclorama.stills.portrait.face import FaceGeometry
from cyclorama.stills.portrait.head import Head, head_of

ABOVE, BELOW, ASIDE = 4.0, 6.5, 5.0
"""How far around the eyes the photo is looked at, in distances from the eyes to the chin: no frame reaches further."""
HEAD = 2.1
"""Height of a head, in the same, before its crown is known."""
PRESENT = 128
"""Alpha, of 255, that joins parts of one person."""
MOST_SAMPLES = 4
"""Side of the square of samples that are averaged for one pixel of a small picture, at most."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """The part of a photo around a face, at about the size of the headshot.

    ``pixels``: BGR uint8 (H, W, 3). ``cutout``: straight BGRA uint8 (H, W, 4), nothing but this person. ``face``,
    ``head``: in its pixels. ``scale``: of its pixels to the photo's.
    """

    pixels: U8
    cutout: U8
    face: FaceGeometry
    head: Head
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Framed:
    """A person in a frame of a preset's size.

    ``cutout``: straight BGRA uint8 (H, W, 4). ``pixels``: the photo itself there, its border carried on beyond it, BGR
    uint8 (H, W, 3). ``enlarged``: pixels of the headshot to one of the photo, in one direction; above 1 there is less
    to see than the size promises.
    """

    preset: Preset
    cutout: U8
    pixels: U8
    box: FrameBox
    enlarged: float


def cut_out_person(
    pixels: U8, face: FaceGeometry, model: MattingModel, presets: list[Preset], *, opaque: U8 | None = None
) -> Person:
    """Cut the person with ``face`` out of a photo, BGR uint8 (H, W, 3), as large as the largest of ``presets`` wants.

    The network sees the part around the face alone, and on its feet, so that it sees it well. ``opaque``: how much of
    each pixel is there, uint8 (H, W), 255 = all; None: all of all. Raises ModelError.
    """
    turned = face.quarter_turns
    pixels, face = _on_its_feet(pixels, face)
    unit = face.eyes_to_chin
    corners = [face.at(across * unit, down * unit) for across in (-ASIDE, ASIDE) for down in (-ABOVE, BELOW)]
    (left, top), (right, bottom) = np.floor(np.min(corners, axis=0)), np.ceil(np.max(corners, axis=0))
    left, top = max(0, int(left)), max(0, int(top))
    inside = slice(top, max(0, int(bottom))), slice(left, max(0, int(right)))
    scale = max(preset.size[1] * preset.head for preset in presets) / (HEAD * unit)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    part = np.asarray(cv2.resize(pixels[inside], None, fx=scale, fy=scale, interpolation=how), np.uint8)
    points = (face.points - np.array([left, top, 0], np.float32)) * np.float32(scale)
    face = FaceGeometry(points, face.certainty)
    alpha8 = photo_alpha(model, part)
    if opaque is not None:
        smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR  # Lanczos would ring
        there = cv2.resize(np.rot90(opaque, turned)[inside], part.shape[1::-1], interpolation=smooth)
        alpha8 = np.asarray(np.minimum(alpha8, there))
    alpha8 = _with_face(alpha8, face)
    return Person(part, cut_out(part, alpha8), face, head_of(face, alpha8), scale)


def framed(person: Person, preset: Preset) -> Framed:
    """``person`` in the frame of ``preset``. Raises CaptureError where the photo is too tight for one."""
    box = choose_frame(person.face, person.head, np.ascontiguousarray(person.cutout[..., 3]), preset)
    zoom = preset.size[1] / box.height
    samples = min(MOST_SAMPLES, max(1, math.ceil(1 / zoom)))
    warped = [
        _sampled(picture, _to_frame(person.face, box, preset, samples), preset, samples, border)
        for picture, border in (
            (np.ascontiguousarray(person.cutout[..., :3]), cv2.BORDER_REPLICATE),
            (np.ascontiguousarray(person.cutout[..., 3]), cv2.BORDER_CONSTANT),
            (person.pixels, cv2.BORDER_REPLICATE),
        )
    ]
    return Framed(preset, np.dstack(warped[:2]), warped[2], box, zoom * person.scale)


def _on_its_feet(pixels: U8, face: FaceGeometry) -> tuple[U8, FaceGeometry]:
    """The photo turned by quarters until the face is upright, or slopes by less than one eighth."""
    points = face.points.copy()
    for turn in range(face.quarter_turns):  # each against the clock
        width = pixels.shape[turn % 2 == 0]
        points[:, 0], points[:, 1] = points[:, 1].copy(), width - points[:, 0]
    return np.rot90(pixels, face.quarter_turns), FaceGeometry(points, face.certainty)


def _to_frame(face: FaceGeometry, box: FrameBox, preset: Preset, samples: int) -> F32:
    """From the person's pixels to the frame's samples, as a matrix (2, 3)."""
    zoom = preset.size[1] / box.height * samples
    linear = zoom * axes(box.roll_deg)
    moved = -linear @ np.asarray(face.eyes) - zoom * np.array([box.left, box.top])
    moved += linear @ (0.5, 0.5) - 0.5  # OpenCV's whole numbers are in the middle of pixels
    return np.column_stack([linear, moved]).astype(np.float32)


def _sampled(picture: U8, matrix: F32, preset: Preset, samples: int, border: int) -> U8:
    width, height = preset.size
    wide_wh = width * samples, height * samples
    wide = cv2.warpAffine(picture, matrix, wide_wh, flags=cv2.INTER_CUBIC, borderMode=border)
    return np.asarray(cv2.resize(wide, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _with_face(alpha8: U8, face: FaceGeometry) -> U8:
    """The matte of the person with ``face`` alone: others, and things beside them, go where they do not touch."""
    count, labels = cv2.connectedComponents(np.asarray(alpha8 >= PRESENT, np.uint8), connectivity=8)
    height, width = labels.shape
    x, y = face.points[:, 0].astype(int), face.points[:, 1].astype(int)
    shown = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    votes = np.bincount(labels[y[shown], x[shown]], minlength=count)
    votes[0] = 0
    if not votes.any():
        raise CaptureError("the network sees no person where the face is: try another --model")
    own = int(votes.argmax())
    if count == 2:  # nothing else is there
        return alpha8
    away = cv2.distanceTransform(np.asarray(labels != own, np.uint8), cv2.DIST_L2, 3)
    from_others = cv2.distanceTransform(np.asarray((labels == own) | (labels == 0), np.uint8), cv2.DIST_L2, 3)
    return np.asarray(alpha8 * (away <= from_others), np.uint8)
