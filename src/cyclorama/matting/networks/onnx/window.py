"""The inference window of a recurrent network: a crop around all people, which moves seldom.

Every change of the crop shows a little in the matte. So the window holds every detection of the last seconds: it grows
at once and shrinks late. It is aligned to the stride of the coarsest recurrent state, so that states can be shifted
with it and need no resampling. "Inner picture" is the frame at the network's input resolution.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import cv2
import numpy as np

from cyclorama.core.frames import F32, SizeWH
from cyclorama.matting.networks.roi import PERSON, Box, grown

CELL = 16
"""Pixels: the sides of the inner picture and of a window are multiples."""
LEAST = 9
"""Cells a side of a window at least, if the picture has as many: the network needs some background as context."""
SEEN = 0.1
"""Alpha threshold of a person's bounding box: includes hair and motion blur."""
PRESENT_SHARE = 0.002
"""Share of the inner picture with alpha over one half; below it, nobody is there."""
SPECK = np.ones((3, 3), np.uint8)
"""Erosion kernel that removes smaller specks."""
HELD = 0.03
"""A window stays while it holds everybody with a margin of this share of their longer side."""
ROOM = 0.06
"""The margin in a new window."""
REACH = 0.2
"""A box that touches the window's border is extended beyond it by this share of its longer side."""
KEPT_S = 2.0
"""How long a box stays part of the window."""
SETTLED_S = 0.2
"""How long the whole picture is used after a person appears."""
SLACK = 1.15
"""A window stays while its area is at most this times that of a new one."""
WORTH = 0.9
"""Hysteresis: the share of the pixel budget that a window may use when it changes to a finer resolution."""


@dataclass(frozen=True, slots=True)
class WindowView:
    """A window of an inner picture of ``size_wh``; all in inner pixels, all multiples of CELL."""

    size_wh: SizeWH
    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def window_wh(self) -> SizeWH:
        """Size of the window."""
        return self.x1 - self.x0, self.y1 - self.y0

    @property
    def area(self) -> int:
        """Pixels of the window."""
        width, height = self.window_wh
        return width * height

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the picture."""
        return self.window_wh == self.size_wh

    def slices(self, stride: int = 1) -> tuple[slice, slice]:
        """Rows and columns of the window, in a map of the inner picture with a cell for each ``stride`` pixels."""
        return slice(self.y0 // stride, self.y1 // stride), slice(self.x0 // stride, self.x1 // stride)

    def on(self, frame_wh: SizeWH) -> Box:
        """The window in pixels of a frame."""
        sx, sy = frame_wh[0] / self.size_wh[0], frame_wh[1] / self.size_wh[1]
        return Box(self.x0 * sx, self.y0 * sy, self.x1 * sx, self.y1 * sy)


def whole(size_wh: SizeWH) -> WindowView:
    """The view of a whole inner picture."""
    return WindowView(size_wh, 0, 0, *size_wh)


def around(box: Box, frame_wh: SizeWH, size_wh: SizeWH) -> WindowView:
    """The smallest window of an inner picture of ``size_wh`` that holds ``box``, given in pixels of the frame."""
    x0, x1 = _span(box.x0 / frame_wh[0], box.x1 / frame_wh[0], size_wh[0] // CELL)
    y0, y1 = _span(box.y0 / frame_wh[1], box.y1 / frame_wh[1], size_wh[1] // CELL)
    return WindowView(size_wh, x0, y0, x1, y1)


def _span(low: float, high: float, cells: int) -> tuple[int, int]:
    """The span from ``low`` to ``high`` (shares of a side) rounded out to at least LEAST of ``cells``; in pixels."""
    start, stop = max(0, math.floor(low * cells)), min(cells, math.ceil(high * cells))
    missing = min(LEAST, cells) - (stop - start)
    if missing > 0:
        start = min(max(0, start - missing // 2), cells - min(LEAST, cells))
        stop = start + min(LEAST, cells)
    return start * CELL, stop * CELL


class WindowTracker:
    """Tracks all people from frame to frame. Boxes are in pixels of the frame, times in seconds."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, Box]] = deque()
        self._said: deque[tuple[float, Box]] = deque()
        self._view: WindowView | None = None

    def see(self, box: Box, frame_wh: SizeWH, time_s: float) -> None:
        """Add a box from the network's own alpha."""
        self._seen.append((time_s, grown(box, HELD, frame_wh)))

    def told(self, box: Box, frame_wh: SizeWH, time_s: float) -> None:
        """Add a box from the detector, outside the window."""
        self._said.append((time_s, grown(box, HELD, frame_wh)))

    def seen(self, frame_wh: SizeWH) -> Box | None:
        """The union of the recent boxes from the network, with a margin; None: nobody."""
        return grown(united(self._seen), ROOM - HELD, frame_wh) if self._seen else None

    def view(self, frame_wh: SizeWH, sizes: Sequence[SizeWH], most: int, time_s: float) -> WindowView:
        """The window for the frame of ``time_s``.

        ``sizes``: of the inner picture, coarsest first; the coarsest is used whole until a person has been there for
        SETTLED_S. The result has the finest size at which the window has at most ``most`` pixels, or the coarsest.
        """
        for known in (self._seen, self._said):
            while known and not 0 <= time_s - known[0][0] <= KEPT_S:
                known.popleft()
        if not self._seen or time_s - self._seen[0][0] < SETTLED_S:
            self._view = whole(sizes[0])
            return self._view
        everybody = united([*self._seen, *self._said])
        wanted = _windows(grown(everybody, ROOM - HELD, frame_wh), frame_wh, sizes)
        view = self._view
        level = sizes.index(view.size_wh) if view is not None and view.size_wh in sizes else 0
        while level > 0 and wanted[level].area > most:
            level -= 1
        new = _finest(wanted[level:], most)
        keep = view is not None and view.size_wh == new.size_wh and view.area <= SLACK * new.area
        if view is None or not keep or not view.on(frame_wh).holds(everybody):
            self._view = view = new
        return view

    def reset(self) -> None:
        """Forget all boxes: the next window is the whole picture."""
        self._seen.clear()
        self._said.clear()
        self._view = None


def new_window(box: Box, frame_wh: SizeWH, sizes: Sequence[SizeWH], most: int) -> WindowView:
    """The window around ``box``, in pixels of the frame, for which nothing before it counts; as in
    :meth:`WindowTracker.view`."""
    return _finest(_windows(box, frame_wh, sizes), most)


def _windows(box: Box, frame_wh: SizeWH, sizes: Sequence[SizeWH]) -> list[WindowView]:
    return [around(box, frame_wh, size_wh) for size_wh in sizes]


def _finest(windows: Sequence[WindowView], most: int) -> WindowView:
    """The finest of ``windows``, coarsest first, up to the first with more than the budget, or the coarsest."""
    fitting = takewhile(lambda window: window.area <= WORTH * most, windows[1:])
    return [windows[0], *fitting][-1]


def united(known: Sequence[tuple[float, Box]]) -> Box:
    """The bounding box of all boxes."""
    boxes = [box for _, box in known]
    return Box(
        min(box.x0 for box in boxes),
        min(box.y0 for box in boxes),
        max(box.x1 for box in boxes),
        max(box.y1 for box in boxes),
    )


def seen_box(alpha: F32, view: WindowView, frame_wh: SizeWH) -> Box | None:
    """The bounding box of all people in the alpha of a window, in pixels of the frame; None: nobody is there.

    A box that touches the window's border, where the picture goes on beyond it, is extended.
    """
    if np.count_nonzero(alpha > np.float32(PERSON)) < PRESENT_SHARE * view.size_wh[0] * view.size_wh[1]:
        return None
    person = cv2.erode((alpha > np.float32(SEEN)).view(np.uint8), SPECK, borderValue=1)
    left, top, width, height = cv2.boundingRect(person)
    if not (width and height):
        return None
    right, bottom = left + width, top + height
    reach = REACH * max(width, height)
    x0 = view.x0 + left - reach * (left <= 1 and view.x0 > 0)
    y0 = view.y0 + top - reach * (top <= 1 and view.y0 > 0)
    x1 = view.x0 + right + reach * (right >= alpha.shape[1] - 1 and view.x1 < view.size_wh[0])
    y1 = view.y0 + bottom + reach * (bottom >= alpha.shape[0] - 1 and view.y1 < view.size_wh[1])
    sx, sy = frame_wh[0] / view.size_wh[0], frame_wh[1] / view.size_wh[1]
    return grown(Box(x0 * sx, y0 * sy, x1 * sx, y1 * sy), 0, frame_wh)
