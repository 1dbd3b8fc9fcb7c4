"""The bundled selfie networks: one of them, or two looks together, at the picture and at the person.

Averaging two networks, or one network with itself on the mirrored picture, removes part of what each gets wrong by
chance: less error and less flicker than either has alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import cv2
import numpy as np
from typing_extensions import override

from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo, Prediction
from cyclorama.matting.networks.region import Box, RegionTracker
from cyclorama.matting.networks.selfie.segmenter import SegmentationNetwork, network_input, open_network
from cyclorama.matting.reduce import even, part_reduced_to, reduced_to
from cyclorama.models.bundled import bundled_path

WIDE, SQUARE = "selfie_wide.tflite", "selfie_square.tflite"
WIDE_ASPECT = 4 / 3
"""From this aspect ratio on the wide network looks at the whole picture: half-way between 1:1 and 16:9."""
REGION_SHARE = 0.9
"""A region that covers more of the picture than this is the picture."""
NEAR_WEIGHT = 2 / 3
"""Of the look at the region in the average; it sees the person at a higher resolution."""
FEATHER = 8
"""Cells over which a region fades into the rest of the picture, so that its border does not show."""
CHANGED = 12
"""Levels of difference from which on a place is no more what the earlier look at it saw."""
LONGEST = 640
"""Of an alpha's sides: finer than the networks' cells on all but the smallest person."""


class SelfieModel(MattingModel):
    """One selfie network on the whole picture."""

    label: ClassVar[str]
    file: ClassVar[str]

    def __init__(self) -> None:
        """Load the bundled ``file``. Raises ModelError."""
        self._network = open_network(bundled_path(self.file))
        width, height = self._network.size_wh
        self._info = ModelInfo(
            self.label, self._network.provider, "float32", f"{width}x{height}", input_wh=(width, height)
        )

    @property
    @override
    def info(self) -> ModelInfo:
        """What runs."""
        return self._info

    @override
    def rename(self, name: str) -> None:
        """Be called ``name`` in ``info``."""
        self._info = replace(self._info, name=name)

    @override
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``. Raises ModelError when the network fails."""
        return Prediction(look(self._network, frame.pixels))

    @override
    def reset(self) -> None:
        """Nothing is remembered."""

    @override
    def close(self) -> None:
        """Release the network; a second call does nothing."""
        self._network.close()


class WideSelfieModel(SelfieModel):
    """The network for wide pictures."""

    label, file = "selfie-wide", WIDE


class SquareSelfieModel(SelfieModel):
    """The network for square pictures."""

    label, file = "selfie-square", SQUARE


class TrackedSelfieModel(MattingModel):
    """``selfie``: two looks at every frame, averaged.

    One is at the whole picture, with the network that fits its shape, and finds whoever comes in anywhere. The other
    is the square network's at the tracked region around the person, so that somebody small in a large picture is
    seen at the network's full resolution; beside it, the first look is needed for every other frame only. Where the
    region is the whole picture, the second look is by the other network on a wide picture, and at the mirrored picture
    on others.
    """

    def __init__(self) -> None:
        """Load both networks. Raises ModelError."""
        self._wide, self._square = open_network(bundled_path(WIDE)), open_network(bundled_path(SQUARE))
        self._region = RegionTracker()
        self._size_wh: SizeWH = (0, 0)
        self._kept: tuple[F32, U8] | None = None
        """What the look at the whole picture said of the frame before, where this frame may do with that; and the
        picture, BGR of the same size."""
        sizes = " + ".join("{}x{}".format(*network.size_wh) for network in (self._wide, self._square))
        self._info = ModelInfo("selfie", self._square.provider, "float32", sizes)

    @property
    @override
    def info(self) -> ModelInfo:
        """What runs."""
        return self._info

    @override
    def rename(self, name: str) -> None:
        """Be called ``name`` in ``info``."""
        self._info = replace(self._info, name=name)

    @override
    def predict(self, frame: Frame) -> Prediction:
        """Infer the alpha of ``frame``. Raises ModelError when a network fails."""
        width, height = frame.size_wh
        box = self._region.box
        if box is not None and box.area > REGION_SHARE * width * height:
            box = None
        wide = width >= WIDE_ASPECT * height
        if box is None or frame.size_wh != self._size_wh:
            self._kept = None
        self._size_wh = frame.size_wh
        alpha = self._whole(frame.pixels, wide) if box is None else self._with_region(frame.pixels, box, wide)
        self._region.update(alpha, frame.size_wh, frame.time_s)
        return Prediction(alpha)

    def _whole(self, pixels: U8, wide: bool) -> F32:
        other = look(self._wide, pixels) if wide else look(self._square, pixels, mirrored=True)
        return _mean(look(self._square, pixels), other, _grid_wh(pixels, self._square.size_wh[0]))

    def _with_region(self, pixels: U8, box: Box, wide: bool) -> F32:
        rows, columns = (even(span, end) for span, end in zip(box.slices(), pixels.shape, strict=False))
        longest = max(rows.stop - rows.start, columns.stop - columns.start)
        size_wh = _grid_wh(pixels, max(pixels.shape) * self._square.size_wh[0] / longest)
        whole, changed = self._whole_of(pixels, self._wide if wide else self._square)
        alpha = np.asarray(cv2.resize(whole, size_wh, interpolation=cv2.INTER_LINEAR), np.float32)
        sx, sy = size_wh[0] / pixels.shape[1], size_wh[1] / pixels.shape[0]
        part = (
            slice(round(rows.start * sy), round(rows.stop * sy)),
            slice(round(columns.start * sx), round(columns.stop * sx)),
        )
        inside = alpha[part]
        crop = part_reduced_to(pixels, rows, columns, self._square.size_wh)
        near = cv2.resize(look(self._square, crop), inside.shape[::-1], interpolation=cv2.INTER_LINEAR)
        weight = np.full(inside.shape, NEAR_WEIGHT, np.float32)
        if changed is not None:  # the earlier look says nothing of these places
            weight[cv2.resize(changed, size_wh, interpolation=cv2.INTER_NEAREST)[part] > 0] = 1
        inside += (near - inside) * (_feather(part, alpha.shape) * weight)
        return alpha

    def _whole_of(self, pixels: U8, network: SegmentationNetwork) -> tuple[F32, U8 | None]:
        """What ``network`` says of the whole picture.

        Where it is what it said of the frame before, it is 0 where the picture is another one by now, and the second of
        the two is non-zero there; else None.
        """
        small = reduced_to(pixels, network.size_wh)
        if self._kept is None:
            whole = look(network, pixels)
            self._kept = whole, small
            return whole, None
        (whole, before), self._kept = self._kept, None
        changed = _changed(before, small)
        return np.where(changed > 0, np.float32(0), whole), changed

    @override
    def reset(self) -> None:
        """Forget where the person was."""
        self._region.reset()
        self._kept = None

    @override
    def close(self) -> None:
        """Release the networks; a second call does nothing."""
        self._wide.close()
        self._square.close()


def look(network: SegmentationNetwork, pixels: U8, *, mirrored: bool = False) -> F32:
    """What ``network`` says of a picture, at its own size; in [0, 1] whatever the rounding of its last layer."""
    rgb = network_input(pixels, network.size_wh)
    if not mirrored:
        return np.clip(network.run(rgb), 0, 1)
    return np.clip(np.ascontiguousarray(network.run(np.ascontiguousarray(rgb[:, ::-1]))[:, ::-1]), 0, 1)


def _changed(before: U8, now: U8) -> U8:
    """Non-zero where two pictures, BGR uint8 of the same size, differ."""
    blue, green, red = cv2.split(cv2.blur(cv2.absdiff(before, now), (5, 5)))
    return np.asarray(cv2.max(cv2.max(blue, green), red) > CHANGED, np.uint8)


def _grid_wh(pixels: U8, longest: float) -> SizeWH:
    """A size of the picture's shape whose longer side is ``longest``, within bounds."""
    height, width = pixels.shape[:2]
    scale = min(1.0, longest / max(height, width), LONGEST / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def _mean(one: F32, other: F32, size_wh: SizeWH) -> F32:
    first, second = (cv2.resize(part, size_wh, interpolation=cv2.INTER_LINEAR) for part in (one, other))
    return np.asarray(cv2.addWeighted(first, 0.5, second, 0.5, 0), np.float32)


def _feather(part: tuple[slice, slice], whole: tuple[int, ...]) -> F32:
    """1 inside, falling to 0 towards those borders of the region that are not borders of the picture."""
    ramps = []
    for span, end in zip(part, whole, strict=True):
        steps = np.arange(span.stop - span.start, dtype=np.float32) + 0.5
        ramp = np.ones(steps.size, np.float32)
        if span.start > 0:
            ramp = np.minimum(ramp, steps / FEATHER)
        if span.stop < end:
            ramp = np.minimum(ramp, steps[::-1] / FEATHER)
        ramps.append(ramp)
    return np.asarray(np.outer(ramps[0], ramps[1]), np.float32)
