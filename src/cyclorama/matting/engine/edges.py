"""Edge refinement: threshold, specks, veils, guided filter; from soft alpha on a coarse grid to the frame's alpha.

How much is changed follows how sure alpha is (:mod:`cyclorama.matting.engine.sureness`): a matte is only enlarged, a
probability is pulled to the picture's edges, sharpened, and freed of veils.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8, KnownOutline, SizeWH
from cyclorama.core.opencv import NOTHING, mixed, resampled
from cyclorama.matting.downscale import even, part_downscaled_to, size_of
from cyclorama.matting.engine.guided import COARSER, LEVEL, guided_filter
from cyclorama.matting.engine.sureness import Sureness

S = TypeVar("S", np.uint8, np.float32)
T = TypeVar("T", np.uint8, np.float32)

PRESENT = 0.5
ROOM_SHARE = 0.001
"""Below this share of alpha over one half, the frame shows an empty room."""
VEIL_CELLS = 11
"""Side of the box in cells within which an outline goes from 0 to 1; a veil is wider."""
OUTLINE_CHANGE = 0.5, 0.9
"""Range of alpha in that box: less is a veil, more is an outline."""
DOUBT = 0.6, 0.8
"""In a veil, alpha below is room, above is person. Over one half: showing room costs more than a hole."""
SURE_CUT_OFF = 0.01
"""The cut-off of a sure alpha: what eight bits and a codec leave of 0 and 1."""
CROSSING_CELLS = 7
"""Side of the box in cells of the guide within which a crisp outline of a fine alpha goes from 0 to 1."""
CROSSING = 0.7, 1.0
"""Range of alpha in that box: less is soft, all is crisp."""
SOFT_KEPT = 0.5
"""Share of a fine alpha's own value where it is soft: the guided filter alone would blur its hair."""
STEP = 8
"""The person's bounding box begins and ends at multiples of so many cells."""
LINES = 720
"""The frame height that the edge setting refers to."""


@dataclass(frozen=True, slots=True)
class EdgeStyle:
    """Parameters of edge refinement for one kind of alpha.

    ``guide_cells``: cells of the guide, spent on the person's bounding box; at most ``finer`` times the alpha's
    resolution a side. No guided filter where the guide would not be ``least_finer`` times as fine as the alpha.
    ``radius`` (cells) and ``epsilon``: of the guided filter. ``cut_off``: alpha below it becomes 0, above 1 minus it
    becomes 1; for a sure alpha it is ``SURE_CUT_OFF``. ``island``: alpha threshold of connected components; those
    smaller than ``speck_share`` of the largest are removed. ``fine``: alpha is a matte; otherwise its sureness is
    measured, and what is not sure has no glass: wide areas near one half are doubt.
    """

    guide_cells: int
    finer: float
    least_finer: float
    radius: int
    epsilon: float
    cut_off: float
    island: float
    speck_share: float
    fine: bool

    def guide_size(self, part_wh: SizeWH, cells_wh: tuple[float, float]) -> SizeWH | None:
        """The guide's size for a crop of ``part_wh`` pixels with ``cells_wh`` cells of alpha; None: no filter."""
        own = cells_wh[0] * cells_wh[1]
        width, height = map(_even_side, size_of(*part_wh, min(self.guide_cells, self.finer**2 * own)))
        return (width, height) if width * height >= self.least_finer**2 * own else None


COARSE = EdgeStyle(
    65_000, math.inf, 0, radius=4, epsilon=0.0005, cut_off=0.19, island=0.2, speck_share=0.01, fine=False
)
"""For the probability of a segmentation network: a step of a fortieth of the brightness range is an edge. The guide is
small enough for two milliseconds."""
FINE = EdgeStyle(
    400_000, 2.0, 1.2, radius=2, epsilon=0.0003, cut_off=SURE_CUT_OFF, island=0.05, speck_share=0.002, fine=True
)
"""For a matting network, which has found edges and hair: the guide only adds detail between its cells."""


def _ramp(values: F32, low: float, high: float) -> F32:
    """A linear ramp: 0 up to ``low``, 1 from ``high`` on."""
    return np.asarray(np.clip((values - np.float32(low)) * np.float32(1 / (high - low)), 0, 1), np.float32)


ALL = np.linspace(0, 1, 256, dtype=np.float32)
OUTLINE, DECIDED = _ramp(ALL, *OUTLINE_CHANGE), _ramp(ALL, *DOUBT)
"""For each level of change within a box of ``VEIL_CELLS``, how much of an outline it is; for each level of alpha in a
veil, what it is decided for."""
KEPT = np.float32(SOFT_KEPT) * (1 - _ramp(ALL, *CROSSING))
"""For each level of change of a fine alpha within a box of ``CROSSING_CELLS``, the share of its own value that it
keeps."""


def with_threshold(alpha: F32, threshold: float) -> F32:
    """``alpha`` with its odds scaled so that ``threshold`` becomes one half; 0 and 1 stay."""
    if threshold == 0.5:
        return alpha
    keep = alpha * np.float32(1 - threshold)
    return np.asarray(keep / (keep + (1 - alpha) * np.float32(threshold)), np.float32)


def disc(radius: int) -> U8:
    """A round kernel of ``radius`` cells."""
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2), np.uint8)


def offset_outline(alpha: F32, cells: float) -> F32:
    """``alpha`` dilated (positive) or eroded by ``cells``, fractions included."""
    if cells == 0:
        return alpha
    change = cv2.dilate if cells > 0 else cv2.erode
    whole = math.floor(abs(cells))
    share = abs(cells) - whole

    def by(radius: int) -> F32:
        return np.asarray(change(alpha, disc(radius)), np.float32) if radius else alpha

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
    areas = cv2.calcHist([labels], [0], NOTHING, [count], [0, count]).ravel()[1:]
    specks = 1 + np.flatnonzero(areas < style.speck_share * areas.max())
    if specks.size == 0:
        return alpha
    keep = np.ones(count, np.float32)
    keep[specks] = 0
    return np.asarray(alpha * np.take(keep, np.asarray(labels, np.uint16)), np.float32)


def without_veils(alpha: F32) -> F32:
    """``alpha`` with wide areas of doubt decided for person or room.

    Where a probability goes from 0 to 1 within a few cells, it is an outline. A wide area near one half is doubt, and
    would show the room through a veil: there a steeper ramp is applied.
    """
    levels = _levels(alpha)
    change = cv2.morphologyEx(levels, cv2.MORPH_GRADIENT, np.ones((VEIL_CELLS, VEIL_CELLS), np.uint8))
    outline, decided = (np.asarray(cv2.LUT(at, by), np.float32) for at, by in ((change, OUTLINE), (levels, DECIDED)))
    return mixed(alpha, decided, outline)


class EdgeRefiner:
    """Makes the final alpha. Used by one thread; the alpha it returns is a new array each time."""

    def __init__(self, edge: float, threshold: float, style: EdgeStyle = COARSE) -> None:
        """``edge``: pixels of a 720-line picture. ``threshold``: the probability that becomes one half."""
        self._edge, self._threshold, self._style = edge, threshold, style
        self._sureness = Sureness()

    def refine(self, soft: F32, pixels: U8, outline: KnownOutline | None = None) -> U8:
        """Upsample ``soft``, float32 (h, w) of the whole frame, to the size of ``pixels``, BGR uint8; along ``outline``
        with the alpha that is known there.

        Works on the person's bounding box alone, with the same number of cells for a person of any size. Returns uint8
        (H, W), 255 = person. Raises ValueError where the result is no alpha.
        """
        style, (height, width) = self._style, pixels.shape[:2]
        soft = with_threshold(soft, self._threshold)
        sure = 1.0 if style.fine else self._sureness.see(soft, pixels)
        soft = self._cleaned(soft, sure)
        cut_off = style.cut_off + (SURE_CUT_OFF - style.cut_off) * sure
        left, top, wide, high = cv2.boundingRect((soft > np.float32(cut_off)).view(np.uint8))
        full = np.zeros((height, width), np.uint8)
        if wide == 0:
            return full
        rows = even(_widened(top, high, soft.shape[0], height), height)
        columns = even(_widened(left, wide, soft.shape[1], width), width)
        part_wh = columns.stop - columns.start, rows.stop - rows.start
        cells_wh = part_wh[0] * soft.shape[1] / width, part_wh[1] * soft.shape[0] / height
        size_wh = style.guide_size(part_wh, cells_wh) if sure < 1 or style.fine else None
        crop = _Crop(soft, rows, columns, (width, height), (soft.shape[1], soft.shape[0]))
        if size_wh is None:  # there is nothing to find in the picture
            levels = _levels(crop.detailed().resampled(part_wh))
        else:
            part = self._guided(crop, part_downscaled_to(pixels, rows, columns, size_wh), sure)
            levels = resampled(_levels(part, cut_off), part_wh)
        full[rows, columns] = levels if outline is None else _with_outline(levels, outline, crop)
        return full

    def _cleaned(self, soft: F32, sure: float) -> F32:
        """Without specks, and without veils as far as alpha is not sure; the edge moved as set."""
        if sure < 1:
            clear = without_veils(soft)
            soft = _mixed(clear, soft, sure)
        soft = without_specks(soft, self._style)
        return offset_outline(soft, self._edge * soft.shape[0] / LINES)

    def _guided(self, crop: _Crop[np.float32], guide: U8, sure: float) -> F32:
        """A crop of the alpha, guided by the same crop of the picture, ``guide``; may leave [0, 1] by a little."""
        style, size_wh = self._style, (guide.shape[1], guide.shape[0])
        # a sure alpha is read with a cubic filter, which keeps its detail; a doubtful one has none
        soft = (crop.detailed() if sure > 0 else crop).resampled(size_wh)
        found = guided_filter(guide, soft, style.radius, style.epsilon)
        if style.fine:
            found += (soft - found) * _soft_kept(soft)
        elif sure > 0:
            found = _mixed(found, soft, sure)
        if np.isnan(found.min()):  # as uint8 it would look valid
            raise ValueError("the guided filter gave no number")
        return found


def _soft_kept(alpha: F32) -> F32:
    """The share of a fine ``alpha``'s own value: none at a crisp outline, SOFT_KEPT where it is soft."""
    box = np.ones((CROSSING_CELLS, CROSSING_CELLS), np.uint8)
    return np.asarray(cv2.LUT(cv2.morphologyEx(_levels(alpha), cv2.MORPH_GRADIENT, box), KEPT), np.float32)


def _mixed(first: F32, second: F32, share: float) -> F32:
    """``first``, and this share of ``second`` in its place."""
    return np.asarray(cv2.addWeighted(first, 1 - share, second, share, 0), np.float32)


def _levels(alpha: F32, cut_off: float = 0) -> U8:
    """Alpha as 0..255, rounded: 0 up to ``cut_off``, 255 from 1 minus it on."""
    scale = 255 / (1 - 2 * cut_off)
    return np.asarray(cv2.addWeighted(alpha, scale, alpha, 0, -cut_off * scale, dtype=cv2.CV_8U), np.uint8)


def _with_outline(levels: U8, outline: KnownOutline, crop: _Crop[np.float32]) -> U8:
    """The alpha of ``crop`` in levels, with that of a known outline in its place as far as that has weight.

    At full size, as the outline may be known more finely than the guide is; but only for the pixels that it reaches.
    """
    size_wh = levels.shape[1], levels.shape[0]
    known, weight = (crop.of(values).resampled(size_wh) for values in (outline.alpha, outline.weight))
    at = cv2.findNonZero(weight)
    if at is None:
        return levels
    x, y = np.asarray(at, np.intp).reshape(-1, 2).T
    here = y * size_wh[0] + x
    found, wanted, share = (np.take(each, here).astype(np.float32) for each in (levels, known, weight))
    after = cv2.convertScaleAbs(mixed(wanted, found, share * LEVEL))  # rounds
    np.put(levels, here, np.asarray(after, np.uint8))
    return levels


def _even_side(side: int) -> int:
    """A side that halves without remainder: cv2.resize then takes a tenth of the time."""
    return max(1, side // COARSER * COARSER)


def _widened(start: int, length: int, cells: int, pixels: int) -> slice:
    """A span of grid cells, two more at either end and widened to whole steps of ``STEP``, as a span of pixels.

    A crop that followed a person cell by cell would sample the picture anew in each frame: flicker.
    """
    scale = pixels / cells
    first, last = (start - 2) // STEP * STEP, -(-(start + length + 2) // STEP) * STEP
    return slice(max(0, math.floor(first * scale)), min(pixels, math.ceil(last * scale)))


def _cells_under(span: slice, pixels: int, cells: int) -> slice:
    """The grid cells under a span of pixels, and the two around them that cubic interpolation reads."""
    scale = cells / pixels
    return slice(max(0, math.floor(span.start * scale) - 2), min(cells, math.ceil(span.stop * scale) + 2))


@dataclass(frozen=True, slots=True, eq=False)
class _Crop(Generic[T]):
    """The part of an alpha, or of other values, for ``rows`` and ``columns`` of a frame of ``frame_wh``.

    ``soft``: (h, w), what is kept of a grid of ``grid_wh`` cells for the whole frame, from ``first_xy`` on.
    """

    soft: NDArray[T]
    rows: slice
    columns: slice
    frame_wh: SizeWH
    grid_wh: SizeWH
    first_xy: tuple[int, int] = (0, 0)

    def detailed(self) -> _Crop[T]:
        """The same of an alpha of twice the resolution, cubic: keeps detail that bilinear resampling blurs.

        It may leave [0, 1] by a little. A cubic warp of the crop alone would take three times as long.
        """
        width, height = self.grid_wh
        rows = _cells_under(self.rows, self.frame_wh[1], height)
        columns = _cells_under(self.columns, self.frame_wh[0], width)
        twice_wh = 2 * (columns.stop - columns.start), 2 * (rows.stop - rows.start)
        finer = cv2.resize(self.soft[rows, columns], twice_wh, interpolation=cv2.INTER_CUBIC)
        return replace(
            self,
            soft=cast("NDArray[T]", finer),
            grid_wh=(2 * width, 2 * height),
            first_xy=(2 * columns.start, 2 * rows.start),
        )

    def of(self, values: NDArray[S]) -> _Crop[S]:
        """The same part of other values for the whole frame, (h, w) of any size."""
        return _Crop(values, self.rows, self.columns, self.frame_wh, (values.shape[1], values.shape[0]))

    def resampled(self, size_wh: SizeWH) -> NDArray[T]:
        """The crop at ``size_wh``, bilinear."""
        sx, sy = self.grid_wh[0] / self.frame_wh[0], self.grid_wh[1] / self.frame_wh[1]
        step_x = (self.columns.stop - self.columns.start) * sx / size_wh[0]
        step_y = (self.rows.stop - self.rows.start) * sy / size_wh[1]
        # The centre of cell i lies at start + (i + 1/2) * step - 1/2.
        matrix = np.array(
            [
                [step_x, 0, self.columns.start * sx + step_x / 2 - 0.5 - self.first_xy[0]],
                [0, step_y, self.rows.start * sy + step_y / 2 - 0.5 - self.first_xy[1]],
            ],
            np.float32,
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        part = cv2.warpAffine(self.soft, matrix, size_wh, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return cast("NDArray[T]", part)
