"""Place the subject in the output: crop to it, scale it, move it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.errors import NothingFoundError, SettingsError
from cyclorama.core.frames import U8, SizeWH
from cyclorama.pictures.decode import MAX_MEGAPIXELS
from cyclorama.settings.picture_kinds import NO_LENGTH, Length, Position
from cyclorama.stills.cut_out.shadow import SHADOW_BELOW, SHADOW_BESIDE

SEEN = 13
"""Alpha (0 to 255) from which a pixel counts for the subject's bounding box; fainter ones are hardly visible."""
SOFT = 4
"""Margin in pixels around the bounding box that is resampled with the subject, so that its edge fades out."""
Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels; right and bottom are exclusive."""


@dataclass(frozen=True, slots=True)
class Placing:
    """The placement that the user asked for; by default the subject keeps its place and size.

    ``crop``: crop to ``margin`` around the subject, without a margin on sides where the photo cuts it off. ``scale``:
    the subject fills this share of the width or the height, whichever it reaches first. ``position``: None means
    ``original`` without a ``scale``; with one it means centred, but flush with a side where the photo cuts the subject
    off. Raises SettingsError for options that exclude each other.
    """

    crop: bool = False
    margin: Length = NO_LENGTH
    scale: float | None = None
    position: Position | None = None

    def __post_init__(self) -> None:
        if self.crop and (self.scale is not None or self.position is not None):
            raise SettingsError("--crop ends the picture around the subject: give --margin, not --scale or --position")
        if not self.crop and self.margin != NO_LENGTH:
            raise SettingsError("--margin is what --crop leaves around the subject: give --crop too")


UNCHANGED = Placing()


@dataclass(frozen=True, slots=True)
class Placement:
    """The mapping from the photo to the output: pixel (x, y) goes to ``scale * (x, y) + offset``.

    ``size_wh``: of the output. ``box``: the bounding box of the subject in the photo, with its soft edge. ``stands``:
    the lower edge of the photo does not cut the subject off.
    """

    size_wh: SizeWH
    scale: float
    offset: tuple[int, int]
    box: Box
    stands: bool


def place_subject(alpha8: U8, placing: Placing, *, shadow: bool = False) -> Placement:
    """Compute the placement of the subject of a photo with this alpha, uint8 (H, W).

    ``shadow``: leave room for a shadow in a crop, if the subject stands. Raises NothingFoundError where alpha is empty,
    SettingsError where a margin would make the output larger than a photo may be.
    """
    height, width = alpha8.shape
    left, top, box_width, box_height = cv2.boundingRect(np.asarray(cv2.inRange(alpha8, SEEN, 255), np.uint8))
    if box_width == 0:
        raise NothingFoundError("the network finds nothing to cut out: try another --model")
    box = left, top, left + box_width, top + box_height
    stands = box[3] < height
    shadow = shadow and stands
    soft = max(0, left - SOFT), max(0, top - SOFT), min(width, box[2] + SOFT), min(height, box[3] + SOFT)
    if placing.crop:
        margin = placing.margin.pixels(max(box_width, box_height))
        beside = max(margin, round(SHADOW_BESIDE * box_width) if shadow else 0)
        below = max(margin, round(SHADOW_BELOW * box_width) if shadow else 0)
        before, above = beside * (left > 0), margin * (top > 0)
        after, below = beside * (box[2] < width), below * stands
        size_wh = before + box_width + after, above + box_height + below
        _check_size(size_wh)
        return Placement(size_wh, 1.0, (before - left, above - top), soft, stands)
    scale = 1.0
    if placing.scale is not None:
        scale = placing.scale * min(width / box_width, height / box_height)
    x = _start((box[0], box[2]), width, scale, placing, 0)
    y = _start((box[1], box[3]), height, scale, placing, 1)
    return Placement((width, height), scale, (x, y), soft, stands)


def render_placement(picture: U8, layout: Placement) -> U8:
    """Draw the subject of ``picture``, uint8 (H, W) or straight BGRA (H, W, 4), at its placement; all else is 0."""
    if layout.scale == 1 and layout.offset == (0, 0) and layout.size_wh == picture.shape[1::-1]:
        return picture
    left, top, right, bottom = layout.box
    subject = picture[top:bottom, left:right]
    x, y = round(layout.scale * left) + layout.offset[0], round(layout.scale * top) + layout.offset[1]
    if layout.scale != 1:  # round both ends, so that a subject flush with the edge leaves no gap
        end_x = round(layout.scale * right) + layout.offset[0]
        end_y = round(layout.scale * bottom) + layout.offset[1]
        how = cv2.INTER_AREA if layout.scale < 1 else cv2.INTER_CUBIC
        size_wh = max(1, end_x - x), max(1, end_y - y)
        subject = np.asarray(cv2.resize(subject, size_wh, interpolation=how), np.uint8)
    out = np.zeros((layout.size_wh[1], layout.size_wh[0], *picture.shape[2:]), np.uint8)
    into = out[max(0, y) : max(0, y + subject.shape[0]), max(0, x) : max(0, x + subject.shape[1])]
    into[...] = subject[max(0, -y) :, max(0, -x) :][: into.shape[0], : into.shape[1]]
    return out


def crop_background(picture: U8, layout: Placement) -> U8:
    """Crop a photo, BGR uint8 (H, W, 3), as the placement does; pixels beyond its border are replicated."""
    (x, y), (width, height) = layout.offset, layout.size_wh
    part = picture[max(0, -y) : max(0, height - y), max(0, -x) : max(0, width - x)]
    above, before = max(0, y), max(0, x)
    around = above, height - above - part.shape[0], before, width - before - part.shape[1]
    return part if not any(around) else np.asarray(cv2.copyMakeBorder(part, *around, cv2.BORDER_REPLICATE), np.uint8)


def _check_size(size_wh: SizeWH) -> None:
    megapixels = size_wh[0] * size_wh[1] / 1e6
    if megapixels > MAX_MEGAPIXELS:
        raise SettingsError(
            f"--margin: the picture would have {megapixels:.0f} megapixels, over {MAX_MEGAPIXELS}: give a smaller one"
        )


def _start(span: tuple[int, int], side: int, scale: float, placing: Placing, axis: int) -> int:
    """The offset along one axis. ``span``: of the subject in the photo. ``side``: of the photo and of the output."""
    extent = scale * (span[1] - span[0])
    if placing.position == "original" or (placing.position is None and placing.scale is None):
        return round((span[0] + span[1] - extent) / 2 - scale * span[0])
    if isinstance(placing.position, tuple):
        share = placing.position[axis]
    else:
        cut_before, cut_after = span[0] == 0, span[1] == side
        share = 0.5 if cut_before == cut_after else 0.0 if cut_before else 1.0
    if share == 1:  # rounded as render_placement rounds the end, so that no gap is left at the edge
        return side - round(scale * span[1])
    return round(share * (side - extent) - scale * span[0])
