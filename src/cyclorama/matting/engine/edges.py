"""Edge refinement: threshold, specks, veils, guided filter; from soft alpha on a coarse grid to the frame's alpha."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8, SizeWH
from cyclorama.core.opencv import resampled
from cyclorama.matting.downscale import even, part_downscaled_to, size_of
from cyclorama.matting.engine.guided import COARSER, guided_filter

PRESENT = 0.5
ROOM_SHARE = 0.001
"""Below this share of alpha over one half, the frame shows an empty room."""
VEIL_CELLS = 11
"""Side of the box in cells within which an outline goes from 0 to 1; a veil is wider."""
OUTLINE_CHANGE = 0.5, 0.9
"""Range of alpha in that box: less is a veil, more is an outline."""
DOUBT = 0.6, 0.8
"""In a veil, alpha below is room, above is person. Over one half: showing room costs more than a hole."""
LINES = 720
"""The frame height that the edge setting refers to."""


@dataclass(frozen=True, slots=True)
class EdgeStyle:
    """Parameters of edge refinement for one kind of alpha.

    ``guide_cells``: cells of the guide, spent on the person's bounding box; at most ``finer`` times the alpha's
    resolution a side. No guided filter where the guide would not be ``least_finer`` times as fine as the alpha.
    ``radius`` (cells) and ``epsilon``: of the guided filter. ``cut_off``: alpha below it becomes 0, above 1 minus it
    becomes 1. ``island``: alpha threshold of connected components; those smaller than ``speck_share`` of the largest
    are removed. ``remove_veils``: whether wide areas near one half
    are doubt, not glass.
    """

    guide_cells: int
    finer: float
    least_finer: float
    radius: int
    epsilon: float
    cut_off: float
    island: float
    speck_share: float
    remove_veils: bool

    def guide_size(self, part_wh: SizeWH, cells_wh: tuple[float, float]) -> SizeWH | None:
        """The guide's size for a crop of ``part_wh`` pixels with ``cells_wh`` cells of alpha; None: no filter."""
        own = cells_wh[0] * cells_wh[1]
        width, height = map(_even_side, size_of(*part_wh, min(self.guide_cells, self.finer**2 * own)))
        return (width, height) if width * height >= self.least_finer**2 * own else None


COARSE = EdgeStyle(
    65_000, math.inf, 0, radius=4, epsilon=0.008, cut_off=0.22, island=0.2, speck_share=0.01, remove_veils=True
)
"""For the probability of a segmentation network: a step of a tenth of the brightness range is an edge. The guide is
small enough for two milliseconds."""
MATCHED = replace(COARSE, radius=2, epsilon=0.001, cut_off=0.1)
"""For a probability whose outline was worked out against a picture of the empty room: it is in its place already."""
FINE = EdgeStyle(
    400_000, 2.0, 1.2, radius=2, epsilon=0.0003, cut_off=0.03, island=0.05, speck_share=0.002, remove_veils=False
)
"""For a matting network, which has found edges and hair: the guide only adds detail between its cells."""


def with_threshold(alpha: F32, threshold: float) -> F32:
    """``alpha`` with its odds scaled so that ``threshold`` becomes one half; 0 and 1 stay."""
    if threshold == 0.5:
        return alpha
    keep = alpha * np.float32(1 - threshold)
    return np.asarray(keep / (keep + (1 - alpha) * np.float32(threshold)), np.float32)


def offset_outline(alpha: F32, cells: float) -> F32:
    """``alpha`` dilated (positive) or eroded by ``cells``, fractions included."""
    if cells == 0:
        return alpha
    change = cv2.dilate if cells > 0 else cv2.erode
    whole = math.floor(abs(cells))
    share = abs(cells) - whole

    def by(radius: int) -> F32:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
        return np.asarray(change(alpha, kernel), np.float32) if radius else alpha

    near = by(whole)
    return near if share == 0 else near + (by(whole + 1) - near) * np.float32(share)


def without_specks(alpha: F32, style: EdgeStyle) -> F32:
    """``alpha`` without small connected components; all zero in an empty room."""
    present = (alpha > np.float32(style.island)).view(np.uint8)
    if int(np.count_nonzero(alpha > PRESENT)) < ROOM_SHARE * alpha.size:
        return np.zeros_like(alpha)
    count, labels = cv2.connectedComponents(present, connectivity=8, ltype=cv2.CV_16U)
    if count <= 2:
        return alpha
    areas = np.bincount(labels.ravel(), minlength=count)[1:]
    specks = 1 + np.flatnonzero(areas < style.speck_share * areas.max())
    if specks.size == 0:
        return alpha
    keep = np.ones(count, np.float32)
    keep[specks] = 0
    return np.asarray(alpha * keep[labels], np.float32)


def without_veils(alpha: F32) -> F32:
    """``alpha`` with wide areas of doubt decided for person or room.

    Where a probability goes from 0 to 1 within a few cells, it is an outline. A wide area near one half is doubt, and
    would show the room through a veil: there a steeper ramp is applied.
    """
    change = cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, np.ones((VEIL_CELLS, VEIL_CELLS), np.uint8))
    outline, sure = _ramp(np.asarray(change, np.float32), *OUTLINE_CHANGE), _ramp(alpha, *DOUBT)
    return np.asarray(sure + (alpha - sure) * outline, np.float32)


def _ramp(values: F32, low: float, high: float) -> F32:
    """A linear ramp: 0 up to ``low``, 1 from ``high`` on."""
    return np.asarray(np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1), np.float32)


class EdgeRefiner:
    """Makes the final alpha. Used by one thread; the alpha it returns is a new array each time."""

    def __init__(self, edge: float, threshold: float, style: EdgeStyle = COARSE) -> None:
        """``edge``: pixels of a 720-line picture. ``threshold``: the probability that becomes one half."""
        self._edge, self._threshold, self._style = edge, threshold, style

    def refine(self, soft: F32, pixels: U8) -> U8:
        """Upsample ``soft``, float32 (h, w) of the whole frame, to the size of ``pixels``, BGR uint8.

        Works on the person's bounding box alone, with the same number of cells for a person of any size. Returns uint8
        (H, W), 255 = person. Raises ValueError where the result is no alpha.
        """
        style, (height, width) = self._style, pixels.shape[:2]
        soft = with_threshold(soft, self._threshold)
        soft = without_specks(without_veils(soft) if style.remove_veils else soft, style)
        soft = offset_outline(soft, self._edge * soft.shape[0] / LINES)
        left, top, wide, high = cv2.boundingRect((soft > np.float32(style.cut_off / 4)).view(np.uint8))
        full = np.zeros((height, width), np.uint8)
        if wide == 0:
            return full
        rows = even(_widened(top, high, soft.shape[0], height), height)
        columns = even(_widened(left, wide, soft.shape[1], width), width)
        part_wh = columns.stop - columns.start, rows.stop - rows.start
        cells_wh = part_wh[0] * soft.shape[1] / width, part_wh[1] * soft.shape[0] / height
        size_wh = style.guide_size(part_wh, cells_wh)
        if size_wh is None:
            levels = _levels(_cut(soft, rows, columns, (width, height), part_wh))
        else:
            part = self._guided(_cut(soft, rows, columns, (width, height), size_wh), pixels, rows, columns)
            levels = resampled(_levels(part), part_wh)
        full[rows, columns] = levels
        return full

    def _guided(self, part: F32, pixels: U8, rows: slice, columns: slice) -> F32:
        """A crop of the alpha, guided by the same crop of the picture."""
        style = self._style
        guide = part_downscaled_to(pixels, rows, columns, (part.shape[1], part.shape[0]))
        found = guided_filter(guide, part, style.radius, style.epsilon)
        found = _ramp(found, style.cut_off, 1 - style.cut_off)
        if np.isnan(found.min()):  # as uint8 it would look valid
            raise ValueError("the guided filter gave no number")
        return found


def _levels(alpha: F32) -> U8:
    """0..1 to 0..255, rounded."""
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)


def _even_side(side: int) -> int:
    """A side that halves without remainder: cv2.resize then takes a tenth of the time."""
    return max(1, side // COARSER * COARSER)


def _widened(start: int, length: int, cells: int, pixels: int) -> slice:
    """A span of grid cells, two more at either end, as a span of pixels."""
    scale = pixels / cells
    return slice(max(0, math.floor((start - 2) * scale)), min(pixels, math.ceil((start + length + 2) * scale)))


def _cut(soft: F32, rows: slice, columns: slice, frame_wh: SizeWH, size_wh: SizeWH) -> F32:
    """The crop of ``soft`` for ``rows`` and ``columns`` of a frame, resampled to ``size_wh``."""
    sx, sy = soft.shape[1] / frame_wh[0], soft.shape[0] / frame_wh[1]
    step_x = (columns.stop - columns.start) * sx / size_wh[0]
    step_y = (rows.stop - rows.start) * sy / size_wh[1]
    # The centre of cell i lies at start + (i + 1/2) * step - 1/2.
    matrix = np.array(
        [
            [step_x, 0, columns.start * sx + step_x / 2 - 0.5],
            [0, step_y, rows.start * sy + step_y / 2 - 0.5],
        ],
        np.float32,
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(soft, matrix, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)
