"""Robust Video Matting (Lin et al. 2021): a recurrent network.

The published graph takes the full frame, downsamples it, and upsamples alpha with a guided filter, which is a third to
a half of the time. Here the frame is downscaled first, without aliasing, and the graph runs with a downsample ratio of
1; the engine upsamples for less.

On the CPU the network runs on a window around all people, and its recurrent states are shifted with the window: the
less of the picture they fill, the faster and the finer it is. A GPU has time for the whole picture, and needs fixed
shapes.
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
from cyclorama.matting.downscale import downscaled_to
from cyclorama.matting.networks.onnx.base import OnnxModel
from cyclorama.matting.networks.onnx.io_binding import Tensor, on_host
from cyclorama.matting.networks.onnx.newcomers import NewcomerDetector
from cyclorama.matting.networks.onnx.rvm_graph import optimize_for_cpu
from cyclorama.matting.networks.onnx.window import CELL, WindowTracker, WindowView, new_window, seen_box, whole
from cyclorama.matting.networks.roi import Box
from cyclorama.matting.networks.selfie.selfie import WIDE_ASPECT
from cyclorama.models.store import InstalledModel
from cyclorama.settings.values import Provider, Quality

LONGEST: dict[Quality, int] = {"fast": 256, "balanced": 384, "best": 512}
"""Longer side of the inner picture, in pixels: the range that the network was trained for."""
LONGEST_SQUARE: dict[Quality, int] = {**LONGEST, "balanced": 416}
"""The same for nearly square pictures: more of them is outline, where a coarse resolution errs."""
CLOSE_UP: dict[Quality, int] = {**LONGEST_SQUARE, "best": 448}
"""The same at most for somebody who fills most of the picture: a finer look brings nothing there (seven people,
mean error 8.2 at 448 pixels and 8.5 at 512) and takes a third longer."""
FILLED, NOT_FILLED = 0.5, 0.4
"""Share of the picture that a person covers from which on it is a close-up, and below which it no longer is."""
FINER = (1.0, 4 / 3, 5 / 3)
"""Finer resolutions to try, as factors, while the window stays within MOST."""
COARSER: dict[Quality, float] = {"fast": 1, "balanced": 11 / 12, "best": 1}
"""Factor on a wide picture where it would not: a person who fills it is matted as well at 352 pixels as at 384."""
MOST: dict[Quality, int] = {"fast": 24_000, "balanced": 57_000, "best": 90_000}
"""Pixel budget of a window at a finer resolution: somewhat more than one person in a wide picture needs."""
STRIDES = {"r1": 2, "r2": 4, "r3": 8, "r4": 16}
"""Stride of each state in inner pixels: the network downsamples four times."""


class RvmModel(OnnxModel):
    """RVM with its four recurrent states; frames have to come in order."""

    def __init__(self, installed: InstalledModel, provider: str = "auto", quality: Quality = "balanced") -> None:
        """Open the network. ``quality``: sets the size of the inner picture. Raises SettingsError, ModelError."""
        super().__init__(installed, provider, {"downsample_ratio": 1.0}, optimize_for_cpu)
        self._quality = quality
        self._tracker = WindowTracker()
        self._newcomers = NewcomerDetector() if self.on_cpu else None
        """None: every run takes the whole picture."""
        self._frame_wh: SizeWH | None = None
        self._time_s = 0.0
        self._close_up = False
        self._people: Box | None = None
        """Around all people, in pixels of the frame; None: nobody is known, or every run takes the whole picture."""
        self._view: WindowView | None = None
        """The window that the states belong to; None: there are none yet."""
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
        """Inner pixels of a run, for the people in the newest frame. For any thread."""
        return {level: self._inner_pixels(level) for level in LONGEST}

    def _inner_pixels(self, quality: Quality) -> float:
        frame_wh, people = self._frame_wh, self._people
        if frame_wh is None:
            return LONGEST[quality] ** 2
        sizes = inner_sizes(frame_wh, quality, close_up=self._close_up)
        return (whole(sizes[0]) if people is None else new_window(people, frame_wh, sizes, MOST[quality])).area

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
        if wider is not None:  # a person is cut off: run again, with the same states
            view = wider
            alpha = self._look(frame, view, states, of)
            self._wider(frame, alpha, view)
        self._time_s = frame.time_s
        if self._newcomers is not None:
            self._people = self._tracker.seen(frame.size_wh)
            self._close_up = fills(alpha, view, before=self._close_up)
        if view.is_whole:
            return Prediction(alpha)
        everywhere = np.zeros(view.size_wh[::-1], np.float32)
        everywhere[view.slices()] = alpha
        return Prediction(everywhere)

    def _begin(self, frame: Frame) -> None:
        types = self._session.input_types
        # A single zero, which the graph broadcasts to the shape of each state.
        self._states = [np.zeros((1, 1, 1, 1), types[f"{state}i"]) for state in STRIDES]
        self._frame_wh, self._view, self._people, self._close_up = frame.size_wh, None, None, False
        self._tracker.reset()
        if self._newcomers is not None:
            self._newcomers.reset()

    def _next_view(self, frame: Frame) -> WindowView:
        """The window for ``frame``: the whole picture while nothing is known."""
        if self._newcomers is None:
            return whole(inner_size(frame.size_wh, longest(frame.size_wh, self._quality)))
        sizes = inner_sizes(frame.size_wh, self._quality, close_up=self._close_up)
        if self._view is None or not _holds(frame.size_wh, sizes[0]):
            return whole(sizes[0])
        if frame.time_s == self._time_s:  # the same frame again: nobody has moved
            return self._view if self._view.size_wh in sizes else whole(sizes[0])
        known = self._tracker.seen(frame.size_wh)
        others = self._newcomers.others(frame, known) if known is not None else None
        if others is not None:
            self._tracker.told(others, frame.size_wh, frame.time_s)
        return self._tracker.view(frame.size_wh, sizes, MOST[self._quality], frame.time_s)

    def _look(self, frame: Frame, view: WindowView, states: Sequence[Tensor], of: WindowView | None) -> F32:
        """Run on the window ``view``, with the states of the window ``of``; stores the new states."""
        if of is not None and of != view:
            states = [moved(on_host(s), of, view, stride) for s, stride in zip(states, STRIDES.values(), strict=True)]
        feeds: dict[str, Tensor] = {f"{state}i": value for state, value in zip(STRIDES, states, strict=True)}
        left = {f"{state}i": f"{state}o" for state in STRIDES}
        self._states = []  # if the run fails, the next one starts without states
        found, after = self._matte(_part(frame, view), view.window_wh, feeds, left)
        self._states, self._view = after, view
        return found

    def _wider(self, frame: Frame, alpha: F32, view: WindowView) -> WindowView | None:
        """Track the people in the alpha of a window; return a larger window where it cuts somebody off."""
        box = seen_box(alpha, view, frame.size_wh)
        if box is None:
            self._tracker.reset()
            return None
        self._tracker.see(box, frame.size_wh, frame.time_s)
        if view.is_whole or view.on(frame.size_wh).holds(box):
            return None
        sizes = inner_sizes(frame.size_wh, self._quality, close_up=self._close_up)
        return self._tracker.view(frame.size_wh, sizes, MOST[self._quality], frame.time_s)

    @override
    def reset(self) -> None:
        """Forget the recurrent states."""
        self._states = []

    @override
    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        super().close()
        if self._newcomers is not None:
            self._newcomers.close()


def moved(state: NDArray[Any], old: WindowView, new: WindowView, stride: int) -> NDArray[Any]:
    """Shift a state, (1, channels, h, w), from the window ``old`` to the window ``new``.

    Outside the old window the border is replicated. Measured: with zero states instead, the matte took up to half a
    second to recover.
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
    """The crop of ``frame`` that ``view`` shows, at its size; the whole frame for a whole view."""
    if view.is_whole:
        return frame.pixels
    return downscaled_to(frame.pixels, view.size_wh)[view.slices()]


def longest(frame_wh: SizeWH, quality: Quality) -> int:
    """Longer side of the inner picture of a frame, in pixels."""
    return (LONGEST if is_wide(frame_wh) else LONGEST_SQUARE)[quality]


def is_wide(frame_wh: SizeWH) -> bool:
    """Whether a frame is far from square, landscape or portrait."""
    return max(frame_wh) >= WIDE_ASPECT * min(frame_wh)


def fills(alpha: F32, view: WindowView, *, before: bool) -> bool:
    """Whether the person in the alpha of a window fills the picture; ``before``: whether they did so far."""
    width, height = view.size_wh
    return float(alpha.mean()) * view.area > (NOT_FILLED if before else FILLED) * width * height


def inner_sizes(frame_wh: SizeWH, quality: Quality, *, close_up: bool = False) -> list[SizeWH]:
    """Sizes of the inner picture on the CPU: the coarsest, and finer ones that are no larger than the frame."""
    side = longest(frame_wh, quality)
    if close_up:
        side = min(side, CLOSE_UP[quality])
    coarser = COARSER[quality] if is_wide(frame_wh) else 1
    first, *finer = (inner_size(frame_wh, round(times * side)) for times in (coarser, *FINER))
    return list(dict.fromkeys([first, *(size for size in finer if _holds(frame_wh, size))]))


def _holds(frame_wh: SizeWH, size_wh: SizeWH) -> bool:
    return frame_wh[0] >= size_wh[0] and frame_wh[1] >= size_wh[1]


def inner_size(frame_wh: SizeWH, longest: int) -> SizeWH:
    """The size of a frame's inner picture: its aspect ratio to within CELL, never much larger than the frame."""
    scale = min(1.0, longest / max(frame_wh))
    width, height = (max(1, round(side * scale / CELL)) * CELL for side in frame_wh)
    return width, height
