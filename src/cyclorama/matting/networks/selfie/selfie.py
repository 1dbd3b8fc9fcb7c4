"""The bundled selfie networks: one of them, or the average of two runs, on the whole frame and on the person.

Averaging two networks, or one network and itself on the mirrored picture, removes part of their random error: less
error and less flicker than either has alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import cv2
import numpy as np
from typing_extensions import override

from cyclorama.core.frames import F32, U8, Frame, SizeWH
from cyclorama.matting.base import MattingModel, ModelInfo, Prediction
from cyclorama.matting.downscale import downscaled_to, even, part_downscaled_to
from cyclorama.matting.networks.roi import Box, RegionTracker
from cyclorama.matting.networks.selfie.segmenter import SegmentationNetwork, network_input, open_network
from cyclorama.models.bundled import bundled_path

WIDE, SQUARE = "selfie_wide.tflite", "selfie_square.tflite"
WIDE_ASPECT = 4 / 3
"""The wide network runs on the whole frame from this aspect ratio on: halfway between 1:1 and 16:9."""
REGION_SHARE = 0.9
"""A region that covers more of the frame than this counts as the whole frame."""
NEAR_WEIGHT = 2 / 3
"""Weight of the region's run in the average: it has the higher resolution."""
FEATHER = 8
"""Cells over which the region is blended into the whole frame's alpha, so that its border does not show."""
CHANGED = 12
"""Levels of difference above which the previous frame's alpha is not used at a place."""
LONGEST = 640
"""Longer side of an alpha at most: finer than the networks' cells on all but the smallest person."""


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
        return Prediction(infer(self._network, frame.pixels))

    @override
    def reset(self) -> None:
        """Nothing to reset: the network is stateless."""

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

    One runs on the whole frame, with the network that fits its aspect ratio, and finds whoever comes in anywhere. The
    other is the square network on the tracked region of interest, so that a small person has the network's full
    resolution; the first then runs for every other frame only. Where the region is the whole frame, the second run is
    the other network's on a wide frame, and on the mirrored frame otherwise.
    """

    def __init__(self) -> None:
        """Load both networks. Raises ModelError."""
        self._wide, self._square = open_network(bundled_path(WIDE)), open_network(bundled_path(SQUARE))
        self._region = RegionTracker()
        self._size_wh: SizeWH = (0, 0)
        self._kept: tuple[F32, U8] | None = None
        """The whole-frame alpha of the frame before, where this frame may reuse it, and that frame, BGR of the same
        size."""
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
        other = infer(self._wide, pixels) if wide else infer(self._square, pixels, mirrored=True)
        return _mean(infer(self._square, pixels), other, _grid_wh(pixels, self._square.size_wh[0]))

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
        crop = part_downscaled_to(pixels, rows, columns, self._square.size_wh)
        near = cv2.resize(infer(self._square, crop), inside.shape[::-1], interpolation=cv2.INTER_LINEAR)
        weight = np.full(inside.shape, NEAR_WEIGHT, np.float32)
        if changed is not None:  # the reused alpha says nothing here
            weight[cv2.resize(changed, size_wh, interpolation=cv2.INTER_NEAREST)[part] > 0] = 1
        inside += (near - inside) * (_feather(part, alpha.shape) * weight)
        return alpha

    def _whole_of(self, pixels: U8, network: SegmentationNetwork) -> tuple[F32, U8 | None]:
        """The whole-frame alpha of ``network``, and where it must not be trusted.

        Where the alpha of the frame before is reused, it is set to 0 at places that have changed since, and the second
        result is non-zero there; it is None for a new run.
        """
        small = downscaled_to(pixels, network.size_wh)
        if self._kept is None:
            whole = infer(network, pixels)
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


def infer(network: SegmentationNetwork, pixels: U8, *, mirrored: bool = False) -> F32:
    """Run ``network`` on a picture: alpha at the network's size, clipped to [0, 1] against rounding errors."""
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
    """Blending weights of the region: 1 inside, falling to 0 at its borders, except at the frame's own."""
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
