"""From the soft alpha of a small grid to the final alpha of the frame: outline, guided filter, clean ends."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from cyclorama.core.frames import F32, U8, SizeWH
from cyclorama.core.opencv import resampled
from cyclorama.matting.engine.guided import COARSER, guided_filter
from cyclorama.matting.reduce import even, part_reduced_to, size_of

PRESENT = 0.5
ROOM_SHARE = 0.001
"""A picture with less than this of it more person than not is an empty room."""
VEIL_CELLS = 11
"""Side of the box of cells that an outline passes from room to person in; a veil is wider."""
OUTLINE_CHANGE = 0.5, 0.9
"""Change of alpha in that box: less is a veil, more is an outline."""
DOUBT = 0.6, 0.8
"""Of a veil, what lies below is room, above is person. More than half: a piece of room costs more than a hole."""
LINES = 720
"""The picture height that the edge setting is given for."""


@dataclass(frozen=True, slots=True)
class EdgeStyle:
    """How the edges of one kind of alpha are found.

    ``guide_cells``: about as many cells of the picture guide, spent on the person's part of it; and ``finer`` times the
    alpha's own a side at most. Where they are not ``least_finer`` times as many a side, the alpha is fine enough as it
    is. ``radius`` (cells) and ``epsilon``: of the guided filter. ``cut_off``: less than this is background, more than 1
    minus this is person: no veil, no holes. ``island``: an island of alpha above this counts as one; smaller than
    ``speck_share`` of the largest it is no person. ``settle``: whether wide stretches of halves are doubt, not glass.
    """

    guide_cells: int
    finer: float
    least_finer: float
    radius: int
    epsilon: float
    cut_off: float
    island: float
    speck_share: float
    settle: bool

    def guide_size(self, part_wh: SizeWH, cells_wh: tuple[float, float]) -> SizeWH | None:
        """The guide's size for a part of the frame that ``cells_wh`` of the alpha show; None: no guide is needed."""
        own = cells_wh[0] * cells_wh[1]
        width, height = map(_even_side, size_of(*part_wh, min(self.guide_cells, self.finer**2 * own)))
        return (width, height) if width * height >= self.least_finer**2 * own else None


COARSE = EdgeStyle(
    65_000, math.inf, 0, radius=4, epsilon=0.008, cut_off=0.22, island=0.2, speck_share=0.01, settle=True
)
"""For the probability of a segmentation network: a step of a tenth of the range of brightness is an edge. Its guide has
few enough cells for two milliseconds."""
FINE = EdgeStyle(
    400_000, 2.0, 1.2, radius=2, epsilon=0.0003, cut_off=0.03, island=0.05, speck_share=0.002, settle=False
)
"""For a matting network, which has found the edge, and hair: the picture only adds what lies between its cells."""


def shifted(alpha: F32, threshold: float) -> F32:
    """``alpha`` with its odds changed so that ``threshold`` becomes one half; 0 and 1 stay."""
    if threshold == 0.5:
        return alpha
    keep = alpha * np.float32(1 - threshold)
    return np.asarray(keep / (keep + (1 - alpha) * np.float32(threshold)), np.float32)


def moved_outline(alpha: F32, cells: float) -> F32:
    """``alpha`` with its outline moved out (positive) or in by ``cells``, also by parts of one."""
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
    """``alpha`` without small islands; all zero in an empty room."""
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


def settled(alpha: F32) -> F32:
    """``alpha`` with its veils made up to person or room.

    Where a probability passes from one to the other within a few cells, it is an outline. A wide stretch of halves is a
    network in doubt, and would show the room through a veil: there the odds are made sharper.
    """
    change = cv2.morphologyEx(alpha, cv2.MORPH_GRADIENT, np.ones((VEIL_CELLS, VEIL_CELLS), np.uint8))
    outline, sure = _ramp(np.asarray(change, np.float32), *OUTLINE_CHANGE), _ramp(alpha, *DOUBT)
    return np.asarray(sure + (alpha - sure) * outline, np.float32)


def _ramp(values: F32, low: float, high: float) -> F32:
    """0 up to ``low``, 1 from ``high`` on, and straight in between."""
    return np.asarray(np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1), np.float32)


class EdgeRefiner:
    """Makes the final alpha. Used by one thread; the alpha it returns is a new array each time."""

    def __init__(self, edge: float, threshold: float, style: EdgeStyle = COARSE) -> None:
        """``edge``: pixels of a 720-line picture. ``threshold``: the probability that becomes one half."""
        self._edge, self._threshold, self._style = edge, threshold, style

    def refine(self, soft: F32, pixels: U8) -> U8:
        """The alpha of a frame: ``soft``, float32 (h, w) of the whole picture, at the size of ``pixels``, BGR uint8.

        The work is done on the person's part alone, at a resolution that a person of any size gets the same number of
        cells of. Returns uint8 (H, W), 255 = person. Raises ValueError where the result is no alpha.
        """
        style, (height, width) = self._style, pixels.shape[:2]
        soft = shifted(soft, self._threshold)
        soft = without_specks(settled(soft) if style.settle else soft, style)
        soft = moved_outline(soft, self._edge * soft.shape[0] / LINES)
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
        """A part of the alpha with its edges moved onto those of the picture."""
        style = self._style
        guide = part_reduced_to(pixels, rows, columns, (part.shape[1], part.shape[0]))
        found = guided_filter(guide, part, style.radius, style.epsilon)
        found = _ramp(found, style.cut_off, 1 - style.cut_off)
        if np.isnan(found.min()):  # as bytes it would be an alpha like any other
            raise ValueError("the guided filter gave no number")
        return found


def _levels(alpha: F32) -> U8:
    """0..1 to 0..255."""
    return np.asarray(cv2.convertScaleAbs(alpha, alpha=255), np.uint8)


def _even_side(side: int) -> int:
    """Halved without a remainder, which takes a tenth of the time."""
    return max(1, side // COARSER * COARSER)


def _widened(start: int, length: int, cells: int, pixels: int) -> slice:
    """A span of grid cells, and two more at either end, as a span of pixels."""
    scale = pixels / cells
    return slice(max(0, math.floor((start - 2) * scale)), min(pixels, math.ceil((start + length + 2) * scale)))


def _cut(soft: F32, rows: slice, columns: slice, frame_wh: SizeWH, size_wh: SizeWH) -> F32:
    """The part of ``soft`` that shows ``rows`` and ``columns`` of a frame, resampled to ``size_wh``."""
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
