"""Carry an alpha to later frames: only to places where the motion explains the picture, and nowhere else.

An alpha belongs to one frame. In a later frame it may be used at a place only if that place looks as it did where the
alpha comes from. A :class:`Track` keeps the frame that the network saw, and composes the optical flow from the newest
frame back to it; the newest frame and the warped old one are compared in brightness and in chroma. Where they differ,
alpha is set to 0: room, until the network has seen it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from cv2.typing import MatLike
from numpy.typing import NDArray

from cyclorama.core.frames import F32, U8
from cyclorama.matting.engine.components import small_features, without_detached
from cyclorama.matting.engine.warp import cell_places, warped

EXPLAINED = 28
"""Levels of difference up to which a place counts as explained."""
DOUBTFUL = 9
"""Levels of difference above noise: a large area of it may be a person before a wall of nearly their colours."""
CHROMA_WEIGHT = 2.8
"""Weight of chroma against brightness: shading and exposure change brightness, surfaces keep their chroma."""
UNCOVERED = 0.6
"""Determinant of the warp's Jacobian below which a place was uncovered, rather than that its surface turned."""
UNCOVERED_WEIGHT = 2.0
"""Weight of the difference there: a wall with nearly the colour of a shirt is not a person."""
NEAR = np.ones((3, 3), np.uint8)
"""Neighbourhood whose values count as seen at a place: the flow has errors below one cell."""
WIDE, AROUND = np.ones((5, 5), np.uint8), np.ones((7, 7), np.uint8)
"""Where an area as large as ``WIDE`` differs, the cells around it count as different too: ``NEAR`` hides them."""
BEYOND = 1.0
"""Cells outside the frame up to which a source is compared with the border."""
BELOW = 6.0
"""The same at the lower border, where most people continue below the frame."""
_LEVELS = np.stack(
    [np.minimum(np.arange(256) * weight, 255).astype(np.uint8) for weight in (1, CHROMA_WEIGHT, CHROMA_WEIGHT)], axis=-1
)[None]
"""Levels of difference for each difference of Y, Cr and Cb: uint8 (1, 256, 3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Carried:
    """An alpha in the newest frame, float32 (h, w) in [0, 1]; 0 where that frame does not explain it.

    ``difference``: levels, uint8 on the flow grid; None for an alpha of the newest frame itself, which was not carried.
    ``lost``: the share of the alpha, 0 to 1, that was set to 0. ``doubtful``: the share where the difference is above
    noise.
    """

    alpha: F32
    difference: U8 | None = None
    lost: float = 0.0
    doubtful: float = 0.0

    @property
    def unexplained(self) -> NDArray[np.bool_] | None:
        """Cells of the flow grid where the newest frame does not explain the alpha; None: it is of that frame."""
        return None if self.difference is None else self.difference > EXPLAINED


class Track:
    """A frame that the network saw, and the displacement from the newest frame to it. On the flow grid.

    Arguments are not written to.
    """

    def __init__(self, seen: U8) -> None:
        """``seen``: the frame, YCrCb uint8 (h, w, 3)."""
        self._seen = seen
        self._displacement: F32 | None = None
        """Float32 (h, w, 2), from each cell to its source in ``seen``, in cells, x then y; None: nothing has moved."""
        self._outside: U8 | None = None
        """1 where the source is outside the frame; None: nowhere."""

    def follow(self, flow: F32) -> None:
        """Take in a newer frame: ``flow``, as in :class:`Motion`, leads from it to the frame before."""
        displacement, outside = flow, _outside(flow)
        if self._displacement is not None:
            displacement = np.asarray(cv2.add(warped(self._displacement, flow), flow), np.float32)
            outside = _either(outside, _outside(displacement))
        if self._outside is not None:
            outside = _either(outside, warped(self._outside, flow))
        self._displacement, self._outside = displacement, outside

    def seen_now(self) -> U8:
        """The seen frame, warped to the newest one."""
        return self._seen if self._displacement is None else warped(self._seen, self._displacement)

    def difference(self, now: U8) -> U8:
        """Difference of the newest frame, ``now``, from the warped seen frame: levels, uint8 (h, w)."""
        seen = self.seen_now()
        apart = cv2.blur(cv2.max(_beyond(now, seen), _beyond(seen, now)), NEAR.shape)
        luma, red, blue = cv2.split(cv2.LUT(apart, _LEVELS))
        levels = np.asarray(cv2.max(cv2.max(luma, red), blue), np.uint8)
        if self._displacement is not None and (pulled := _pulled_together(self._displacement)) is not None:
            levels = np.where(pulled > 0, cv2.multiply(levels, UNCOVERED_WEIGHT), levels)
        if (levels > EXPLAINED).any():
            # narrower than NEAR: an eyelid, a highlight, a lock of hair
            levels = np.asarray(cv2.morphologyEx(levels, cv2.MORPH_OPEN, NEAR), np.uint8)
            levels = np.maximum(levels, cv2.dilate(cv2.erode(levels, WIDE), AROUND))
        if self._outside is not None:
            levels[self._outside > 0] = 255
        return levels

    def carry(self, alpha: F32, now: U8) -> Carried:
        """Carry ``alpha``, float32 (h, w) of any size, from the seen frame to the newest frame ``now``."""
        if self._displacement is None:
            return Carried(alpha)
        difference = self.difference(now)
        moved = warped(alpha, self._displacement)
        on_grid = np.asarray(cv2.resize(moved, difference.shape[::-1], interpolation=cv2.INTER_NEAREST), np.float32)
        doubtful = _share(on_grid, difference > DOUBTFUL)
        unexplained = difference > EXPLAINED
        if unexplained.any():
            passed = small_features(unexplained, on_grid)
            difference[passed] = EXPLAINED
            unexplained &= ~passed
        lost, kept = 0.0, moved
        if unexplained.any():
            lost = _share(on_grid, unexplained)
            explained = (~unexplained).astype(np.float32)
            kept = np.asarray(
                cv2.multiply(moved, cv2.resize(explained, moved.shape[::-1], interpolation=cv2.INTER_LINEAR)),
                np.float32,
            )
        return Carried(without_detached(kept, alpha, self._displacement), difference, lost, doubtful)


def _share(alpha: F32, where: NDArray[np.bool_]) -> float:
    """The share of the alpha, float32 (h, w) on the flow grid, that lies ``where``."""
    return float(cv2.mean(alpha, where.view(np.uint8))[0] * np.count_nonzero(where) / max(1.0, cv2.sumElems(alpha)[0]))


def _pulled_together(displacement: F32) -> U8 | None:
    """Non-zero where ``displacement``, float32 (h, w, 2), maps many places to few, and around there; None: nowhere.

    There something was uncovered that has no source: the determinant of the warp's Jacobian is small.
    """
    height, width = displacement.shape[:2]
    low, high, _, _ = cv2.minMaxLoc(displacement.reshape(height, -1))
    if high - low < 1:
        return None
    half = cv2.blur(cv2.resize(displacement, (width // 2, height // 2), interpolation=cv2.INTER_LINEAR), (3, 3))
    right, down = (half[1:-1, 2:] - half[1:-1, :-2]) / 4, (half[2:, 1:-1] - half[:-2, 1:-1]) / 4
    area = (1 + right[..., 0]) * (1 + down[..., 1]) - right[..., 1] * down[..., 0]
    if not float(area.min()) < UNCOVERED:
        return None
    pulled = cv2.copyMakeBorder((area < UNCOVERED).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    return np.asarray(cv2.resize(cv2.dilate(pulled, NEAR), (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)


def _beyond(one: U8, other: U8) -> MatLike:
    """Distance of ``one``, per channel, to the range of ``other`` in the NEAR neighbourhood."""
    return cv2.max(cv2.subtract(cv2.erode(other, NEAR), one), cv2.subtract(one, cv2.dilate(other, NEAR)))


def _outside(displacement: F32) -> U8 | None:
    """1 where ``displacement``, float32 (h, w, 2), leads further out of the frame than allowed; None: nowhere."""
    height, width = displacement.shape[:2]
    source = cv2.add(displacement, cell_places(width, height))
    inside = cv2.inRange(source, (-BEYOND, -BEYOND), (width - 1 + BEYOND, height - 1 + BELOW))
    return None if cv2.countNonZero(inside) == inside.size else np.asarray(inside == 0, np.uint8)


def _either(one: U8 | None, other: U8 | None) -> U8 | None:
    """Union of two masks."""
    return one if other is None else other if one is None else one | other
