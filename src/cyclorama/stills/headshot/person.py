"""Cut the person with a face out of a photo, and warp the cut-out into the frame of a preset."""

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
from cyclorama.stills.headshot.frame import FrameBox, choose_frame, frame_axes
from cyclorama.stills.headshot.preset import Preset
from cyclorama.stills.portrait.face import FaceGeometry
from cyclorama.stills.portrait.head import Head, measure_head

ABOVE, BELOW, ASIDE = 4.0, 6.5, 5.0
"""The part of the photo that is cut out, around the eyes, in distances from the eyes to the chin: no frame is
larger."""
HEAD = 2.1
"""Assumed height of a head in the same unit, as long as the crown is not known."""
PRESENT = 128
"""Alpha (0 to 255) from which neighbouring pixels belong to one connected component."""
MOST_SAMPLES = 4
"""Supersampling: at most so many samples per pixel and direction are averaged when a headshot is smaller."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """The part of a photo around a face, resampled to about the resolution of the headshot.

    ``pixels``: BGR uint8 (H, W, 3). ``cutout``: straight BGRA uint8 (H, W, 4) of this person alone. ``face``, ``head``:
    in pixels of this part. ``scale``: pixels of this part per pixel of the photo.
    """

    pixels: U8
    cutout: U8
    face: FaceGeometry
    head: Head
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Framed:
    """A person in a frame, at the size of the preset.

    ``cutout``: straight BGRA uint8 (H, W, 4). ``pixels``: the photo in the same frame, its border replicated beyond it,
    BGR uint8 (H, W, 3). ``enlarged``: pixels of the headshot per pixel of the photo in one direction; above 1 the
    headshot has less detail than its size suggests.
    """

    preset: Preset
    cutout: U8
    pixels: U8
    box: FrameBox
    enlarged: float


def cut_out_person(
    pixels: U8, face: FaceGeometry, model: MattingModel, presets: list[Preset], *, opaque: U8 | None = None
) -> Person:
    """Cut the person with ``face`` out of a photo, BGR uint8 (H, W, 3), at the size that the largest preset needs.

    The network sees only the part around the face, rotated upright, because a subject that fills its input gives better
    edges. ``opaque``: the alpha channel of the photo, uint8 (H, W); None where it has none. Raises ModelError;
    CaptureError where the network finds no person at the face.
    """
    turned = face.quarter_turns
    pixels, face = _rotate_upright(pixels, face)
    unit = face.eyes_to_chin
    corners = [face.at(across * unit, down * unit) for across in (-ASIDE, ASIDE) for down in (-ABOVE, BELOW)]
    (left, top), (right, bottom) = np.floor(np.min(corners, axis=0)), np.ceil(np.max(corners, axis=0))
    left, top = max(0, int(left)), max(0, int(top))
    inside = slice(top, max(0, int(bottom))), slice(left, max(0, int(right)))
    scale = max(preset.size[1] * preset.head for preset in presets) / (HEAD * unit)
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LANCZOS4
    part = np.asarray(cv2.resize(pixels[inside], None, fx=scale, fy=scale, interpolation=how), np.uint8)
    points = (face.points - np.array([left, top, 0], np.float32)) * np.float32(scale)
    face = FaceGeometry(points, face.logit)
    alpha8 = photo_alpha(model, part)
    if opaque is not None:
        smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR  # Lanczos would ring
        there = cv2.resize(np.rot90(opaque, turned)[inside], part.shape[1::-1], interpolation=smooth)
        alpha8 = np.asarray(np.minimum(alpha8, there))
    alpha8 = _keep_person_with_face(alpha8, face)
    return Person(part, cut_out(part, alpha8), face, measure_head(face, alpha8), scale)


def framed(person: Person, preset: Preset) -> Framed:
    """Warp ``person`` into the frame of ``preset``. Raises CaptureError where the photo is too tight for it."""
    box = choose_frame(person.face, person.head, np.ascontiguousarray(person.cutout[..., 3]), preset)
    zoom = preset.size[1] / box.height
    samples = min(MOST_SAMPLES, max(1, math.ceil(1 / zoom)))
    warped = [
        _warp_supersampled(picture, _frame_matrix(person.face, box, preset, samples), preset, samples, border)
        for picture, border in (
            (np.ascontiguousarray(person.cutout[..., :3]), cv2.BORDER_REPLICATE),
            (np.ascontiguousarray(person.cutout[..., 3]), cv2.BORDER_CONSTANT),
            (person.pixels, cv2.BORDER_REPLICATE),
        )
    ]
    return Framed(preset, np.dstack(warped[:2]), warped[2], box, zoom * person.scale)


def _rotate_upright(pixels: U8, face: FaceGeometry) -> tuple[U8, FaceGeometry]:
    """Rotate the photo by quarter turns until the roll of the face is within 45 degrees."""
    points = face.points.copy()
    for turn in range(face.quarter_turns):  # counter-clockwise, as numpy.rot90
        width = pixels.shape[turn % 2 == 0]
        points[:, 0], points[:, 1] = points[:, 1].copy(), width - points[:, 0]
    return np.rot90(pixels, face.quarter_turns), FaceGeometry(points, face.logit)


def _frame_matrix(face: FaceGeometry, box: FrameBox, preset: Preset, samples: int) -> F32:
    """The affine matrix, float32 (2, 3), from pixels of the person to samples of the frame."""
    zoom = preset.size[1] / box.height * samples
    linear = zoom * frame_axes(box.roll_deg)
    moved = -linear @ np.asarray(face.eyes) - zoom * np.array([box.left, box.top])
    moved += linear @ (0.5, 0.5) - 0.5  # warpAffine has integer coordinates at pixel centres
    return np.column_stack([linear, moved]).astype(np.float32)


def _warp_supersampled(picture: U8, matrix: F32, preset: Preset, samples: int, border: int) -> U8:
    """Warp with ``samples`` samples per pixel and direction, and average them; ``border``: an OpenCV border mode."""
    width, height = preset.size
    wide_wh = width * samples, height * samples
    wide = cv2.warpAffine(picture, matrix, wide_wh, flags=cv2.INTER_CUBIC, borderMode=border)
    return np.asarray(cv2.resize(wide, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _keep_person_with_face(alpha8: U8, face: FaceGeometry) -> U8:
    """Set alpha to 0 for all that is nearer to another connected component than to the one that holds the face."""
    count, labels = cv2.connectedComponents(np.asarray(alpha8 >= PRESENT, np.uint8), connectivity=8)
    height, width = labels.shape
    x, y = face.points[:, 0].astype(int), face.points[:, 1].astype(int)
    shown = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    votes = np.bincount(labels[y[shown], x[shown]], minlength=count)
    votes[0] = 0
    if not votes.any():
        raise CaptureError("the network sees no person where the face is: try another --model")
    own = int(votes.argmax())
    if count == 2:  # background and this person alone
        return alpha8
    away = cv2.distanceTransform(np.asarray(labels != own, np.uint8), cv2.DIST_L2, 3)
    from_others = cv2.distanceTransform(np.asarray((labels == own) | (labels == 0), np.uint8), cv2.DIST_L2, 3)
    return np.asarray(alpha8 * (away <= from_others), np.uint8)
