"""Robust Video Matting (Lin et al. 2021): a recurrent network, which remembers what it saw in the frames before.

The published graph takes the full frame, makes it small itself, and brings its alpha back to full size with a guided
filter of its own; that last step is a third to a half of the time. Here the frame is made small first, without
aliasing, and the graph runs on it with a downsample ratio of 1; the engine does the way back for less.

On the CPU, it looks at a window of the inner picture around everybody, and its memory moves along with the window; the
less of the picture they fill, the less it takes, and the finer it looks. A graphics card has the time for all of the
picture, and wants tensors whose shapes stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.matting.base import ModelInfo, Prediction
from cyclorama.matting.networks.onnx.base import OnnxModel
from cyclorama.matting.networks.onnx.device import Tensor, on_host
from cyclorama.matting.networks.onnx.rvm_graph import for_processor
from cyclorama.matting.networks.onnx.scout import Scout
from cyclorama.matting.networks.onnx.window import CELL, WindowTracker, WindowView, seen_box, whole
from cyclorama.matting.networks.selfie.selfie import WIDE_ASPECT
from cyclorama.matting.reduce import reduced_to
from cyclorama.models.store import InstalledModel
from cyclorama.settings.values import Provider, Quality

LONGEST: dict[Quality, int] = {"fast": 256, "balanced": 384, "best": 512}
"""Longer side of the inner picture, in pixels: the range that the network was made for."""
COSTS: Mapping[Quality, float] = {level: side * side for level, side in LONGEST.items()}
LONGEST_SQUARE: dict[Quality, int] = {**LONGEST, "balanced": 416}
"""The same of nearly square pictures: more of them is outline, which is where a coarse look errs."""
FINER = (1.0, 4 / 3, 5 / 3)
"""Times this, where the window stays within MOST."""
COARSER: dict[Quality, float] = {"fast": 1, "balanced": 11 / 12, "best": 1}
"""Times this on a wide picture, where it would not: who fills it is seen as well with 352 pixels as with 384."""
MOST: dict[Quality, int] = {"fast": 24_000, "balanced": 57_000, "best": 90_000}
"""Inner pixels of a window at a finer look: somewhat more than somebody in the middle of a wide picture takes."""
STRIDES = {"r1": 2, "r2": 4, "r3": 8, "r4": 16}
"""Inner pixels a side for each cell of a state: the network halves its picture four times."""


class RvmModel(OnnxModel):
    """RVM with its four recurrent states; frames have to come in order."""

    def __init__(self, installed: InstalledModel, provider: str = "auto", quality: Quality = "balanced") -> None:
        """Open the network. ``quality``: sets the size of the inner picture. Raises SettingsError, ModelError."""
        super().__init__(installed, provider, {"downsample_ratio": 1.0}, for_processor)
        self._quality = quality
        self._tracker = WindowTracker()
        self._scout = Scout() if self.on_cpu else None
        """None: all of the picture is looked at, always."""
        self._frame_wh: SizeWH | None = None
        self._time_s = 0.0
        self._view: WindowView | None = None
        """What the states are of; None: they are of nothing yet."""
        self._states: list[Tensor] = []

    @classmethod
    @override
    def opened(cls, installed: InstalledModel, provider: Provider, quality: Quality) -> Self:
        """Open the network."""
        return cls(installed, provider, quality)

    @property
    @override
    def info(self) -> ModelInfo:
        """What runs; the input size is that of the whole inner picture, known from the first frame on."""
        size = self._view.size_wh if self._view else None
        return self._told(f"{size[0]}x{size[1]}" if size else f"{LONGEST[self._quality]} at most a side", size)

    @property
    @override
    def costs(self) -> Mapping[Quality, float]:
        """Inner pixels."""
        return COSTS

    @property
    @override
    def quality(self) -> Quality:
        """Sets the size of the inner picture."""
        return self._quality

    @override
    def look_at(self, quality: Quality) -> None:
        """Take an inner picture of another size from the next frame on."""
        self._quality = quality

    @override
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``, at the inner picture's size. Raises ModelError when the network fails."""
        if frame.size_wh != self._frame_wh or not self._states:
            self._begin(frame)
        view = self._next_view(frame)
        states, of = self._states, self._view
        alpha = self._look(frame, view, states, of)
        wider = self._wider(frame, alpha, view)
        if wider is not None:  # somebody is cut off: once more, with the same memory
            view = wider
            alpha = self._look(frame, view, states, of)
            self._wider(frame, alpha, view)
        self._time_s = frame.time_s
        if view.is_whole:
            return Prediction(alpha)
        everywhere = np.zeros(view.size_wh[::-1], np.float32)
        everywhere[view.slices()] = alpha
        return Prediction(everywhere)

    def _begin(self, frame: Frame) -> None:
        types = self._session.input_types
        # A single zero, which the graph spreads over the size that each state has.
        self._states = [np.zeros((1, 1, 1, 1), types[f"{state}i"]) for state in STRIDES]
        self._frame_wh, self._view = frame.size_wh, None
        self._tracker.reset()
        if self._scout is not None:
            self._scout.reset()

    def _next_view(self, frame: Frame) -> WindowView:
        """Where to look in ``frame``: everywhere, as long as nothing is known."""
        if self._scout is None:
            return whole(inner_size(frame.size_wh, longest(frame.size_wh, self._quality)))
        sizes = inner_sizes(frame.size_wh, self._quality)
        if self._view is None or not _holds(frame.size_wh, sizes[0]):
            return whole(sizes[0])
        if frame.time_s == self._time_s:  # the same moment again: nobody has moved
            return self._view if self._view.size_wh in sizes else whole(sizes[0])
        known = self._tracker.seen(frame.size_wh)
        others = self._scout.others(frame, known) if known is not None else None
        if others is not None:
            self._tracker.told(others, frame.size_wh, frame.time_s)
        return self._tracker.view(frame.size_wh, sizes, MOST[self._quality], frame.time_s)

    def _look(self, frame: Frame, view: WindowView, states: Sequence[Tensor], of: WindowView | None) -> F32:
        """The alpha of a window, with ``states`` of another one; the states are then of this one."""
        if of is not None and of != view:
            states = [moved(on_host(s), of, view, stride) for s, stride in zip(states, STRIDES.values(), strict=True)]
        feeds: dict[str, Tensor] = {f"{state}i": value for state, value in zip(STRIDES, states, strict=True)}
        left = {f"{state}i": f"{state}o" for state in STRIDES}
        self._states = []  # where the run fails, the next one begins anew
        found, after = self._matte(_part(frame, view), view.window_wh, feeds, left)
        self._states, self._view = after, view
        return found

    def _wider(self, frame: Frame, alpha: F32, view: WindowView) -> WindowView | None:
        """Take in the alpha of a window; a wider one where it cuts somebody off."""
        box = seen_box(alpha, view, frame.size_wh)
        if box is None:
            self._tracker.reset()
            return None
        self._tracker.see(box, frame.size_wh, frame.time_s)
        if view.is_whole or view.on(frame.size_wh).holds(box):
            return None
        sizes = inner_sizes(frame.size_wh, self._quality)
        return self._tracker.view(frame.size_wh, sizes, MOST[self._quality], frame.time_s)

    @override
    def reset(self) -> None:
        """Forget the frames before."""
        self._states = []

    @override
    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        super().close()
        if self._scout is not None:
            self._scout.close()


def moved(state: NDArray[Any], old: WindowView, new: WindowView, stride: int) -> NDArray[Any]:
    """A state, (1, channels, h, w) of the window ``old``, as one of the window ``new``: what is known is not lost.

    What lay outside the old window is taken to be like its border. Measured: a network that began anew instead took up
    to half a second to find its way back.
    """
    (rows, columns), (height, width) = old.slices(stride), (side // stride for side in old.size_wh[::-1])
    beyond = (0, 0), (rows.start, height - rows.stop), (columns.start, width - columns.stop)
    maps = np.pad(state[0], beyond, "edge")
    if old.size_wh != new.size_wh:
        size_wh = new.size_wh[0] // stride, new.size_wh[1] // stride
        pixels = np.ascontiguousarray(maps.transpose(1, 2, 0), np.float32)
        maps = np.atleast_3d(cv2.resize(pixels, size_wh, interpolation=cv2.INTER_LINEAR)).transpose(2, 0, 1)
    return np.ascontiguousarray(maps[(slice(None), *new.slices(stride))][None], state.dtype)


def _part(frame: Frame, view: WindowView) -> U8:
    """What ``view`` shows of ``frame``: at its size, or all of the frame."""
    if view.is_whole:
        return frame.pixels
    return reduced_to(frame.pixels, view.size_wh)[view.slices()]


def longest(frame_wh: SizeWH, quality: Quality) -> int:
    """Longer side of the inner picture of a frame, in pixels."""
    return (LONGEST if is_wide(frame_wh) else LONGEST_SQUARE)[quality]


def is_wide(frame_wh: SizeWH) -> bool:
    """Whether a frame is far from square; upright ones as well."""
    return max(frame_wh) >= WIDE_ASPECT * min(frame_wh)


def inner_sizes(frame_wh: SizeWH, quality: Quality) -> list[SizeWH]:
    """Of the inner picture on a processor: the coarsest, and finer ones that are no larger than the frame."""
    side = longest(frame_wh, quality)
    coarser = COARSER[quality] if is_wide(frame_wh) else 1
    first, *finer = (inner_size(frame_wh, round(times * side)) for times in (coarser, *FINER))
    return list(dict.fromkeys([first, *(size for size in finer if _holds(frame_wh, size))]))


def _holds(frame_wh: SizeWH, size_wh: SizeWH) -> bool:
    return frame_wh[0] >= size_wh[0] and frame_wh[1] >= size_wh[1]


def inner_size(frame_wh: SizeWH, longest: int) -> SizeWH:
    """The inner picture of a frame: of its shape to within the multiple, never much larger than the frame itself."""
    scale = min(1.0, longest / max(frame_wh))
    width, height = (max(1, round(side * scale / CELL)) * CELL for side in frame_wh)
    return width, height
